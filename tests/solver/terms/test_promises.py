"""Promises broken, once per visit."""

from dispatch_solver import Need, Window
from tests.solver.build import HOUR, MINUTE, job, person, problem
from tests.solver.counted import counted, only

# Nobody can be at place 5 before 8:05.
KEPT = Window(8 * HOUR, 8 * HOUR + 5 * MINUTE)
BROKEN = Window(7 * HOUR, 8 * HOUR + 5 * MINUTE - 1)


def test_a_second_too_late_breaks_it() -> None:
    for promise, broken in ((KEPT, 0), (BROKEN, 1)):
        task = problem([person()], [job(promise=promise)], weights=only(promise_broken=50.0))
        terms = counted(task, {"ann": ["tap"]})
        assert (terms.promises_broken, terms.tier2) == (broken, 50.0 * broken)


def test_a_crew_breaks_it_once() -> None:
    crew = (Need(), Need())
    task = problem([person("ann"), person("bob")], [job(promise=BROKEN, needs=crew)])
    terms = counted(task, {"ann": ["tap"], "bob": [("tap", 1)]})
    assert terms.promises_broken == 1

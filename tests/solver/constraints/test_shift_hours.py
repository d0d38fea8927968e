"""A route lies within its shift and the overtime allowed."""

from dataclasses import replace

from dispatch_solver import Started
from tests.solver.build import HOUR, MINUTE, job, person, problem, with_route
from tests.solver.by_hand import codes, lay_out

# Half an hour of work and five minutes back: started at 16:25 it ends the shift at 17:00.
LAST = 17 * HOUR - 35 * MINUTE


def test_the_end_and_overtime_up_to_its_limit() -> None:
    for limit in (0, 10 * MINUTE):
        task = problem([person(overtime_limit=limit)], [job()])
        assert codes(task, lay_out(task, {"ann": [("tap", LAST + limit)]})) == set()
        assert codes(task, lay_out(task, {"ann": [("tap", LAST + limit + 1)]})) == {"SHIFT_END"}


def test_nobody_sets_out_before_the_start() -> None:
    task = problem([person()], [job()])
    plan = lay_out(task, {"ann": [("tap", 9 * HOUR)]})
    assert plan.routes[0].start == 8 * HOUR
    early = with_route(plan, 0, replace(plan.routes[0], start=8 * HOUR - 1))
    assert codes(task, early) == {"SHIFT_START"}


def test_begun_work_may_lie_outside() -> None:
    task = problem([person()], [job(started=Started("ann", 7 * HOUR))])
    assert codes(task, lay_out(task, {"ann": [("tap", 7 * HOUR)]})) == set()
    task = problem([person()], [job(started=Started("ann", 17 * HOUR))])
    assert codes(task, lay_out(task, {"ann": [("tap", 17 * HOUR)]})) == set()

"""Overtime: the route ends after the shift does."""

from tests.solver.build import HOUR, MINUTE, job, person, problem
from tests.solver.counted import counted, only

WEIGHTS = only(overtime_second=3.0)


def test_seconds_after_the_shift() -> None:
    # From 16:30 to 17:00 at work, back at 17:05.
    people = [person(overtime_limit=HOUR)]
    task = problem(people, [job(release=16 * HOUR + 30 * MINUTE)], weights=WEIGHTS)
    terms = counted(task, {"ann": ["tap"]})
    assert (terms.overtime_s, terms.tier3) == (5 * MINUTE, 900.0)


def test_none_within_the_shift() -> None:
    task = problem([person()], [job(release=16 * HOUR + 25 * MINUTE)], weights=WEIGHTS)
    assert counted(task, {"ann": ["tap"]}).overtime_s == 0

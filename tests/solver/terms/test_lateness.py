"""Lateness above all travel, once per visit."""

from dispatch_solver import Need
from tests.solver.build import HOUR, MINUTE, job, person, problem
from tests.solver.counted import counted, only

EIGHT = 8 * HOUR


def test_seconds_after_the_due_time() -> None:
    # tap starts at 8:05, three minutes late; sink at 8:37, in time.
    visits = [job("tap", 5, due=EIGHT + 2 * MINUTE), job("sink", 7, due=EIGHT + 37 * MINUTE)]
    task = problem([person()], visits, weights=only(lateness_second=0.5))
    terms = counted(task, {"ann": ["tap", "sink"]})
    assert (terms.lateness, terms.tier2) == (3 * MINUTE, 90.0)


def test_a_crew_is_late_once() -> None:
    visits = [job(due=EIGHT, needs=(Need(), Need()))]
    task = problem([person("ann"), person("bob")], visits)
    assert counted(task, {"ann": ["tap"], "bob": [("tap", 1)]}).lateness == 5 * MINUTE


def test_without_weight_tier_two_is_empty() -> None:
    task = problem([person()], [job(due=EIGHT)], weights=only(lateness_second=0.0))
    terms = counted(task, {"ann": ["tap"]})
    assert (terms.lateness, terms.tier2) == (5 * MINUTE, 0.0)

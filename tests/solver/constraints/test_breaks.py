"""A route with a stop takes all the rests of its shift, between stops, in their windows."""

import pytest

from dispatch_solver import Break, Plan, Started
from tests.solver.build import HOUR, MINUTE, job, person, problem
from tests.solver.by_hand import Rest, codes, lay_out

NOON, HALF = 12 * HOUR, 30 * MINUTE
TASK = problem([person(breaks=(Break(NOON, 13 * HOUR, HALF),))], [job("a"), job("b")])


def plan(*rests: Rest) -> Plan:
    """At work from 11:30 to 12:00 and from 14:00 to 14:30, at one place."""
    stops = {"ann": [("a", NOON - HALF), ("b", 14 * HOUR)]}
    return lay_out(TASK, stops, rests={"ann": rests})


@pytest.mark.parametrize(
    ("rests", "found"),
    [
        (((NOON, NOON + HALF, 1),), set()),
        (((13 * HOUR, 13 * HOUR + HALF, 1),), set()),
        ((), {"BREAK"}),
        (((13 * HOUR + 1, 13 * HOUR + 1 + HALF, 1),), {"BREAK"}),
        (((NOON, NOON + HALF - 1, 1),), {"BREAK"}),
        (((NOON - 60, NOON - 60 + HALF, 1),), {"BREAK"}),
        (((NOON, NOON + HALF, 2),), {"BREAK"}),
        (((NOON, NOON + HALF, 7),), {"BREAK"}),
        (((NOON, NOON + HALF, 1), (13 * HOUR, 13 * HOUR + HALF, 1)), {"BREAK"}),
    ],
)
def test_the_rest_is_taken_in_its_window_and_between_stops(
    rests: tuple[Rest, ...], found: set[str]
) -> None:
    assert codes(TASK, plan(*rests)) >= found
    assert bool(codes(TASK, plan(*rests))) == bool(found)


def test_begun_work_that_outlasts_a_rest_delays_it() -> None:
    visits = [job("a", minutes=150, started=Started("ann", 11 * HOUR)), job("b")]
    task = problem(TASK.technicians, visits)
    late = 13 * HOUR + HALF
    stops = {"ann": [("a", 11 * HOUR), ("b", 15 * HOUR)]}
    assert codes(task, lay_out(task, stops, rests={"ann": [(late, late + HALF, 1)]})) == set()
    assert codes(task, lay_out(task, stops)) == {"BREAK"}


def test_begun_work_alone_needs_none() -> None:
    task = problem(TASK.technicians, [job("a", started=Started("ann", 11 * HOUR))])
    assert codes(task, lay_out(task, {"ann": [("a", 11 * HOUR)]})) == set()

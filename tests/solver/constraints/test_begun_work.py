"""Work that has begun stays: first on its technician's route, in its shift, at its start."""

import pytest

from dispatch_solver import Shift, Started
from tests.solver.build import HOUR, job, person, problem
from tests.solver.by_hand import At, codes, lay_out

PEOPLE = [person("ann"), person("bob")]
TASK = problem(PEOPLE, [job("begun", started=Started("ann", 9 * HOUR)), job("next")])


@pytest.mark.parametrize(
    ("routes", "found"),
    [
        ({"ann": [("begun", 9 * HOUR)]}, set()),
        ({"ann": [("begun", 9 * HOUR), ("next", 11 * HOUR)]}, set()),
        ({"ann": [("begun", 9 * HOUR + 60)]}, {"STARTED"}),
        ({"bob": [("begun", 9 * HOUR)]}, {"STARTED"}),
        ({"ann": [("next", 8 * HOUR + 600), ("begun", 9 * HOUR)]}, {"STARTED"}),
        ({}, {"STARTED"}),
    ],
)
def test_it_stays_as_it_is(routes: dict[str, list[At]], found: set[str]) -> None:
    assert codes(TASK, lay_out(TASK, routes)) == found


def test_it_stays_in_the_shift_in_which_it_began() -> None:
    shifts = (Shift("day", 8 * HOUR, 17 * HOUR), Shift("night", 18 * HOUR, 23 * HOUR))
    task = problem([person(shifts=shifts)], [job(started=Started("ann", 19 * HOUR))])
    stops = {"ann": [("tap", 19 * HOUR)]}
    assert codes(task, lay_out(task, stops, shift=1)) == set()
    assert codes(task, lay_out(task, stops, shift=0)) == {"STARTED"}

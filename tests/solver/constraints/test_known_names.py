"""A plan speaks of the problem's own shifts, visits and crew members."""

from dataclasses import replace

import pytest

from dispatch_solver import Plan, Unplaced
from tests.solver.build import HOUR, job, person, problem, with_route, with_stop
from tests.solver.by_hand import codes, lay_out

TASK = problem([person()], [job()])
KEEPS = lay_out(TASK, {"ann": [("tap", 9 * HOUR)]})


def test_a_plan_of_known_names_is_looked_at_further() -> None:
    assert codes(TASK, KEEPS) == set()


@pytest.mark.parametrize(
    ("code", "plan"),
    [
        ("UNKNOWN_SHIFT", with_route(KEEPS, 0, replace(KEEPS.routes[0], technician="zoe"))),
        ("UNKNOWN_SHIFT", with_route(KEEPS, 0, replace(KEEPS.routes[0], shift="night"))),
        ("UNKNOWN_VISIT", with_stop(KEEPS, "tap", visit="ghost")),
        ("UNKNOWN_VISIT", replace(KEEPS, unplaced=(Unplaced("ghost", "X"),))),
        ("UNKNOWN_NEED", with_stop(KEEPS, "tap", need=1)),
        ("UNKNOWN_NEED", with_stop(KEEPS, "tap", need=-1)),
    ],
)
def test_an_unknown_name_is_told_and_nothing_else(code: str, plan: Plan) -> None:
    assert codes(TASK, plan) == {code}

"""Every figure and term a plan tells is what its stops say."""

from dataclasses import fields, replace

import pytest

from dispatch_solver import Plan, Terms, Window
from tests.solver.build import HOUR, job, person, problem, with_route, with_stop
from tests.solver.by_hand import codes, lay_out

TASK = problem(
    [person(fair_share=8 * HOUR)], [job(due=9 * HOUR, promise=Window(0, 9 * HOUR)), job("b", 7)]
)
KEEPS = lay_out(TASK, {"ann": [("tap", 10 * HOUR)]})


def test_true_figures() -> None:
    assert codes(TASK, KEEPS) == set()
    assert KEEPS.routes[0].stops[0].late_s == KEEPS.terms.lateness == HOUR


@pytest.mark.parametrize("name", [field.name for field in fields(Terms)])
def test_each_term_of_plan_and_route(name: str) -> None:
    for owner in (KEEPS, KEEPS.routes[0]):
        wrong = replace(owner.terms, **{name: getattr(owner.terms, name) + 1})
        altered = replace(owner, terms=wrong)
        plan = altered if isinstance(altered, Plan) else with_route(KEEPS, 0, altered)
        assert codes(TASK, plan) == {"TERM"}


@pytest.mark.parametrize("name", ["travel_s", "travel_m", "work_s", "overtime_s"])
def test_each_figure_of_a_route(name: str) -> None:
    route = KEEPS.routes[0]
    wrong = replace(route, **{name: getattr(route, name) + 1})
    assert codes(TASK, with_route(KEEPS, 0, wrong)) == {"FIGURE"}


@pytest.mark.parametrize(
    ("name", "value"), [("late_s", 0), ("promise_broken", False), ("travel_s", 1), ("travel_m", 1)]
)
def test_each_figure_of_a_stop(name: str, value: int) -> None:
    assert codes(TASK, with_stop(KEEPS, "tap", **{name: value})) == {"FIGURE"}

"""The worst lateness of the plan: a greatest, paid for once and by no route."""

import pytest

from dispatch_solver import Need, check
from tests.solver.build import HOUR, MINUTE, job, person, problem, quick
from tests.solver.counted import counted, only

WEIGHTS = only(worst_late_second=2.0)


def test_the_greatest_of_all_routes_is_weighed_once() -> None:
    # ann is 5 and 2 minutes late, bob 12.
    visits = [
        job("a", 5, due=8 * HOUR),
        job("b", 5, due=8 * HOUR + 33 * MINUTE),
        job("c", 12, due=8 * HOUR),
    ]
    task = problem([person("ann"), person("bob")], visits, weights=WEIGHTS)
    terms = counted(task, {"ann": ["a", "b"], "bob": ["c"]})
    assert (terms.worst_late_s, terms.tier3) == (12 * MINUTE, 2 * 12 * 60.0)


@pytest.mark.parametrize("engine", ["auto", "routing", "construct"])
def test_a_plan_tells_it_per_route_and_in_all(engine: str) -> None:
    crew = (Need({"plumbing": 1}), Need())
    visits = [job(f"v{i}", 4 * i, due=8 * HOUR, needs=crew) for i in range(1, 5)]
    task = problem([person("ann"), person("bob"), person("eve")], visits, weights=WEIGHTS)
    plan = quick(task, engine=engine, iterations=5, seconds=1.0)
    assert check(task, plan) == []
    assert plan.terms.worst_late_s == max(route.terms.worst_late_s for route in plan.routes) > 0
    assert plan.terms.cost == pytest.approx(
        sum(route.terms.cost for route in plan.routes) + 2.0 * plan.terms.worst_late_s
    )

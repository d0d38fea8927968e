"""Small problems against full enumeration: the search is never beaten, and never too good."""

from functools import cache
from itertools import permutations, product

import pytest

from dispatch_solver import Problem, check
from dispatch_solver.model import Model, compile_problem
from dispatch_solver.objective import route_tiers
from dispatch_solver.schedule import breaks_of, starts_of, time_route
from tests.solver.build import quick
from tests.solver.days import day


def best_by_enumeration(problem: Problem) -> tuple[float, float, float]:
    """Every assignment of visits to shifts (or to nobody), every order in each route."""
    model = compile_problem(problem)
    shifts = range(len(model.shifts))

    @cache
    def route(shift: int, tasks: frozenset[int]) -> tuple[float, float] | None:
        found = [_worth(model, shift, list(order)) for order in permutations(sorted(tasks))]
        return min((worth for worth in found if worth is not None), default=None)

    nothing = float("inf")
    best = (nothing, nothing, nothing)
    for owners in product(range(-1, len(model.shifts)), repeat=len(model.tasks)):
        lost = sum(float(model.unserved[t]) for t, s in enumerate(owners) if s < 0)
        if lost > best[0]:
            continue
        parts = [route(s, frozenset(t for t, o in enumerate(owners) if o == s)) for s in shifts]
        if all(part is not None for part in parts):
            sums = [sum(part[i] for part in parts if part is not None) for i in (0, 1)]
            best = min(best, (lost, sums[0], sums[1]))
    return best


def _worth(model: Model, shift: int, tasks: list[int]) -> tuple[float, float] | None:
    if not all(model.can(shift, t) for t in tasks):
        return None
    timing = time_route(model, shift, tasks, [model.tasks[t].windows for t in tasks])
    if not timing.feasible:
        return None
    return route_tiers(model, shift, timing, starts_of(timing, len(breaks_of(model, shift))))


@pytest.mark.rule("DSP-3")
@pytest.mark.parametrize("seed", range(8))
def test_the_search_finds_the_best_plan_there_is(seed: int) -> None:
    problem = day(2 + seed % 2, 6 - seed % 2, seed, lunch=seed % 3 > 0)
    plan = quick(problem, iterations=3000)
    assert check(problem, plan) == []
    found = (plan.terms.tier1, plan.terms.tier2, plan.terms.tier3)
    assert found == pytest.approx(best_by_enumeration(problem), abs=1e-3)

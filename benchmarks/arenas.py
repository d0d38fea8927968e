"""The kinds of instance: how one is loaded, who takes part, how answers are measured."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import home_care, vrptw
from benchmarks.days import DayKind, day
from benchmarks.entrant import Entrant, Measure
from benchmarks.peers import dispatch, ortools_days, pyvrp_days, vroom_days
from benchmarks.peers import home_care as home_care_peers
from benchmarks.peers import vrptw as vrptw_peers
from benchmarks.peers.view import SECONDS_PER_UNSERVED
from dispatch_solver import Plan, Problem, check, score
from dispatch_solver.bound import Bound

MOST_FAULTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One row of a suite. `kind` for technician days, `path` for instances read from a file."""

    arena: str
    name: str
    seconds: float
    kind: DayKind | None = None
    path: Path | None = None
    best_known: float | None = None

    def load(self, seed: int) -> Any:
        """The instance; only technician days differ by seed."""
        return ARENAS[self.arena].load(self, seed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arena:
    """`measure(instance, result)` is by our checkers alone, whoever made the result."""

    load: Callable[[Case, int], Any]
    measure: Callable[[Any, Any], Measure]
    entrants: tuple[Entrant, ...]


def one_number(tiers: tuple[float, float, float]) -> float:
    """The tiers at the exchange rate of the benchmark, in seconds of travel."""
    return SECONDS_PER_UNSERVED * tiers[0] + tiers[1] + tiers[2]


def measure_day(problem: Problem, plan: Plan) -> Measure:
    """A plan by `check` and `score`."""
    found = tuple(f"{v.code} {v.where}: {v.detail}" for v in check(problem, plan)[:MOST_FAULTS])
    terms = score(problem, plan)
    tiers = (terms.tier1, terms.tier2, terms.tier3)
    return Measure(one_number(tiers), terms.unserved, tiers, found)


def measure_bound(problem: Problem, bound: Bound) -> Measure:
    """The proven gap in per cent between the bound and the plan it was compared with."""
    assert bound.plan is not None, "made where no plan is given"
    plan = measure_day(problem, bound.plan)
    faults = list(plan.faults)
    if bound.value > plan.value + 1e-6 * abs(plan.value):
        faults.append(f"BOUND: {bound.value} is above a plan of {plan.value}")
    gap = 100.0 * max(0.0, plan.value - bound.value) / plan.value if plan.value > 0 else 0.0
    return Measure(gap, plan.left_out, plan.tiers, tuple(faults))


def _load_day(case: Case, seed: int) -> Problem:
    assert case.kind is not None, "a technician day has a kind"
    return day(case.kind, seed)


def _load_vrptw(case: Case, seed: int) -> vrptw.Instance:
    del seed
    assert case.path is not None, "an instance has a file"
    return vrptw.read(case.path)


def _measure_vrptw(instance: vrptw.Instance, routes: list[list[int]]) -> Measure:
    found = vrptw.faults(instance, routes)
    left_out = len(instance.demand) - 1 - len({c for route in routes for c in route})
    return Measure(vrptw.length(instance, routes), left_out, faults=tuple(found[:MOST_FAULTS]))


def _load_home_care(case: Case, seed: int) -> home_care.Instance:
    del seed
    assert case.path is not None, "an instance has a file"
    return home_care.read(case.path)


def _measure_home_care(instance: home_care.Instance, routes: list[list[home_care.Task]]) -> Measure:
    found = home_care.faults(instance, routes)
    left_out = len(instance.patients) - len({p for route in routes for p, _ in route})
    value = float("inf") if found else home_care.cost(instance, routes).total
    return Measure(value, left_out, faults=tuple(found[:MOST_FAULTS]))


ARENAS = {
    "days": Arena(
        load=_load_day,
        measure=measure_day,
        entrants=(
            dispatch.DISPATCH,
            dispatch.DISPATCH_ROUTING,
            ortools_days.ORTOOLS_GLS,
            ortools_days.ORTOOLS_ILS,
            vroom_days.VROOM,
            pyvrp_days.PYVRP,
        ),
    ),
    "bound": Arena(load=_load_day, measure=measure_bound, entrants=(dispatch.BOUND,)),
    "vrptw": Arena(
        load=_load_vrptw,
        measure=_measure_vrptw,
        entrants=(
            vrptw_peers.DISPATCH,
            vrptw_peers.PYVRP,
            vrptw_peers.VROOM,
            vrptw_peers.ORTOOLS_GLS,
        ),
    ),
    "home-care": Arena(
        load=_load_home_care,
        measure=_measure_home_care,
        entrants=(home_care_peers.DISPATCH, home_care_peers.DISPATCH_ROUTING),
    ),
}

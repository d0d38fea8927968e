"""What a plan is worth: the sum over the terms, tier by tier.

What each term counts is said in its own file of `terms`; here they are only put together.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from dispatch_solver.model import Model
from dispatch_solver.plan import Terms
from dispatch_solver.problem import Weights
from dispatch_solver.schedule import Timing, breaks_of, starts_of
from dispatch_solver.terms import TERMS, RouteView, Term
from dispatch_solver.terms.imbalance import HOUR, imbalance
from dispatch_solver.terms.term import work_of
from dispatch_solver.terms.travel_distance import leg_metres


@dataclass(frozen=True, slots=True)
class Scales:
    """What one unit of tier 1 and of tier 2 is worth in tier 3, for the search's own steering.

    Plans are compared tier by tier; only moves on the way are weighed with these.
    """

    tier1: float
    tier2: float


def scales_of(weights: Weights) -> Scales:
    least = min((w for w in weights.unserved.values() if w > 0), default=1.0)
    return Scales(tier1=20_000.0 / least, tier2=5.0)


class RouteTiers:
    """The search's quick way to tiers 2 and 3 of a route: only terms that its problem can have.

    What depends only on who does a task is read from the model's table `standing`.
    """

    def __init__(self, model: Model) -> None:
        weights = model.problem.weights
        live = [
            (term.tier, getattr(weights, term.weight), term.of_route)
            for term in TERMS
            if term.tier > 1 and not term.of_plan and term.arises(model)
        ]
        self._model = model
        self._second = [(weight, count) for tier, weight, count in live if tier == 2 and weight]
        self._third = [(weight, count) for tier, weight, count in live if tier == 3 and weight]

    def __call__(self, shift: int, timing: Timing, starts: list[int]) -> tuple[float, float]:
        route = RouteView(self._model, shift, timing, starts)
        second = third = 0.0
        for weight, count in self._second:
            second += weight * count(route)
        for weight, count in self._third:
            third += weight * count(route)
        if timing.tasks:
            third += float(self._model.standings(shift, timing.tasks).sum())
        return second, third


def route_tiers(model: Model, shift: int, timing: Timing, starts: list[int]) -> tuple[float, float]:
    """Tier 2 and tier 3 of one route; who asks for many keeps a `RouteTiers`."""
    return RouteTiers(model)(shift, timing, starts)


def route_terms(model: Model, shift: int, timing: Timing) -> Terms:
    """Every term of one route."""
    starts = starts_of(timing, len(breaks_of(model, shift))) if timing.tasks else []
    route = RouteView(model, shift, timing, starts)
    amounts: dict[str, Any] = {term.name: term.amount(route) for term in TERMS}
    return _with_tiers(Terms(**amounts), model.problem.weights, unserved=0.0, whole=False)


def add(parts: Iterable[Terms], weights: Weights, left_out: Iterable[float]) -> Terms:
    """A plan's terms from its routes' terms and the weights of the visits left out."""
    routes, lost = list(parts), list(left_out)
    amounts: dict[str, Any] = {term.name: _joined(term, routes) for term in TERMS}
    amounts["unserved"] = len(lost)
    return _with_tiers(Terms(**amounts), weights, unserved=sum(lost), whole=True)


def _joined(term: Term, routes: list[Terms]) -> float:
    amounts = [getattr(route, term.name) for route in routes]
    return max(amounts, default=0) if term.of_plan else sum(amounts)


def _with_tiers(terms: Terms, weights: Weights, *, unserved: float, whole: bool) -> Terms:
    """The weighted sums; a route (not `whole`) bears nothing of what only plans are weighed by."""
    second, third = (
        sum(
            getattr(weights, term.weight) * getattr(terms, term.name)
            for term in TERMS
            if term.tier == tier and (whole or not term.of_plan)
        )
        for tier in (2, 3)
    )
    return replace(terms, cost=third, tier1=unserved, tier2=second, tier3=third)


__all__ = [
    "HOUR",
    "RouteTiers",
    "Scales",
    "add",
    "imbalance",
    "leg_metres",
    "route_terms",
    "route_tiers",
    "scales_of",
    "work_of",
]

"""Unequal work: how far each shift's work is from its fair share, squared.

The square makes one shift that is two hours over worse than two that are one hour over; shifts
without a stop count, too.
"""

from dispatch_solver.model import Model
from dispatch_solver.terms.term import RouteView, Term

HOUR = 3600.0


def imbalance(work: int, fair_share: int | None) -> float:
    """Squared hours between a shift's work and its fair share."""
    return 0.0 if fair_share is None else ((work - fair_share) / HOUR) ** 2


def of_route(route: RouteView) -> float:
    return imbalance(route.work + route.data.used_work, route.data.fair_share)


def balanced(model: Model) -> bool:
    return any(shift.fair_share is not None for shift in model.shifts)


TERM = Term(
    name="imbalance",
    tier=3,
    unit="h²",
    weight="imbalance",
    sentence="Squared hours by which the work of each shift differs from its fair share.",
    of_route=of_route,
    arises=balanced,
)

"""Promises broken: the visit starts outside the span that was promised."""

from dispatch_solver.model import FOREVER, Model
from dispatch_solver.terms.term import RouteView, Term


def broken(route: RouteView) -> int:
    """Counted once per visit, by the first crew member's start."""
    return sum(
        not task.promise[0] <= start <= task.promise[1]
        for task, start in route.stops()
        if task.promise is not None
    )


def promised(model: Model) -> bool:
    return bool((model.promise_end < FOREVER).any())


TERM = Term(
    name="promises_broken",
    tier=2,
    unit="visits",
    weight="promise_broken",
    sentence="Visits that start outside the span promised to the customer.",
    of_route=broken,
    arises=promised,
)

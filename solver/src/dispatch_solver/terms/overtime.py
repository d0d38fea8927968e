"""Overtime: the route ends after the shift does."""

from dispatch_solver.terms.term import RouteView, Term


def seconds(route: RouteView) -> int:
    return max(0, route.timing.end - route.data.end) if route.used else 0


TERM = Term(
    name="overtime_s",
    tier=3,
    unit="s",
    weight="overtime_second",
    sentence="Seconds by which routes end after their shifts.",
    of_route=seconds,
)

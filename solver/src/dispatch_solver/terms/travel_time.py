"""Time under way, the ways out and back included."""

from dispatch_solver.terms.term import RouteView, Term


def seconds(route: RouteView) -> int:
    return sum(route.timing.legs) if route.used else 0


TERM = Term(
    name="travel_s",
    tier=3,
    unit="s",
    weight="travel_second",
    sentence="Seconds spent on the way.",
    of_route=seconds,
)

"""Distance travelled, the ways out and back included."""

from dispatch_solver.model import Model
from dispatch_solver.schedule import Timing, places_of
from dispatch_solver.terms.term import RouteView, Term


def leg_metres(model: Model, shift: int, timing: Timing) -> list[int]:
    """Metres of each leg of a route; the last is the way back."""
    places = places_of(model, shift, timing.tasks)
    return model.leg_metres(model.shifts[shift].way, places)


def metres(route: RouteView) -> int:
    return sum(leg_metres(route.model, route.shift, route.timing)) if route.used else 0


TERM = Term(
    name="travel_m",
    tier=3,
    unit="m",
    weight="travel_metre",
    sentence="Metres travelled.",
    of_route=metres,
)

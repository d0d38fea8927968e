"""Technicians used: shifts that have at least one stop."""

from dispatch_solver.terms.term import RouteView, Term


def used(route: RouteView) -> int:
    return int(route.used)


TERM = Term(
    name="technicians_used",
    tier=3,
    unit="shifts",
    weight="technician_used",
    sentence="Shifts in which somebody has to set out at all.",
    of_route=used,
)

"""The terms of the objective, one file each, in the order in which a plan tells them."""

from dispatch_solver.terms import (
    changes,
    continuity,
    imbalance,
    late,
    lateness,
    overtime,
    promises,
    skill_waste,
    technicians_used,
    travel_distance,
    travel_time,
    unserved,
    worst_late,
)
from dispatch_solver.terms.term import RouteView, Term

TERMS: tuple[Term, ...] = (
    unserved.TERM,
    promises.TERM,
    lateness.TERM,
    travel_time.TERM,
    travel_distance.TERM,
    imbalance.TERM,
    overtime.TERM,
    skill_waste.TERM,
    continuity.TERM,
    changes.TERM,
    technicians_used.TERM,
    late.TERM,
    worst_late.TERM,
)

__all__ = ["TERMS", "RouteView", "Term"]

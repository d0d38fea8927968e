"""Visits left out, each at the weight of its priority."""

from dispatch_solver.terms.term import Term

TERM = Term(
    name="unserved",
    tier=1,
    unit="visits",
    weight="unserved",
    sentence="Visits that nobody makes; the heavier the priority, the worse.",
)

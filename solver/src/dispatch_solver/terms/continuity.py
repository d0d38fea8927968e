"""Continuity: a visit that has preferred technicians is made by somebody else."""

from dispatch_solver.problem import Technician, Visit
from dispatch_solver.terms.term import Term


def stranger(person: Technician, visit: Visit, need: int) -> int:
    """1 for a crew member who is not preferred where somebody is, whatever the need."""
    del need
    return int(bool(visit.preferred) and person.id not in visit.preferred)


TERM = Term(
    name="continuity",
    tier=3,
    unit="stops",
    weight="continuity",
    sentence="Stops made by someone other than the preferred technicians.",
    of_person=stranger,
)

"""Skill waste: someone does what a person with a lower level could have done."""

from dispatch_solver.eligibility import skill_waste
from dispatch_solver.problem import Technician, Visit
from dispatch_solver.terms.term import Term


def levels(person: Technician, visit: Visit, need: int) -> int:
    """Levels above the least needed, over the trades needed."""
    return skill_waste(person, visit.needs[need])


TERM = Term(
    name="skill_waste",
    tier=3,
    unit="levels",
    weight="skill_waste_level",
    sentence="Levels that people have above what their visits need.",
    of_person=levels,
)

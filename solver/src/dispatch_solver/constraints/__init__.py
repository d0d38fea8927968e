"""The rules a plan keeps, one file each, as the checker proves them.

Nothing here is shared with the search: only the format of problem and plan.
"""

from dispatch_solver.constraints import (
    begun_work,
    breaks,
    capacity,
    crew,
    figures,
    named,
    on_site,
    pins,
    precedence,
    refused,
    release,
    served_once,
    shift_hours,
    sites,
    skills,
    ties,
    travel,
    windows,
    work_limit,
)
from dispatch_solver.constraints.facts import Constraint, Facts
from dispatch_solver.constraints.violation import Violation

CONSTRAINTS: tuple[Constraint, ...] = (
    served_once.CONSTRAINT,
    crew.CONSTRAINT,
    skills.CONSTRAINT,
    refused.CONSTRAINT,
    named.CONSTRAINT,
    sites.CONSTRAINT,
    windows.CONSTRAINT,
    release.CONSTRAINT,
    travel.CONSTRAINT,
    on_site.CONSTRAINT,
    breaks.CONSTRAINT,
    shift_hours.CONSTRAINT,
    work_limit.CONSTRAINT,
    capacity.CONSTRAINT,
    precedence.CONSTRAINT,
    ties.CONSTRAINT,
    pins.CONSTRAINT,
    begun_work.CONSTRAINT,
    figures.CONSTRAINT,
)

__all__ = ["CONSTRAINTS", "Constraint", "Facts", "Violation"]

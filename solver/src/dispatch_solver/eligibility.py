"""Who may do what, how long it takes them, and what it costs whatever else they do."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch_solver.problem import Need, Technician, Visit

Span = tuple[int, int]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class TaskData:
    """One crew member's part of a visit."""

    visit: int
    need: int
    place: int
    setup: int
    windows: tuple[Span, ...]
    due: int | None
    promise: Span | None
    position: int | None
    moved_from: int | None
    load: int


def on_site(visit: Visit, need: Need, person: Technician) -> int:
    """Seconds on site without set-up: the duration times the person's greatest pace factor."""
    base = visit.duration if need.duration is None else need.duration
    factors = [person.pace[trade] for trade in need.skills if trade in person.pace]
    return int(base * max(factors, default=1.0) + 0.5)


def holder(visit: Visit, need: int) -> str | None:
    """Who holds this crew member's part of the visit now."""
    if visit.current is None:
        return None
    if need == 0:
        return visit.current.technician
    others = visit.current.others
    return others[need - 1] if need <= len(others) else None


def bound_to(visit: Visit, need: int) -> str | None:
    """Who must do this crew member's part because it is started or pinned."""
    bond = visit.started or visit.pinned
    if bond is None:
        return None
    if need == 0:
        return bond.technician
    return bond.others[need - 1] if need <= len(bond.others) else None


def has_skills(person: Technician, need: Need) -> bool:
    return all(person.skills.get(trade, 0) >= level for trade, level in need.skills.items())


def qualifies(person: Technician, visit: Visit, need: int) -> bool:
    """Whether trade, level, site, refusals and named technicians allow this person."""
    return (
        has_skills(person, visit.needs[need])
        and person.id not in visit.refused
        and (need > 0 or not visit.named or person.id in visit.named)
        and (visit.site is None or not person.sites or visit.site in person.sites)
    )


def skill_waste(person: Technician, need: Need) -> int:
    """Levels the person has above the least needed, over the trades needed."""
    return sum(max(0, person.skills.get(trade, 0) - level) for trade, level in need.skills.items())

"""Who may do what, how long it takes them, and what it costs whatever else they do."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch_solver.problem import Need, Problem, Shift, Technician, Visit

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


def pair_arrays(
    problem: Problem,
    owners: list[tuple[Technician, Shift]],
    tasks: list[TaskData],
    started: dict[int, int],
) -> tuple[Flags, Ints, Floats]:
    shape = (len(owners), len(tasks))
    can = np.zeros(shape, bool)
    service = np.zeros(shape, np.int64)
    standing = np.zeros(shape, np.float64)
    column: dict[tuple[object, ...], tuple[Flags, Ints, Floats]] = {}
    owner_of = {person.id: i for i, person in enumerate(problem.technicians)}
    rows = np.array([owner_of[person.id] for person, _ in owners], dtype=np.int64)
    for t, task in enumerate(tasks):
        visit = problem.visits[task.visit]
        key = _pair_key(visit, task.need)
        if key not in column:
            column[key] = _pair_column(problem, visit, task.need)
        allowed, seconds, cost = column[key]
        can[:, t], service[:, t], standing[:, t] = allowed[rows], seconds[rows], cost[rows]
        if visit.started is not None:
            can[:, t] = [started.get(s) == t for s in range(len(owners))]
    return can, service, standing


def _pair_key(visit: Visit, need: int) -> tuple[object, ...]:
    """What the answers to "who may do it, how long, at what cost" depend on."""
    member = visit.needs[need]
    return (
        tuple(sorted(member.skills.items())),
        visit.duration if member.duration is None else member.duration,
        visit.site,
        visit.refused,
        visit.named if need == 0 else (),
        visit.preferred,
        bound_to(visit, need),
        holder(visit, need),
    )


def _pair_column(problem: Problem, visit: Visit, need: int) -> tuple[Flags, Ints, Floats]:
    weights, member = problem.weights, visit.needs[need]
    holding, bound = holder(visit, need), bound_to(visit, need)
    people = problem.technicians
    allowed = [
        person.id == bound if bound is not None else qualifies(person, visit, need)
        for person in people
    ]
    cost = [
        weights.skill_waste_level * skill_waste(person, member)
        + weights.continuity * (bool(visit.preferred) and person.id not in visit.preferred)
        + weights.change * (holding is not None and holding != person.id)
        for person in people
    ]
    seconds = [on_site(visit, member, person) for person in people]
    return np.array(allowed, bool), np.array(seconds, dtype=np.int64), np.array(cost, float)


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

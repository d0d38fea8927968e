"""Kinds of tasks: those that the same people may do, at the same pace and the same cost.

A day has far fewer kinds than tasks, so what depends on who does what is kept by kind. The
duration is no part of a kind: it is multiplied with the pace when it is asked for.
"""

from dataclasses import dataclass

import numpy as np

from dispatch_solver.eligibility import Flags, Floats, Ints, TaskData, bound_to, holder
from dispatch_solver.problem import Problem, Shift, Technician, Visit

Skills = tuple[tuple[str, int], ...]
Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Kinds:
    """`kind` has the kind of each task; the other arrays are kind x shift."""

    kind: Ints
    allowed: Flags
    pace: Floats
    standing: Floats


def kinds_of(
    people: "People",
    problem: Problem,
    owners: list[tuple[Technician, Shift]],
    tasks: list[TaskData],
    started: dict[int, int],
) -> Kinds:
    """The kinds of the tasks; `started` maps shifts to the task already begun in them."""
    begun_in = {task: shift for shift, task in started.items()}
    number: dict[Key, int] = {}
    examples: list[tuple[Visit, int, int | None]] = []
    kind = np.zeros(len(tasks), np.int64)
    for t, task in enumerate(tasks):
        visit = problem.visits[task.visit]
        key = (*_key(visit, task.need), visit.started is not None, begun_in.get(t))
        if key not in number:
            number[key] = len(examples)
            examples.append((visit, task.need, begun_in.get(t)))
        kind[t] = number[key]
    row = np.array([people.index[person.id] for person, _ in owners], dtype=np.int64)
    shape = (len(examples), len(owners))
    allowed, pace, standing = np.zeros(shape, bool), np.ones(shape), np.zeros(shape)
    for k, (visit, need, begun) in enumerate(examples):
        pace[k] = people.pace(visit.needs[need].skills)[row]
        standing[k] = people.standing(visit, need)[row]
        if visit.started is None:
            allowed[k] = people.allowed(visit, need)[row]
        elif begun is not None:
            allowed[k, begun] = True
    return Kinds(kind, allowed, pace, standing)


def _key(visit: Visit, need: int) -> Key:
    """What the answers to "who may do it, at what pace, at what cost" depend on."""
    skills = visit.needs[need].skills
    return (
        tuple(skills.items()) if len(skills) < 2 else tuple(sorted(skills.items())),
        visit.site,
        visit.refused,
        visit.named if need == 0 else (),
        visit.preferred,
        bound_to(visit, need),
        holder(visit, need),
    )


class People:
    """The technicians as columns, so that a rule is asked of all of them at once."""

    def __init__(self, problem: Problem) -> None:
        people = problem.technicians
        self.index = {person.id: i for i, person in enumerate(people)}
        self._weights = problem.weights
        self._count = len(people)
        self._level: dict[str, Ints] = {}
        self._pace: dict[str, Floats] = {}
        self._site: dict[str, Flags] = {}
        self._anywhere = np.array([not person.sites for person in people], bool)
        self._skilled: dict[Skills, tuple[Flags, Floats, Floats]] = {}
        for i, person in enumerate(people):
            for trade, level in person.skills.items():
                self._level.setdefault(trade, np.zeros(self._count, np.int64))[i] = level
            for trade, factor in person.pace.items():
                self._pace.setdefault(trade, np.full(self._count, -np.inf))[i] = factor
            for site in person.sites:
                self._site.setdefault(site, self._anywhere.copy())[i] = True

    def pace(self, skills: dict[str, int]) -> Floats:
        return self._by_skills(skills)[2]

    def allowed(self, visit: Visit, need: int) -> Flags:
        """By trade, level, site, refusals and names; a pin stands above them all."""
        bound = bound_to(visit, need)
        if bound is not None:
            return self._these((bound,))
        allowed = self._by_skills(visit.needs[need].skills)[0]
        if visit.site is not None:
            allowed = allowed & self._site.get(visit.site, self._anywhere)
        if need == 0 and visit.named:
            allowed = allowed & self._these(visit.named)
        return allowed & ~self._these(visit.refused) if visit.refused else allowed

    def standing(self, visit: Visit, need: int) -> Floats:
        weights, holding = self._weights, holder(visit, need)
        cost = weights.skill_waste_level * self._by_skills(visit.needs[need].skills)[1]
        if visit.preferred:
            cost = cost + weights.continuity * ~self._these(visit.preferred)
        if holding is not None:
            cost = cost + weights.change * ~self._these((holding,))
        return cost

    def _these(self, names: tuple[str, ...]) -> Flags:
        chosen = np.zeros(self._count, bool)
        chosen[[self.index[name] for name in names if name in self.index]] = True
        return chosen

    def _by_skills(self, skills: dict[str, int]) -> tuple[Flags, Floats, Floats]:
        """Who has them, the levels above the least needed, and the factor of the duration."""
        key = tuple(sorted(skills.items()))
        if key not in self._skilled:
            nobody = np.zeros(self._count, np.int64)
            has = np.ones(self._count, bool)
            waste = np.zeros(self._count)
            pace = np.full(self._count, -np.inf)
            for trade, least in key:
                level = self._level.get(trade, nobody)
                has &= level >= least
                waste += np.maximum(0, level - least)
                if trade in self._pace:
                    pace = np.maximum(pace, self._pace[trade])
            self._skilled[key] = has, waste, np.where(np.isfinite(pace), pace, 1.0)
        return self._skilled[key]

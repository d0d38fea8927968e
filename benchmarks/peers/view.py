"""A problem as the arrays that routing libraries want: shifts are vehicles, members are jobs."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dispatch_solver import Need, Problem, Shift, Technician, Visit

Span = tuple[int, int]
Ints = NDArray[np.int64]

# One unit of tier 1 against one of tier 3 (a second of travel): the rate of all ratios.
SECONDS_PER_UNSERVED = 3600.0


def on_site(person: Technician, visit: Visit, need: Need) -> int:
    """Seconds on site without set-up."""
    base = visit.duration if need.duration is None else need.duration
    return int(
        base * max((person.pace[t] for t in need.skills if t in person.pace), default=1) + 0.5
    )


def may(person: Technician, visit: Visit, number: int) -> bool:
    """Whether levels, site, refusals and named technicians allow this crew member's part."""
    return (
        all(person.skills.get(t, 0) >= level for t, level in visit.needs[number].skills.items())
        and person.id not in visit.refused
        and (number > 0 or not visit.named or person.id in visit.named)
        and (visit.site is None or not person.sites or visit.site in person.sites)
    )


def spans(visit: Visit, horizon: int) -> tuple[Span, ...]:
    """When the visit may start, in order, cut at its release."""
    given = [(w.start, w.end) for w in visit.windows] or [(0, horizon)]
    cut = [(max(start, visit.release), end) for start, end in sorted(given)]
    return tuple((start, end) for start, end in cut if start <= end)


@dataclass(frozen=True)
class View:
    """Rows and columns by number; every array is made when first asked for."""

    problem: Problem

    @cached_property
    def shifts(self) -> list[tuple[Technician, Shift]]:
        return [(person, shift) for person in self.problem.technicians for shift in person.shifts]

    @cached_property
    def jobs(self) -> list[tuple[Visit, int]]:
        """Each visit's crew members, those of one visit next to each other."""
        return [(visit, k) for visit in self.problem.visits for k in range(len(visit.needs))]

    @cached_property
    def row(self) -> dict[str, int]:
        return {place: i for i, place in enumerate(self.problem.places)}

    @cached_property
    def place(self) -> Ints:
        return np.array([self.row[visit.place] for visit, _ in self.jobs], dtype=np.int64)

    @cached_property
    def horizon(self) -> int:
        return max((shift.end + shift.overtime_limit for _, shift in self.shifts), default=0)

    @cached_property
    def spans(self) -> list[tuple[Span, ...]]:
        return [spans(visit, self.horizon) for visit, _ in self.jobs]

    @cached_property
    def able(self) -> NDArray[np.bool_]:
        """Shift by job; a column is worked out once for all jobs that ask the same."""
        columns: dict[object, NDArray[np.bool_]] = {}
        out = np.zeros((len(self.shifts), len(self.jobs)), bool)
        for j, (visit, k) in enumerate(self.jobs):
            skills = tuple(sorted(visit.needs[k].skills.items()))
            key = (skills, visit.site, visit.refused, visit.named if k == 0 else ())
            if key not in columns:
                columns[key] = np.array([may(person, visit, k) for person, _ in self.shifts])
            out[:, j] = columns[key]
        return out

    @cached_property
    def seconds(self) -> Ints:
        """On site by job, for people of pace 1."""
        lengths = [(v.needs[k].duration, v.duration) for v, k in self.jobs]
        return np.array([own if own is not None else all_ for own, all_ in lengths], np.int64)

    @cached_property
    def prize(self) -> Ints:
        """What leaving a job's visit out costs, in seconds of travel; on its first member."""
        weights = self.problem.weights.unserved
        worth = [weights[v.priority] * SECONDS_PER_UNSERVED * (k == 0) for v, k in self.jobs]
        return np.array([int(w + 0.5) for w in worth], dtype=np.int64)

    def durations(self, way: str) -> Ints:
        return self.problem.travel[way].durations

"""The problem compiled into arrays: what the search reads, never writes.

A task is one crew member's part of a visit; most visits have one. A shift gets one route.
Times are int64 seconds; `FOREVER` stands for "never" and -FOREVER for "at any time".
"""

import itertools
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dispatch_solver.eligibility import (
    Flags,
    Floats,
    Ints,
    Span,
    TaskData,
    bound_to,
)
from dispatch_solver.kinds import Kinds, People, kinds_of
from dispatch_solver.problem import MOST_SECONDS, Break, Problem, Shift, Technician, Visit

FOREVER = 1 << 40
Index = int | list[int] | Ints


@dataclass(frozen=True, slots=True)
class ShiftData:
    """One shift with indices instead of names; `limit` is its end with all overtime."""

    technician: int
    start: int
    end: int
    limit: int
    origin: int
    goal: int
    breaks: tuple[Break, ...]
    work_limit: int
    used_work: int
    fair_share: int | None
    capacity: int
    way: int
    started: int | None


@dataclass(slots=True)
class Model:
    """Everything the search reads. Arrays are indexed by shift (S), task (T) and place."""

    problem: Problem
    shifts: list[ShiftData]
    tasks: list[TaskData]
    tasks_of: list[list[int]]
    shifts_of: list[list[int]]  # by technician
    durations: NDArray[np.int32]  # way x place x place; the last place is "open": no travel
    kind: Ints  # T: tasks of one kind have the same row in the next three
    allowed: Flags  # K x S: trade, level, site, refusals, named, pinned, started
    pace: Floats  # K x S: factor of the duration
    standing: Floats  # K x S: cost that depends only on who does it
    base: Ints  # T: seconds on site at pace 1, without set-up
    route_class: Ints  # S: shifts that can stand in for each other share a number
    place: Ints
    setup: Ints
    window_start: Ints  # T x W
    window_end: Ints
    load: Ints
    due: Ints
    late_rate: Floats  # tier 2 per second after due; only who leads a visit counts there
    promise_start: Ints
    promise_end: Ints
    moved_from: Ints
    position: Ints
    linked: Flags
    befores: dict[int, list[int]]  # visit to indices of the precedences that end in it
    afters: dict[int, list[int]]
    ties: dict[int, list[int]]
    visit_index: dict[str, int]
    technician_index: dict[str, int]
    place_index: dict[str, int]
    owner: Ints  # S: technician
    names: list[str]  # of the shifts
    unserved: Floats  # visit to weight of leaving it out
    people: People
    _distances: NDArray[np.int32] | None = None

    @property
    def open_place(self) -> int:
        return self.durations.shape[1] - 1

    @property
    def distances(self) -> NDArray[np.int32]:
        """Metres, in the shape of `durations`; made when first asked for, as few weigh metres."""
        if self._distances is None:
            matrices = [matrix.distances for matrix in self.problem.travel.values()]
            self._distances = _stack(matrices, self.open_place)
        return self._distances

    def leg_metres(self, way: int, places: list[int]) -> list[int]:
        """Metres from each place to the next."""
        if self._distances is not None:
            return self._distances[way, places[:-1], places[1:]].tolist()
        matrix = list(self.problem.travel.values())[way].distances
        nowhere = self.open_place
        return [
            0 if nowhere in (a, b) else int(matrix[a, b]) for a, b in itertools.pairwise(places)
        ]

    def can(self, shift: int, task: int) -> bool:
        """Whether the shift's technician may do the task."""
        return bool(self.allowed[self.kind[task], shift])

    def service(self, shift: int, task: int) -> int:
        """Seconds on site without set-up."""
        return int(self.base[task] * self.pace[self.kind[task], shift] + 0.5)

    # The same on arrays: shifts and tasks are broadcast against each other.

    def may(self, shifts: Index, tasks: Index) -> Flags:
        return self.allowed[self.kind[tasks], shifts]

    def services(self, shifts: Index, tasks: Index) -> Ints:
        return (self.base[tasks] * self.pace[self.kind[tasks], shifts] + 0.5).astype(np.int64)

    def standings(self, shifts: Index, tasks: Index) -> Floats:
        return self.standing[self.kind[tasks], shifts]


def compile_problem(problem: Problem) -> Model:
    """Arrays of a valid problem."""
    technicians = {person.id: i for i, person in enumerate(problem.technicians)}
    visits = {visit.id: i for i, visit in enumerate(problem.visits)}
    places = {name: i for i, name in enumerate(problem.places)}
    ways = {way: i for i, way in enumerate(problem.travel)}
    owners = [(person, shift) for person in problem.technicians for shift in person.shifts]
    started = _started_shifts(problem, owners)
    shifts = [
        _shift_data(person, shift, technicians, places, ways, started.get(s))
        for s, (person, shift) in enumerate(owners)
    ]
    tasks = [
        task_data(v, k, visit, places)
        for v, visit in enumerate(problem.visits)
        for k in range(len(visit.needs))
    ]
    tasks_of: list[list[int]] = [[] for _ in problem.visits]
    for t, task in enumerate(tasks):
        tasks_of[task.visit].append(t)
    befores, afters, ties = _links(problem, visits)
    linked = [
        len(problem.visits[task.visit].needs) > 1
        or task.visit in befores
        or task.visit in afters
        or task.visit in ties
        for task in tasks
    ]
    window_start, window_end = _window_arrays(tasks)
    people = People(problem)
    kinds = kinds_of(people, problem, owners, tasks, started)
    shifts_of: list[list[int]] = [[] for _ in problem.technicians]
    for s, data in enumerate(shifts):
        shifts_of[data.technician].append(s)
    return Model(
        problem=problem,
        shifts=shifts,
        tasks=tasks,
        tasks_of=tasks_of,
        shifts_of=shifts_of,
        durations=_stack([matrix.durations for matrix in problem.travel.values()], len(places)),
        kind=kinds.kind,
        allowed=kinds.allowed,
        pace=kinds.pace,
        standing=kinds.standing,
        base=_ints([base_of(problem.visits[task.visit], task.need) for task in tasks]),
        route_class=route_classes(shifts, kinds),
        place=_ints([task.place for task in tasks]),
        setup=_ints([task.setup for task in tasks]),
        window_start=window_start,
        window_end=window_end,
        load=_ints([task.load for task in tasks]),
        late_rate=np.array(
            [problem.weights.lateness_second * (task.need == 0) for task in tasks], float
        ),
        due=_ints([FOREVER if task.due is None else task.due for task in tasks]),
        promise_start=_ints([task.promise[0] if task.promise else -FOREVER for task in tasks]),
        promise_end=_ints([task.promise[1] if task.promise else FOREVER for task in tasks]),
        moved_from=_ints([-1 if task.moved_from is None else task.moved_from for task in tasks]),
        position=_ints([-1 if task.position is None else task.position for task in tasks]),
        linked=np.array(linked, dtype=bool),
        befores=befores,
        afters=afters,
        ties=ties,
        visit_index=visits,
        technician_index=technicians,
        place_index=places,
        names=[shift.id for _, shift in owners],
        owner=_ints([data.technician for data in shifts]),
        unserved=np.array([problem.weights.unserved[v.priority] for v in problem.visits], float),
        people=people,
    )


def base_of(visit: Visit, need: int) -> int:
    """Seconds on site at pace 1, without set-up."""
    own = visit.needs[need].duration
    return visit.duration if own is None else own


def route_classes(shifts: list[ShiftData], kinds: Kinds) -> Ints:
    """By shift a number that those with the same data, abilities, pace and costs share."""
    alike: dict[ShiftData, list[int]] = {}
    for s, data in enumerate(shifts):
        alike.setdefault(replace(data, technician=0), []).append(s)
    number: dict[tuple[object, ...], int] = {}
    out = np.zeros(len(shifts), np.int64)
    for data, group in alike.items():
        for s in group:
            # One of a kind needs no comparing.
            columns = _columns(kinds, s) if len(group) > 1 else ()
            out[s] = number.setdefault((data, *columns), len(number))
    return out


def _columns(kinds: Kinds, shift: int) -> tuple[bytes, ...]:
    arrays = (kinds.allowed, kinds.pace, kinds.standing)
    return tuple(array[:, shift].tobytes() for array in arrays)


def shift_names(model: Model) -> list[str]:
    """The id of each shift, unique for its technician only."""
    return model.names


def _started_shifts(problem: Problem, owners: list[tuple[Technician, Shift]]) -> dict[int, int]:
    """Shift index to task index of the work already begun in it."""
    found: dict[int, int] = {}
    task = 0
    for visit in problem.visits:
        for k in range(len(visit.needs)):
            if visit.started is not None:
                person = bound_to(visit, k)
                mine = [s for s, (owner, _) in enumerate(owners) if owner.id == person]
                found[min(mine, key=lambda s: _outside(owners[s][1], visit.started))] = task
            task += 1
    return found


def _outside(shift: Shift, started: object) -> int:
    start = getattr(started, "start", 0)
    return max(shift.start - start, start - shift.end, 0)


def _shift_data(
    person: Technician,
    shift: Shift,
    technicians: dict[str, int],
    places: dict[str, int],
    ways: dict[str, int],
    started: int | None,
) -> ShiftData:
    nowhere = len(places)
    return ShiftData(
        technician=technicians[person.id],
        start=shift.start,
        end=shift.end,
        limit=shift.end + shift.overtime_limit,
        origin=nowhere if shift.from_place is None else places[shift.from_place],
        goal=nowhere if shift.to_place is None else places[shift.to_place],
        breaks=shift.breaks,
        work_limit=FOREVER if shift.work_limit is None else shift.work_limit,
        used_work=shift.used_work,
        fair_share=shift.fair_share,
        capacity=FOREVER if shift.capacity is None else shift.capacity,
        way=ways[person.travel],
        started=started,
    )


def task_data(v: int, need: int, visit: Visit, places: dict[str, int]) -> TaskData:
    lead = need == 0
    promise = visit.promise
    pinned = visit.pinned if visit.started is None else None
    current = visit.current
    return TaskData(
        visit=v,
        need=need,
        place=places[visit.place],
        setup=visit.setup,
        windows=start_windows(visit, need),
        due=visit.due,
        promise=(promise.start, promise.end) if lead and promise else None,
        position=pinned.position if lead and pinned else None,
        moved_from=current.start if lead and current else None,
        load=visit.load,
    )


def start_windows(visit: Visit, need: int) -> tuple[Span, ...]:
    """When this crew member may start, before any other stop is known.

    Nobody starts before a promise when waiting for it is possible, so that a promise is never
    broken by coming too early.
    """
    gap = visit.needs[need]
    if visit.started is not None:
        spans = [(visit.started.start, visit.started.start)]
    elif visit.pinned is not None and visit.pinned.start is not None:
        spans = [(visit.pinned.start, visit.pinned.start)]
    else:
        given = [(w.start, w.end) for w in visit.windows] or [(0, MOST_SECONDS)]
        spans = clip(_merge(given), visit.release, FOREVER)
        if visit.promise is not None:
            spans = clip(spans, visit.promise.start, FOREVER) or spans
    if need == 0:
        return tuple(spans)
    if visit.started is not None:
        return tuple(spans)
    return tuple(_merge([(a + gap.gap_least, b + gap.gap_most) for a, b in spans]))


def clip(spans: list[Span] | tuple[Span, ...], least: int, most: int) -> list[Span]:
    """The parts of the spans within [least, most]."""
    parts = [(max(a, least), min(b, most)) for a, b in spans]
    return [(a, b) for a, b in parts if a <= b]


def _merge(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _links(
    problem: Problem, visits: dict[str, int]
) -> tuple[dict[int, list[int]], dict[int, list[int]], dict[int, list[int]]]:
    befores: dict[int, list[int]] = {}
    afters: dict[int, list[int]] = {}
    ties: dict[int, list[int]] = {}
    for i, link in enumerate(problem.precedences):
        if problem.visits[visits[link.after]].started is not None:
            continue  # what has begun no longer waits for anything
        befores.setdefault(visits[link.after], []).append(i)
        afters.setdefault(visits[link.before], []).append(i)
    for i, tie in enumerate(problem.ties):
        for name in tie.visits:
            ties.setdefault(visits[name], []).append(i)
    return befores, afters, ties


def _window_arrays(tasks: list[TaskData]) -> tuple[Ints, Ints]:
    width = max((len(task.windows) for task in tasks), default=1) or 1
    start = np.full((len(tasks), width), FOREVER, np.int64)
    end = np.full((len(tasks), width), -FOREVER, np.int64)
    for t, task in enumerate(tasks):
        for w, (a, b) in enumerate(task.windows):
            start[t, w], end[t, w] = a, b
    return start, end


def _stack(matrices: list[Ints], places: int) -> NDArray[np.int32]:
    stacked = np.empty((len(matrices), places + 1, places + 1), np.int32)
    stacked[:, places, :] = stacked[:, :, places] = 0
    for way, matrix in enumerate(matrices):
        stacked[way, :places, :places] = matrix
    return stacked


def _ints(values: list[int]) -> Ints:
    return np.array(values, dtype=np.int64)

"""The routes of a state held ready for trials: where could a task go, and what would that add?"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from dispatch_solver.eligibility import Floats, Ints, holder
from dispatch_solver.model import shift_names
from dispatch_solver.state import State
from dispatch_solver.timetable import (
    HELD_AT,
    LIMIT,
    LOCKED,
    MOVABLE,
    SERVICE,
    START,
    STOP_COLUMNS,
    WINDOWS,
    Candidate,
    Timetable,
    rest_table,
    shift_table,
    stop_columns,
    weight_table,
    windows_of,
)
from dispatch_solver.trial import ANSWERS, Extra, Scratch, best_places, best_swaps, run, scratch_for

# No rule is broken at any price.
STRICT = Extra(-1.0, 0.0, 0)
# Arrays of a timetable with a row per stop.
BY_STOP = ("stop", "window", "standing", "soonest", "remaining")


@dataclass(slots=True)
class Routes:
    """A timetable that follows a state: call `follow` for the shifts whose routes have changed."""

    state: State
    table: Timetable = field(init=False)
    scratch: Scratch = field(init=False)
    names: list[tuple[str, str]] = field(init=False)  # technician and shift
    by_name: Ints = field(init=False)  # rank of the technician's name

    def __post_init__(self) -> None:
        state, model = self.state, self.state.model
        shifts = len(state.routes)
        width = max(1, model.window_start.shape[1])
        stops = max(map(len, state.routes), default=0) + 2
        self.table = Timetable(
            stop=np.zeros((shifts + 1, stops, STOP_COLUMNS), np.int64),
            window=np.zeros((shifts + 1, stops, width, 2), np.int64),
            standing=np.zeros((shifts + 1, stops)),
            soonest=np.zeros((shifts + 1, stops), np.int64),
            remaining=np.zeros((shifts + 1, stops), np.int64),
            length=np.zeros(shifts, np.int64),
            shift=shift_table(model),
            rest=rest_table(model),
            figure=np.zeros((shifts, 3)),
            seconds=model.durations,
            metres=model.distances
            if model.problem.weights.travel_metre
            else np.zeros((0, 0, 0), np.int32),
            weight=weight_table(model),
        )
        self.scratch = scratch_for(self.table)
        people = model.problem.technicians
        owners = [people[data.technician].id for data in model.shifts]
        self.names = list(zip(owners, shift_names(model), strict=True))
        rank = {name: i for i, name in enumerate(sorted(set(owners)))}
        self.by_name = np.array([rank[name] for name in owners], np.int64)
        self.follow(range(shifts))

    def follow(self, shifts: Iterable[int]) -> None:
        """Read these routes from the state again."""
        state = self.state
        for s in shifts:
            while len(state.routes[s]) >= self.table.stop.shape[1]:
                self.table = _wider(self.table)
            self._write(s)

    def _write(self, s: int) -> None:
        state, model, table = self.state, self.state.model, self.table
        route = state.routes[s]
        table.length[s] = len(route)
        table.figure[s] = state.tier2[s], state.tier3[s], state.board.worst_late[s]
        table.shift[s, LOCKED] = state.board.locked[s]
        timing = state.timings[s]
        table.soonest[s, : len(route) + 1] = [leave[0] for leave in timing.depart]
        table.remaining[s, : len(route) + 1] = 0
        if not route:
            return
        tasks = np.array(route, np.int64)
        table.standing[s, : len(route)] = model.standings(s, tasks)
        data = [model.tasks[t] for t in route]
        visits = [model.problem.visits[task.visit] for task in data]
        rows = table.stop[s, : len(route)]
        rows[:] = stop_columns(data, visits)
        rows[:, SERVICE] = model.services(s, tasks)
        ahead = rows[:, SERVICE] + np.array(timing.legs[1:], np.int64)
        table.remaining[s, : len(route)] = ahead[::-1].cumsum()[::-1]
        me = model.problem.technicians[model.shifts[s].technician].id
        for p, t in enumerate(route):
            if rows[p, HELD_AT] >= 0 and holder(visits[p], data[p].need) != me:
                rows[p, HELD_AT] = -1
            rows[p, MOVABLE] &= not model.linked[t]
            spans = state.windows(t)
            rows[p, WINDOWS] = len(spans)
            table.window[s, p, : len(spans)] = windows_of(spans)

    def best(
        self,
        item: Candidate,
        *,
        table: Timetable | None = None,
        extra: Extra = STRICT,
        shifts: Ints | None = None,
    ) -> Floats:
        """Per shift the best place for the candidate: see `trial.best_places`.

        `table`: the same routes under other rules; `shifts`: only these.
        """
        table = self._offer(item, table or self.table)
        rows = np.flatnonzero(item.allowed) if shifts is None else shifts
        out = np.empty((len(table.length), ANSWERS))
        best_places(table, item, self._scratch(table), extra, rows, out)
        return out

    def swaps(self, item: Candidate) -> Floats:
        """Per stop what its change for the candidate adds: see `trial.best_swaps`."""
        table = self._offer(item, self.table)
        out = np.empty((*table.standing[:-1].shape, 3))
        best_swaps(table, item, self._scratch(table), np.flatnonzero(item.allowed), out)
        return out

    @contextmanager
    def exchanged(self, shift: int, drop: int, item: Candidate, at: int) -> Iterator[None]:
        """Inside, the candidate is at an index of one route, and its stop `drop` is nowhere."""
        table = self.table
        with self._altered(shift):
            kept = [p for p in range(table.length[shift]) if p != drop]
            # Where the stop was that went, the candidate is now.
            kept.insert(at, drop)
            self._rearrange(shift, kept)
            table.stop[shift, at] = item.stop
            table.stop[shift, at, SERVICE] = item.service[shift]
            table.stop[shift, at, HELD_AT] = item.held_at[shift]
            table.window[shift, at, : len(item.window)] = item.window
            table.standing[shift, at] = item.standing[shift]
            self._time(shift)
            yield

    @contextmanager
    def without(self, shift: int, drop: int) -> Iterator[bool]:
        """Inside, a stop is nowhere; False: its route cannot do without it."""
        with self._altered(shift):
            self._rearrange(shift, [p for p in range(self.table.length[shift]) if p != drop])
            self.table.length[shift] -= 1
            yield self._time(shift)

    def tiers(self) -> tuple[float, float]:
        """Tiers 2 and 3 of all routes."""
        second, third, worst = self.table.figure.T
        weight = self.state.model.problem.weights.worst_late_second
        return float(second.sum()), float(third.sum()) + weight * float(worst.max(initial=0.0))

    @contextmanager
    def _altered(self, shift: int) -> Iterator[None]:
        rows = [getattr(self.table, name) for name in (*BY_STOP, "figure", "length")]
        before = [array[shift].copy() for array in rows]
        try:
            yield
        finally:
            for array, row in zip(rows, before, strict=True):
                array[shift] = row

    def _rearrange(self, shift: int, order: list[int]) -> None:
        for name in ("stop", "window", "standing"):
            row = getattr(self.table, name)[shift]
            row[: len(order)] = row[order]

    def _time(self, shift: int) -> bool:
        """The figures of a route whose stops have been set; False: it breaks a rule."""
        table = self.table
        table.soonest[shift] = table.shift[shift, START]
        table.remaining[shift] = 0
        fits, second, third, _, end, worst = run(table, self._scratch(table), shift, -1, -1)
        table.figure[shift] = second, third, worst
        return fits and end <= table.shift[shift, LIMIT]

    def _offer(self, item: Candidate, table: Timetable) -> Timetable:
        count = len(item.window)
        if count > table.window.shape[2]:
            # Room for it from now on, also where its stop may come to stand.
            self.table = _with_windows(self.table, count)
            table = table._replace(window=self.table.window)
        table.stop[-1, 0] = item.stop
        table.stop[-1, 0, WINDOWS] = count
        table.window[-1, 0, :count] = item.window
        return table

    def _scratch(self, table: Timetable) -> Scratch:
        stops, states = table.stop.shape[1] + 2, table.rest.shape[1] + 1
        if len(self.scratch.onsite) < stops or self.scratch.leave.shape[1] < states:
            self.scratch = scratch_for(table)
        return self.scratch


def _wider(table: Timetable) -> Timetable:
    """Room for twice as many stops."""
    doubled = {name: getattr(table, name) for name in BY_STOP}
    return table._replace(
        **{name: np.concatenate([a, np.zeros_like(a)], axis=1) for name, a in doubled.items()}
    )


def _with_windows(table: Timetable, count: int) -> Timetable:
    more = count - table.window.shape[2]
    return table._replace(window=np.pad(table.window, ((0, 0), (0, 0), (0, more), (0, 0))))

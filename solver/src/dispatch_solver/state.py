"""The plan while it is being searched: routes that are always feasible, and what they cost.

Linked tasks (crews, precedences, ties) are held: once placed, their starts may move only within
bounds that keep every link true, so that each route can be changed without looking at others.
"""

from copy import copy
from dataclasses import dataclass

import numpy as np

from dispatch_solver.board import Board, SavedPositions
from dispatch_solver.eligibility import Span
from dispatch_solver.model import FOREVER, Model, clip
from dispatch_solver.objective import RouteTiers, Scales, scales_of, work_of
from dispatch_solver.schedule import (
    Timing,
    breaks_of,
    latest_starts,
    starts_of,
    time_route,
)
from dispatch_solver.terms import RouteView, worst_late

Worth = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class SavedRow:
    """One route as it was."""

    route: list[int]
    timing: Timing
    tiers: tuple[float, float]
    board: SavedPositions


@dataclass(frozen=True, slots=True)
class Saved:
    """What `rollback` puts back."""

    rows: dict[int, SavedRow]
    holds: dict[tuple[str, int], dict[int, Span]]
    missing: set[int]


class State:
    """Routes, their times and their worth. `missing` holds the visits left out."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.scales: Scales = scales_of(model.problem.weights)
        self.board = Board(model)
        self.tiers_of = RouteTiers(model)
        shifts = len(model.shifts)
        self.routes: list[list[int]] = [[] for _ in range(shifts)]
        self.timings: list[Timing] = []
        self.tier2 = np.zeros(shifts)
        self.tier3 = np.zeros(shifts)
        self.route_of = [-1] * len(model.tasks)
        self.missing: set[int] = set(range(len(model.tasks_of)))
        self.holds: dict[tuple[str, int], dict[int, Span]] = {}
        self._holds_of: dict[int, list[tuple[str, int]]] = {}
        self._journal: Saved | None = None
        for s in range(shifts):
            self.timings.append(time_route(model, s, [], []))
            self._enter(s, self.timings[s])
        self._place_started()

    def _place_started(self) -> None:
        for s, data in enumerate(self.model.shifts):
            if data.started is not None:
                self.set_route(s, [data.started])
                self.missing.discard(self.model.tasks[data.started].visit)

    def windows(self, task: int) -> tuple[Span, ...] | list[Span]:
        """When the task may start, given what it is linked with."""
        spans: tuple[Span, ...] | list[Span] = self.model.tasks[task].windows
        if self.model.linked[task]:
            for key in self._holds_of.get(task, ()):
                least, most = self.holds[key][task]
                spans = clip(spans, least, most)
        return spans

    def hold(self, key: tuple[str, int], bounds: dict[int, Span]) -> None:
        """Bound the starts of tasks until `release` of the same key."""
        self.release(key)
        self.holds[key] = bounds
        for task in bounds:
            self._holds_of.setdefault(task, []).append(key)

    def release(self, key: tuple[str, int]) -> None:
        for task in self.holds.pop(key, ()):
            self._holds_of[task].remove(key)

    def try_route(self, shift: int, tasks: list[int]) -> Timing:
        """Times of a route that is not entered; positions of pins and begun work count, too."""
        windows = [self.windows(t) for t in tasks]
        timing = time_route(self.model, shift, tasks, windows)
        if timing.feasible and not timing.forced:
            timing.feasible = self._within_limits(shift, timing)
        if timing.feasible and tasks:
            timing.feasible = self._in_position(shift, tasks)
        return timing

    def _within_limits(self, shift: int, timing: Timing) -> bool:
        data = self.model.shifts[shift]
        if not timing.tasks or (data.started is not None and len(timing.tasks) == 1):
            return True
        load = sum(self.model.tasks[t].load for t in timing.tasks)
        return work_of(timing) + data.used_work <= data.work_limit and load <= data.capacity

    def _in_position(self, shift: int, tasks: list[int]) -> bool:
        started = self.model.shifts[shift].started
        if started is not None and tasks[0] != started:
            return False
        wanted = (self.model.tasks[t].position for t in tasks)
        return all(place is None or place == i for i, place in enumerate(wanted))

    def set_route(self, shift: int, tasks: list[int]) -> bool:
        """Enter a route if it is feasible; else nothing changes."""
        timing = self.try_route(shift, tasks)
        if not timing.feasible:
            return False
        self._remember(shift)
        self._vacate(shift)
        for t in tasks:
            self.route_of[t] = shift
        self.routes[shift] = tasks
        self._enter(shift, timing)
        return True

    def insert(self, task: int, shift: int, position: int) -> bool:
        """Put one task in; the caller takes its visit out of `missing`."""
        route = self.routes[shift]
        return self.set_route(shift, [*route[:position], task, *route[position:]])

    def _enter(self, shift: int, timing: Timing) -> None:
        model, data = self.model, self.model.shifts[shift]
        starts = starts_of(timing, len(breaks_of(model, shift)))
        second, third = self.tiers_of(shift, timing, starts)
        windows = [self.windows(t) for t in timing.tasks]
        end = timing.end if timing.tasks else data.start
        hard = soft = latest_starts(model, shift, timing, windows, data.limit)
        wanted_end = max(data.end, min(end, data.limit))
        deadlines = [self._wished(t) for t in timing.tasks]
        if wanted_end < data.limit or any(moment < FOREVER for moment in deadlines):
            wishes = [
                clip(spans, -FOREVER, max(moment, start))
                for spans, moment, start in zip(windows, deadlines, starts, strict=True)
            ]
            soft = latest_starts(model, shift, timing, wishes, wanted_end)
        self.timings[shift] = timing
        self.tier2[shift], self.tier3[shift] = second, third
        self.board.write(model, shift, timing, hard, soft)
        self.board.work[shift] = work_of(timing)
        self.board.load[shift] = sum(model.tasks[t].load for t in timing.tasks)
        weights = model.problem.weights
        if weights.worst_late_second:
            route = RouteView(model, shift, timing, starts)
            self.board.worst_late[shift] = worst_late.seconds(route)
        rate = weights.overtime_second
        if any(model.tasks[t].due is not None for t in timing.tasks):
            rate += self.scales.tier2 * weights.lateness_second
            rate += weights.late_second + weights.worst_late_second
        if any(model.tasks[t].promise is not None for t in timing.tasks):
            rate += self.scales.tier2 * weights.promise_broken / 3600.0
        self.board.rate[shift] = rate

    def _wished(self, task: int) -> int:
        data = self.model.tasks[task]
        due = FOREVER if data.due is None else data.due
        return min(due, FOREVER if data.promise is None else data.promise[1])

    def starts(self, shift: int) -> list[int]:
        return starts_of(self.timings[shift], len(breaks_of(self.model, shift)))

    def start_of(self, task: int) -> int:
        shift = self.route_of[task]
        return self.starts(shift)[self.routes[shift].index(task)]

    def worth(self) -> Worth:
        """The three tiers; smaller is better, compared in order."""
        lost = self.model.unserved
        first = sum(float(lost[v]) for v in self.missing)
        third = float(self.tier3.sum())
        if len(self.routes):
            # The worst lateness is the plan's own: no sum over routes gives it.
            weight = self.model.problem.weights.worst_late_second
            third += weight * float(self.board.worst_late.max())
        return round(first, 6), round(float(self.tier2.sum()), 6), round(third, 6)

    def weighed(self) -> float:
        """The tiers as one number, for steering only."""
        first, second, third = self.worth()
        return first * self.scales.tier1 + second * self.scales.tier2 + third

    def aside(self, model: Model | None = None) -> "State":
        """The same routes under a journal of their own, read by another model if one is given.

        They are shared: whoever changes them does so between `begin` and `rollback`.
        """
        other = copy(self)
        other.missing = set(self.missing)
        if model is not None:
            other.model = model
            other.tiers_of = RouteTiers(model)
        return other

    def begin(self) -> None:
        """Start to remember, so that `rollback` can undo what follows."""
        self._journal = Saved({}, dict(self.holds), set(self.missing))

    def commit(self) -> None:
        self._journal = None

    def rollback(self) -> None:
        """Undo everything since `begin`."""
        saved, self._journal = self._journal, None
        if saved is None:
            raise AssertionError("rollback without begin")
        for s in saved.rows:
            self._vacate(s)
        for s, row in saved.rows.items():
            self.routes[s], self.timings[s] = row.route, row.timing
            self.tier2[s], self.tier3[s] = row.tiers
            self.board.put_back(s, row.board)
            for t in row.route:
                self.route_of[t] = s
        self.missing = saved.missing
        for key in [key for key in self.holds if key not in saved.holds]:
            self.release(key)
        for key, bounds in saved.holds.items():
            if self.holds.get(key) is not bounds:
                self.hold(key, bounds)

    def _vacate(self, shift: int) -> None:
        for t in self.routes[shift]:
            if self.route_of[t] == shift:
                self.route_of[t] = -1

    def _remember(self, shift: int) -> None:
        if self._journal is not None and shift not in self._journal.rows:
            self._journal.rows[shift] = SavedRow(
                self.routes[shift],
                self.timings[shift],
                (float(self.tier2[shift]), float(self.tier3[shift])),
                self.board.take(shift),
            )

    def snapshot(self) -> "Snapshot":
        return Snapshot(
            [list(route) for route in self.routes],
            dict(self.holds),
            set(self.missing),
            self.worth(),
        )

    def load(self, snapshot: "Snapshot") -> None:
        """Go back to a snapshot of this very problem."""
        for key in list(self.holds):
            self.release(key)
        for key, bounds in snapshot.holds.items():
            self.hold(key, bounds)
        for s, route in enumerate(snapshot.routes):
            if not self.set_route(s, list(route)):
                raise AssertionError(f"route {s} of a snapshot is not feasible")
        for s, route in enumerate(snapshot.routes):
            for t in route:
                self.route_of[t] = s
        self.missing = set(snapshot.missing)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A whole plan, kept."""

    routes: list[list[int]]
    holds: dict[tuple[str, int], dict[int, Span]]
    missing: set[int]
    worth: Worth

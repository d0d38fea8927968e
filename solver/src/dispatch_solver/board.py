"""All routes as one table of positions, so that insertions are priced many at a time.

Row s is a shift, column p the place in the route before its p-th stop (the last: before its end).
The features of a position are what its neighbours are, how early one can leave the one before
and how late the one after may start; see `schedule` for the states by breaks taken.
"""

from dataclasses import dataclass

import numpy as np

from dispatch_solver.eligibility import Floats, Ints
from dispatch_solver.model import FOREVER, Model
from dispatch_solver.schedule import Timing, breaks_of

PREVIOUS, NEXT, LEG, SETUP_NOW, SETUP_FULL = range(5)
FIRST_STATE = 5

SavedPositions = tuple[Ints, tuple[np.int64 | np.float64, ...]]


class Board:
    """The table; `features` is S x P x F."""

    def __init__(self, model: Model) -> None:
        shifts = len(model.shifts)
        breaks = [breaks_of(model, s) for s in range(shifts)]
        most = max((len(rests) for rests in breaks), default=0)
        self.states = most + 1
        self.features: Ints = np.zeros((shifts, 4, FIRST_STATE + 5 * self.states), np.int64)
        self.length = np.zeros(shifts, np.int64)
        self.locked = np.zeros(shifts, np.int64)
        self.work = np.zeros(shifts, np.int64)
        self.load = np.zeros(shifts, np.int64)
        self.worst_late = np.zeros(shifts, np.int64)
        self.rate: Floats = np.zeros(shifts)
        # A shift with fewer breaks than others gets empty ones, so that all have equal states.
        self.break_earliest = np.zeros((shifts, most), np.int64)
        self.break_latest = np.full((shifts, most), FOREVER, np.int64)
        self.break_length = np.zeros((shifts, most), np.int64)
        for s, rests in enumerate(breaks):
            for k, rest in enumerate(rests):
                self.break_earliest[s, k] = rest.earliest
                self.break_latest[s, k] = rest.latest
                self.break_length[s, k] = rest.duration
        weights = model.problem.weights
        data = model.shifts
        self.way = np.array([d.way for d in data], np.int64)
        self.used = np.array([d.used_work for d in data], np.int64)
        self.work_limit = np.array([d.work_limit for d in data], np.int64)
        self.capacity = np.array([d.capacity for d in data], np.int64)
        self.share = np.array([d.fair_share or 0 for d in data], np.float64)
        self.balance = np.array(
            [0.0 if d.fair_share is None else weights.imbalance / 3600.0**2 for d in data]
        )

    def column(self, block: str, state: int) -> int:
        """Index of a feature that depends on the breaks taken."""
        order = {"leave": 0, "hard": 1, "hard_setup": 2, "soft": 3, "soft_setup": 4}
        return FIRST_STATE + order[block] * self.states + state

    def write(
        self,
        model: Model,
        shift: int,
        timing: Timing,
        hard: list[tuple[list[int], list[int]]],
        soft: list[tuple[list[int], list[int]]],
    ) -> None:
        """Set the row of a route from its times."""
        tasks = timing.tasks
        count = len(tasks)
        while count + 1 > self.features.shape[1]:
            grown = np.zeros_like(self.features)
            self.features = np.concatenate([self.features, grown], axis=1)
        data = model.shifts[shift]
        begun = bool(tasks) and data.started == tasks[0]
        origin = model.open_place if begun else data.origin
        places = [origin, *(model.tasks[t].place for t in tasks), data.goal]
        rows = []
        for p in range(count + 1):
            full = model.tasks[tasks[p]].setup if p < count else 0
            now = timing.setups[p] if p < count else 0
            row = [places[p], places[p + 1], timing.legs[p], now, full]
            with_setup, without = hard[p]
            soft_setup, soft_without = soft[p]
            for block in (timing.depart[p], without, with_setup, soft_without, soft_setup):
                row += block
                row += [block[-1]] * (self.states - len(block))
            rows.append(row)
        self.features[shift, : count + 1] = rows
        self.length[shift] = count
        pinned = [i for i, t in enumerate(tasks) if model.tasks[t].position is not None]
        self.locked[shift] = max(pinned[-1] + 1 if pinned else 0, int(begun))

    def take(self, shift: int) -> SavedPositions:
        """A copy of one row, for `put_back`."""
        figures = tuple(column[shift] for column in self._figures())
        used = int(self.length[shift]) + 1
        return self.features[shift, :used].copy(), figures

    def put_back(self, shift: int, saved: SavedPositions) -> None:
        features, figures = saved
        self.features[shift, : len(features)] = features
        for column, figure in zip(self._figures(), figures, strict=True):
            column[shift] = figure

    def _figures(self) -> tuple[Ints | Floats, ...]:
        return self.length, self.locked, self.work, self.load, self.worst_late, self.rate


@dataclass(slots=True)
class Items:
    """What is to be inserted: U items; pair arrays are R x U for the routes they are priced in."""

    tasks: Ints
    place: Ints
    setup: Ints
    service: Ints
    standing: Floats
    can: np.ndarray
    window_start: Ints
    window_end: Ints
    load: Ints
    due: Ints
    late_rate: Floats
    promise_start: Ints
    promise_end: Ints
    moved_from: Ints
    position: Ints


def items_of(model: Model, tasks: list[int] | Ints, rows: Ints | None = None) -> Items:
    """Tasks as the problem gives them, for these shifts (all if not said)."""
    index = np.asarray(tasks, dtype=np.int64)
    shifts = (np.arange(len(model.shifts)) if rows is None else rows)[:, None]
    return Items(
        tasks=index,
        place=model.place[index],
        setup=model.setup[index],
        service=model.services(shifts, index),
        standing=model.standings(shifts, index),
        can=model.may(shifts, index),
        window_start=model.window_start[index],
        window_end=model.window_end[index],
        load=model.load[index],
        due=model.due[index],
        late_rate=model.late_rate[index],
        promise_start=model.promise_start[index],
        promise_end=model.promise_end[index],
        moved_from=model.moved_from[index],
        position=model.position[index],
    )


def pick(items: Items, which: Ints | list[int], row: int | None = None) -> Items:
    """Some of the items, in the given order; for one of their routes only if `row` is given."""
    index = np.asarray(which, dtype=np.int64)
    routes = slice(None) if row is None else np.array([[row]])
    return Items(
        tasks=items.tasks[index],
        place=items.place[index],
        setup=items.setup[index],
        service=items.service[routes, index],
        standing=items.standing[routes, index],
        can=items.can[routes, index],
        window_start=items.window_start[index],
        window_end=items.window_end[index],
        load=items.load[index],
        due=items.due[index],
        late_rate=items.late_rate[index],
        promise_start=items.promise_start[index],
        promise_end=items.promise_end[index],
        moved_from=items.moved_from[index],
        position=items.position[index],
    )

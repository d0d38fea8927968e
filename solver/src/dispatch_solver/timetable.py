"""The routes of a plan as arrays, and one visit that might join them: input of `trial`.

A `Timetable` is read by compiled functions alone; `routes` makes it from a state. A task that is
asked about is a `Candidate`: its own figures, and by shift who may do it and what that takes.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dispatch_solver.eligibility import Flags, Floats, Ints, Span, TaskData, holder
from dispatch_solver.model import FOREVER, Model, base_of, task_data
from dispatch_solver.problem import Visit
from dispatch_solver.schedule import breaks_of

# Columns of a stop, and of a candidate
(PLACE, SETUP, SERVICE, DUE, PROMISE_START, PROMISE_END, HELD_AT, LOAD, LEAD, POSITION) = range(10)
WINDOWS, MOVABLE, VISIT = range(10, 13)
STOP_COLUMNS = 13
# Columns of a shift
START, END, LIMIT, ORIGIN, GOAL, WAY, BREAKS, WORK_LIMIT, USED_WORK, SHARE = range(10)
BALANCED, CAPACITY, LOCKED, TECHNICIAN, BEGUN = range(10, 15)
# Columns of a rest
EARLIEST, LATEST, LENGTH = range(3)
# Entries of the weights
TRAVEL_SECOND, TRAVEL_METRE, IMBALANCE, OVERTIME, USED, LATENESS, PROMISE, LATE = range(8)
WORST_LATE, CHANGE, CHANGE_SECONDS = range(8, 11)
# Columns of the figures of a route
TIER2, TIER3, WORST = range(3)


class Timetable(NamedTuple):
    """S shifts, L stops at most, W windows at most, B breaks at most.

    Behind the last shift's stops there is room for one more: the candidate that is asked about.
    """

    stop: Ints  # (S + 1) x L x columns
    window: Ints  # (S + 1) x L x W x 2
    standing: Floats  # (S + 1) x L
    soonest: Ints  # (S + 1) x L: earliest departure before a stop, or the end, without breaks
    remaining: Ints  # (S + 1) x L: travel and work from a stop on, without set-ups
    length: Ints  # S
    shift: Ints  # S x columns
    rest: Ints  # S x B x 3
    figure: Floats  # S x columns
    seconds: NDArray[np.int32]  # way x place x place
    metres: NDArray[np.int32]  # the same, or nothing when metres cost nothing
    weight: Floats


class Candidate(NamedTuple):
    """One task that is in no route; arrays by shift."""

    stop: Ints  # columns of a stop; SERVICE and HELD_AT stand in the arrays below
    window: Ints  # W x 2
    allowed: Flags
    service: Ints
    standing: Floats
    held_at: Ints  # start that the shift's technician holds it for, or -1


def stop_columns(data: list[TaskData], visits: list[Visit]) -> Ints:
    """What is known of tasks whoever does them."""
    rows = np.zeros((len(data), STOP_COLUMNS), np.int64)
    for row, task, visit in zip(rows, data, visits, strict=True):
        promise = task.promise or (-FOREVER, FOREVER)
        fixed = visit.started is not None or visit.pinned is not None
        row[:] = (
            *(task.place, task.setup, 0, FOREVER if task.due is None else task.due, *promise),
            -1 if task.moved_from is None else task.moved_from,
            task.load,
            task.need == 0,
            -1 if task.position is None else task.position,
            len(task.windows),
            not fixed,
            task.visit,
        )
    return rows


def candidate(model: Model, visit: Visit, need: int = 0) -> Candidate:
    """One crew member's part of a visit, which need not be one of the problem's."""
    people, owner = model.people, model.owner
    data = task_data(-1, need, visit, model.place_index)
    held = np.full(len(owner), -1, np.int64)
    if data.moved_from is not None:
        held_by = model.technician_index.get(holder(visit, need) or "", -1)
        held[owner == held_by] = data.moved_from
    return Candidate(
        stop=stop_columns([data], [visit])[0],
        window=windows_of(data.windows),
        allowed=people.allowed(visit, need)[owner],
        service=(base_of(visit, need) * people.pace(visit.needs[need].skills)[owner] + 0.5).astype(
            np.int64
        ),
        standing=people.standing(visit, need)[owner],
        held_at=held,
    )


def windows_of(spans: tuple[Span, ...] | list[Span]) -> Ints:
    return np.array(spans, np.int64).reshape(-1, 2)


def within(item: Candidate, spans: tuple[Span, ...] | list[Span]) -> Candidate:
    """The candidate with other windows."""
    return item._replace(window=windows_of(spans))


def shift_table(model: Model, *, fresh: bool = False) -> Ints:
    """One row per shift; `fresh`: as if no work had begun."""
    table = np.zeros((len(model.shifts), 15), np.int64)
    for s, data in enumerate(model.shifts):
        begun = None if fresh else data.started
        table[s] = (
            # A route with begun work starts there: no travel to it, and at its own time.
            data.start if begun is None else model.tasks[begun].windows[0][0],
            data.end,
            data.limit,
            data.origin if begun is None else model.open_place,
            data.goal,
            data.way,
            len(data.breaks) if fresh else len(breaks_of(model, s)),
            data.work_limit,
            data.used_work,
            data.fair_share or 0,
            data.fair_share is not None,
            data.capacity,
            0,
            data.technician,
            begun is not None,
        )
    return table


def rest_table(model: Model, *, fresh: bool = False) -> Ints:
    breaks = [data.breaks if fresh else breaks_of(model, s) for s, data in enumerate(model.shifts)]
    table = np.zeros((len(breaks), max(map(len, breaks), default=0), 3), np.int64)
    for s, rests in enumerate(breaks):
        for k, rest in enumerate(rests):
            table[s, k] = rest.earliest, rest.latest, rest.duration
    return table


def weight_table(model: Model) -> Floats:
    weights = model.problem.weights
    return np.array(
        [
            weights.travel_second,
            weights.travel_metre,
            weights.imbalance,
            weights.overtime_second,
            weights.technician_used,
            weights.lateness_second,
            weights.promise_broken,
            weights.late_second,
            weights.worst_late_second,
            weights.change,
            weights.change_seconds,
        ]
    )


def emptied(table: Timetable) -> Timetable:
    """The same shifts with nothing in them but the work that has begun, and no work limits."""
    shift = table.shift.copy()
    shift[:, WORK_LIMIT] = FOREVER
    shift[:, LOCKED] = shift[:, BEGUN]
    return table._replace(
        length=np.minimum(table.length, shift[:, BEGUN]),
        remaining=np.zeros_like(table.remaining),
        shift=shift,
    )


def unmanned(model: Model, table: Timetable) -> Timetable:
    """The same shifts worked by people who have nothing to do yet, and who cost nothing so far."""
    return table._replace(
        length=np.zeros_like(table.length),
        soonest=np.zeros_like(table.soonest),
        remaining=np.zeros_like(table.remaining),
        figure=np.zeros_like(table.figure),
        shift=shift_table(model, fresh=True),
        rest=rest_table(model, fresh=True),
    )


def tireless(table: Timetable) -> Timetable:
    """The same routes without work limits."""
    shift = table.shift.copy()
    shift[:, WORK_LIMIT] = FOREVER
    return table._replace(shift=shift)

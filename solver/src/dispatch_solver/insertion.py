"""What it costs to put tasks into routes: every position of many routes in one go.

Feasibility is exact; the cost is exact but for what a later tail costs (overtime, lateness of the
stops after), which is estimated from above by the delay beyond what costs nothing. The route's
exact cost is taken from its schedule once a task is put in.
"""

from dataclasses import dataclass, replace

import numpy as np

from dispatch_solver.board import LEG, NEXT, PREVIOUS, SETUP_FULL, SETUP_NOW, Board, Items
from dispatch_solver.eligibility import Floats, Ints
from dispatch_solver.model import FOREVER, Model
from dispatch_solver.objective import scales_of

CHUNK = 1_500_000
DAY = 86_400


@dataclass(slots=True)
class Prices:
    """Per route (R) and item (U): the least cost, its position and the start there."""

    cost: Floats
    position: Ints
    start: Ints


def price(model: Model, board: Board, rows: Ints, items: Items) -> Prices:
    """The cheapest position of each item in each of the given routes; infinite: none.

    The items' pair arrays must have one row per route in `rows`.
    """
    routes, count = len(rows), len(items.tasks)
    if routes == 0 or count == 0:
        empty = np.zeros((routes, count))
        return Prices(np.full((routes, count), np.inf), empty.astype(int), empty.astype(int))
    width = int(board.length[rows].max()) + 1
    step = max(1, CHUNK // (width * count))
    parts = []
    for first in range(0, routes, step):
        part = slice(first, first + step)
        chosen = replace(
            items,
            service=items.service[part],
            standing=items.standing[part],
            can=items.can[part],
        )
        cost, start = price_all(model, board, rows[part], chosen)
        best = cost.argmin(axis=1)
        at = best[:, None, :]
        parts.append(
            (
                np.take_along_axis(cost, at, axis=1)[:, 0],
                best,
                np.take_along_axis(start, at, axis=1)[:, 0],
            )
        )
    return Prices(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def price_all(model: Model, board: Board, rows: Ints, items: Items) -> tuple[Floats, Ints]:
    """Cost and start (R x P x U) at each position; infinite where a rule would be broken."""
    width = int(board.length[rows].max()) + 1
    features = board.features[rows, :width]
    at = features[:, :, :, None].transpose(2, 0, 1, 3)
    way = board.way[rows][:, None, None]
    place = items.place[None, None, :]
    to = model.durations[way, at[PREVIOUS], place].astype(np.int64)
    onward = model.durations[way, place, at[NEXT]].astype(np.int64)
    positions = np.arange(width)[None, :, None]
    length = board.length[rows][:, None, None]
    beside_previous = (at[PREVIOUS] == place) & (positions > 0)
    beside_next = (at[NEXT] == place) & (positions < length)
    setup = np.where(beside_previous, 0, items.setup)
    onsite = items.service[:, None, :] + setup
    start, hard, soft = _slack(
        board, rows, at, items, to=to, onward=onward, onsite=onsite, beside_next=beside_next
    )
    more = to + onward - at[LEG]
    setup_next = np.where(beside_next, 0, at[SETUP_FULL]) - at[SETUP_NOW]
    work = board.work[rows][:, None, None]
    added = more + onsite + setup_next
    used = board.used[rows][:, None, None]
    allowed = (
        items.can[:, None, :]
        & (hard >= 0)
        & (positions <= length)
        & (positions >= board.locked[rows][:, None, None])
        & (work + used + added <= board.work_limit[rows][:, None, None])
        & (items.load <= (board.capacity - board.load)[rows][:, None, None])
        & ((items.position < 0) | (items.position == positions))
    )
    cost = _cost(model, board, rows, items, more=more, added=added, soft=soft, start=start)
    if model.problem.weights.travel_metre:
        distance = (
            model.distances[way, at[PREVIOUS], place]
            + model.distances[way, place, at[NEXT]]
            - model.distances[way, at[PREVIOUS], at[NEXT]]
        )
        cost += model.problem.weights.travel_metre * distance
    return np.where(allowed, cost, np.inf), start


def _slack(
    board: Board,
    rows: Ints,
    at: Ints,
    items: Items,
    *,
    to: Ints,
    onward: Ints,
    onsite: Ints,
    beside_next: np.ndarray,
) -> tuple[Ints, Ints, Ints]:
    """Earliest start, and how far the stop after stays before its hard and soft latest start."""
    states = board.states
    leave_item, starts = [], []
    for taken in range(states):
        ready = None
        for before in range(taken + 1):
            leave = at[board.column("leave", before)]
            moment = _ready(board, rows, leave, to, before, taken)
            ready = moment if ready is None else np.minimum(ready, moment)
        assert ready is not None
        start = _first_start(items, ready)
        starts.append(start)
        leave_item.append(start + onsite)
    hard = soft = None
    for after in range(states):
        limit, wish = (
            np.where(
                beside_next, at[board.column(name, after)], at[board.column(f"{name}_setup", after)]
            )
            for name in ("hard", "soft")
        )
        for taken in range(after + 1):
            moment = _ready(board, rows, leave_item[taken], onward, taken, after)
            spare, wished = limit - moment, wish - moment
            hard = spare if hard is None else np.maximum(hard, spare)
            soft = wished if soft is None else np.maximum(soft, wished)
    assert hard is not None
    assert soft is not None
    earliest = starts[0]
    for start in starts[1:]:
        earliest = np.minimum(earliest, start)
    return earliest, hard, soft


def _ready(board: Board, rows: Ints, leave: Ints, travel: Ints, taken: int, after: int) -> Ints:
    """`schedule.ready_after` on arrays, for the breaks from `taken` up to `after`."""
    ready, rested, fits = leave + travel, leave, None
    for k in range(taken, after):
        earliest = board.break_earliest[rows, k][:, None, None]
        latest = board.break_latest[rows, k][:, None, None]
        length = board.break_length[rows, k][:, None, None]
        in_time = rested <= latest
        fits = in_time if fits is None else fits & in_time
        rested = np.maximum(rested, earliest) + length
        ready = np.maximum(ready, earliest) + length
    return ready if fits is None else np.where(fits, ready, 2 * FOREVER)


def _first_start(items: Items, ready: Ints) -> Ints:
    start = np.full(1, 2 * FOREVER, np.int64)
    for w in range(items.window_start.shape[1] - 1, -1, -1):
        opens, closes = items.window_start[:, w], items.window_end[:, w]
        start = np.where(ready <= closes, np.maximum(ready, opens), start)
    return start


def _cost(
    model: Model,
    board: Board,
    rows: Ints,
    items: Items,
    *,
    more: Ints,
    added: Ints,
    soft: Ints,
    start: Ints,
) -> Floats:
    weights, scale = model.problem.weights, scales_of(model.problem.weights).tier2
    cost = weights.travel_second * more + items.standing[:, None, :]
    cost += np.clip(-soft, 0, DAY) * board.rate[rows][:, None, None]
    balance = board.balance[rows][:, None, None]
    if balance.any():
        over = board.work[rows] + board.used[rows] - board.share[rows]
        cost += balance * added * (2 * over[:, None, None] + added)
    if weights.technician_used:
        cost += weights.technician_used * (board.length[rows] == 0)[:, None, None]
    if (items.due < FOREVER).any():
        late = np.maximum(0, start - items.due)
        cost += (scale * items.late_rate + weights.late_second) * late
        if weights.worst_late_second:
            cost += weights.worst_late_second * np.maximum(0, late - board.worst_late.max())
    if (items.promise_end < FOREVER).any():
        broken = (start > items.promise_end) | (start < items.promise_start)
        cost += scale * weights.promise_broken * broken
    if (items.moved_from >= 0).any():
        far = np.abs(start - items.moved_from) > weights.change_seconds
        cost += weights.change * (far & (items.moved_from >= 0))
    return cost

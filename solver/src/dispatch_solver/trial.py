"""Compiled: what a route would be with one stop more, one less, or one in the place of another.

The schedule is that of `dispatch_solver.schedule`, where it is explained. Each trial times the
whole route anew, so that what it answers is exact, the tail's lateness and overtime included.
"""

from typing import NamedTuple

import numpy as np

from dispatch_solver import timetable as tt
from dispatch_solver.compiled import entry, inlined, inner
from dispatch_solver.eligibility import Floats, Ints
from dispatch_solver.model import FOREVER
from dispatch_solver.timetable import Candidate, Timetable

HOUR = 3600.0
# Figures closer than this are equal: sums in another order differ so much.
EQUAL = 1e-6
# Columns of what is answered by route
ADDED2, ADDED3, AT, STARTS, ENDS, LEAST_END = range(6)
ANSWERS = 6
# Entries of Scratch.total
TRAVELLED, WORK, STANDS = range(3)


class Scratch(NamedTuple):
    """What timing one route writes down."""

    leave: Ints  # stop x breaks taken: earliest departure before the leg to it
    came: Ints  # breaks taken before that leg
    at: Ints  # stop x 2: where it stands in the table
    leg: Ints
    onsite: Ints
    total: Floats


class Extra(NamedTuple):
    """What a trial adds for seconds that break a rule: beyond the limit, after the last window."""

    overtime: float
    wait: float
    wait_from: int


def scratch_for(table: Timetable) -> Scratch:
    stops = table.stop.shape[1] + 2
    states = table.rest.shape[1] + 1
    return Scratch(
        np.zeros((stops, states), np.int64),
        np.zeros((stops, states), np.int64),
        np.zeros((stops, 2), np.int64),
        np.zeros(stops, np.int64),
        np.zeros(stops, np.int64),
        np.zeros(3),
    )


@inlined
def _ready(rest: Ints, s: int, leave: int, travel: int, taken: int, after: int) -> int:
    """When work can start after this leg with the breaks from `taken` to `after` on it."""
    rested, ready = leave, leave + travel
    for k in range(taken, after):
        if rested > rest[s, k, tt.LATEST]:
            ready = FOREVER
            break
        rested = max(rested, rest[s, k, tt.EARLIEST]) + rest[s, k, tt.LENGTH]
        ready = max(ready, rest[s, k, tt.EARLIEST]) + rest[s, k, tt.LENGTH]
    return ready


@entry
def run(
    table: Timetable, scratch: Scratch, s: int, put: int, drop: int
) -> tuple[bool, float, float, int, int, int]:
    """Time the route of shift s with the candidate at index `put` and without stop `drop`.

    -1 stands for neither; `put` counts without the stop dropped. Answers whether all rules but the
    shift's end hold, tier 2, tier 3 without the plan's worst lateness, the candidate's start, the
    route's end and its worst lateness.
    """
    count = table.length[s] + (1 if put >= 0 else 0) - (1 if drop >= 0 else 0)
    if not _lay_out(table, scratch, s, put, drop, count):
        return False, 0.0, 0.0, 0, 0, 0
    end = _keep_time(table, scratch, s, count)
    if end >= FOREVER:
        return False, 0.0, 0.0, 0, 0, 0
    second, third, start, worst = _by_the_clock(table, scratch, s, count)
    return True, second, third + _whenever(table, scratch, s, count, end), start, end, worst


@inlined
def _lay_out(table: Timetable, scratch: Scratch, s: int, put: int, drop: int, count: int) -> bool:
    """Write down the stops in their order and their sums; whether pins, work and load allow it."""
    stop, standing, shift, at, total = (
        table.stop,
        table.standing,
        table.shift,
        scratch.at,
        scratch.total,
    )
    way, here, following = shift[s, tt.WAY], shift[s, tt.ORIGIN], 0
    travelled, work, load, stands = 0, 0, 0, 0.0
    pinned = True
    for i in range(count):
        if i == put:
            r, p = len(table.length), 0
        else:
            if following == drop:
                following += 1
            r, p = s, following
            following += 1
        there = stop[r, p, tt.PLACE]
        leg = np.int64(table.seconds[way, here, there])
        length = stop[r, p, tt.SERVICE]
        if i == 0 or here != there:
            length += stop[r, p, tt.SETUP]
        if stop[r, p, tt.POSITION] >= 0 and stop[r, p, tt.POSITION] != i:
            pinned = False
        at[i, 0], at[i, 1], scratch.leg[i], scratch.onsite[i] = r, p, leg, length
        travelled += leg
        work += length
        load += stop[r, p, tt.LOAD]
        stands += standing[r, p]
        here = there
    if count > 0:
        scratch.leg[count] = table.seconds[way, here, shift[s, tt.GOAL]]
        travelled += scratch.leg[count]
    work += travelled + shift[s, tt.USED_WORK]
    total[TRAVELLED], total[WORK], total[STANDS] = travelled, work, stands
    return pinned and (
        count == 0 or (work <= shift[s, tt.WORK_LIMIT] and load <= shift[s, tt.CAPACITY])
    )


@inlined
def _keep_time(table: Timetable, scratch: Scratch, s: int, count: int) -> int:
    """The earliest end with all breaks taken; FOREVER when windows or breaks cannot be kept."""
    stop, window, rest = table.stop, table.window, table.rest
    leave, came, at = scratch.leave, scratch.came, scratch.at
    breaks = table.shift[s, tt.BREAKS]
    leave[0, 0] = table.shift[s, tt.START]
    for b in range(1, breaks + 1):
        leave[0, b] = FOREVER
    end = leave[0, 0]
    for i in range(count + 1 if count else 0):
        end = FOREVER
        for b in range(breaks + 1):
            ready, source = FOREVER, b
            for before in range(b, -1, -1):
                if leave[i, before] < FOREVER:
                    moment = _ready(rest, s, leave[i, before], scratch.leg[i], before, b)
                    if moment < ready:
                        ready, source = moment, before
            came[i, b] = source
            start = ready
            if i < count:
                r, p = at[i, 0], at[i, 1]
                start = FOREVER
                for w in range(stop[r, p, tt.WINDOWS]):
                    if ready <= window[r, p, w, 1]:
                        start = max(ready, window[r, p, w, 0])
                        break
                leave[i + 1, b] = min(start + scratch.onsite[i], FOREVER)
                end = min(end, start)
            elif b == breaks:
                end = start
        if end >= FOREVER:
            break
    return end


@inlined
def _whenever(table: Timetable, scratch: Scratch, s: int, count: int, end: int) -> float:
    """The part of tier 3 that does not depend on when stops start."""
    shift, weight, total = table.shift, table.weight, scratch.total
    cost = 0.0
    if shift[s, tt.BALANCED]:
        work = total[WORK] - shift[s, tt.SHARE]
        cost += weight[tt.IMBALANCE] * (work / HOUR) ** 2
    if count > 0:
        cost += weight[tt.USED] + weight[tt.OVERTIME] * max(0, end - shift[s, tt.END])
        cost += total[STANDS] + weight[tt.TRAVEL_SECOND] * total[TRAVELLED]
        if weight[tt.TRAVEL_METRE] > 0:
            way, here = shift[s, tt.WAY], shift[s, tt.ORIGIN]
            for i in range(count):
                there = table.stop[scratch.at[i, 0], scratch.at[i, 1], tt.PLACE]
                cost += weight[tt.TRAVEL_METRE] * table.metres[way, here, there]
                here = there
            cost += weight[tt.TRAVEL_METRE] * table.metres[way, here, shift[s, tt.GOAL]]
    return cost


@inlined
def _by_the_clock(
    table: Timetable, scratch: Scratch, s: int, count: int
) -> tuple[float, float, int, int]:
    """What depends on when stops start: tier 2, its part of tier 3, the candidate's start, the
    worst lateness. Starts are found from the last stop back along the breaks taken.
    """
    stop, weight, at = table.stop, table.weight, scratch.at
    second, third, begins, worst = 0.0, 0.0, 0, 0
    taken = table.shift[s, tt.BREAKS]
    for i in range(count - 1, -1, -1):
        taken = scratch.came[i + 1, taken]
        start = scratch.leave[i + 1, taken] - scratch.onsite[i]
        r, p = at[i, 0], at[i, 1]
        if r != s:
            begins = start
        late = start - stop[r, p, tt.DUE]
        if late > 0:
            worst = max(worst, late)
            third += weight[tt.LATE] * late
            if stop[r, p, tt.LEAD]:
                second += weight[tt.LATENESS] * late
        if start < stop[r, p, tt.PROMISE_START] or start > stop[r, p, tt.PROMISE_END]:
            second += weight[tt.PROMISE]
        held = stop[r, p, tt.HELD_AT]
        if held >= 0 and abs(start - held) > weight[tt.CHANGE_SECONDS]:
            third += weight[tt.CHANGE]
    return second, third, begins, worst


@inlined
def _enter(table: Timetable, item: Candidate, s: int) -> None:
    """Put what the candidate is for this shift where `run` finds it."""
    candidate = len(table.length)
    table.stop[candidate, 0, tt.SERVICE] = item.service[s]
    table.stop[candidate, 0, tt.HELD_AT] = item.held_at[s]
    table.standing[candidate, 0] = item.standing[s]


@inner
def _others_worst(table: Timetable, s: int) -> float:
    """The worst lateness of all other routes."""
    worst = 0.0
    for other in range(len(table.length) if table.weight[tt.WORST_LATE] > 0 else 0):
        if other != s:
            worst = max(worst, table.figure[other, tt.WORST])
    return worst


@entry
def best_places(
    table: Timetable, item: Candidate, scratch: Scratch, extra: Extra, shifts: Ints, out: Floats
) -> None:
    """Per shift the best index for the candidate: least in tier 2, then in tier 3.

    `out` gets a row per shift of the table: what is added to tier 2 and to tier 3 (`extra`
    included), index, start, end of the route, and the least end at any index where all rules but
    the shift's end hold. Infinite where there is none.
    """
    out[:] = np.inf
    for s in shifts:
        if not item.allowed[s] or not _on_duty(table, item, s, extra.overtime < 0):
            continue
        _enter(table, item, s)
        others = _others_worst(table, s)
        for put in range(table.shift[s, tt.LOCKED], table.length[s] + 1):
            if _too_late(table, item, s, put, extra.overtime < 0):
                continue
            fits, second, third, start, end, worst = run(table, scratch, s, put, -1)
            if not fits:
                continue
            out[s, LEAST_END] = min(out[s, LEAST_END], end)
            over = end - table.shift[s, tt.LIMIT]
            if over > 0 and extra.overtime < 0:
                continue
            second -= table.figure[s, tt.TIER2]
            third -= table.figure[s, tt.TIER3]
            third += _for_the_worst(table, s, worst, others)
            third += max(0.0, extra.overtime) * max(0, over)
            third += extra.wait * max(0, start - extra.wait_from)
            if _better(second, third, out[s, ADDED2], out[s, ADDED3]):
                out[s, ADDED2], out[s, ADDED3], out[s, AT] = second, third, put
                out[s, STARTS], out[s, ENDS] = start, end


@inlined
def _on_duty(table: Timetable, item: Candidate, s: int, strict: bool) -> bool:
    """Whether any window of the candidate meets the shift."""
    found = False
    for w in range(len(item.window)):
        after = item.window[w, 1] >= table.shift[s, tt.START]
        before = item.window[w, 0] <= table.shift[s, tt.LIMIT] or not strict
        found = found or (after and before)
    return found


@inlined
def _too_late(table: Timetable, item: Candidate, s: int, put: int, strict: bool) -> bool:
    """Whether even without waiting and breaks the candidate, or the route's end, would be late."""
    way, place = table.shift[s, tt.WAY], item.stop[tt.PLACE]
    here, there = table.shift[s, tt.ORIGIN], table.shift[s, tt.GOAL]
    if put > 0:
        here = table.stop[s, put - 1, tt.PLACE]
    if put < table.length[s]:
        there = table.stop[s, put, tt.PLACE]
    start = max(table.soonest[s, put] + table.seconds[way, here, place], item.window[0, 0])
    end = start + item.service[s] + table.seconds[way, place, there] + table.remaining[s, put]
    last = item.window[len(item.window) - 1, 1]
    return start > last or (strict and end > table.shift[s, tt.LIMIT])


@inlined
def _better(second: float, third: float, than_second: float, than_third: float) -> bool:
    return second < than_second - EQUAL or (
        second <= than_second + EQUAL and third < than_third - EQUAL
    )


@inlined
def _for_the_worst(table: Timetable, s: int, worst: int, others: float) -> float:
    """What the plan's worst lateness adds when this route's becomes `worst`."""
    now = max(others, table.figure[s, tt.WORST])
    return table.weight[tt.WORST_LATE] * (max(others, float(worst)) - now)


@entry
def best_swaps(
    table: Timetable, item: Candidate, scratch: Scratch, shifts: Ints, out: Floats
) -> None:
    """What is added when the candidate takes part in a route and one other stop leaves it.

    `out` is shift x stop x (tier 2, tier 3, index); infinite where it does not fit.
    """
    out[:] = np.inf
    for s in shifts:
        if not item.allowed[s]:
            continue
        _enter(table, item, s)
        others = _others_worst(table, s)
        for drop in range(table.shift[s, tt.LOCKED], table.length[s]):
            if not table.stop[s, drop, tt.MOVABLE]:
                continue
            for put in range(table.shift[s, tt.LOCKED], table.length[s]):
                fits, second, third, _, end, worst = run(table, scratch, s, put, drop)
                if not fits or end > table.shift[s, tt.LIMIT]:
                    continue
                second -= table.figure[s, tt.TIER2]
                third -= table.figure[s, tt.TIER3]
                third += _for_the_worst(table, s, worst, others)
                if _better(second, third, out[s, drop, 0], out[s, drop, 1]):
                    out[s, drop, 0], out[s, drop, 1], out[s, drop, 2] = second, third, put

"""Compiled: what one more stop costs at each position of a route, checked in constant time."""

import numpy as np

from dispatch_solver.compiled import inner, spliced
from dispatch_solver.search import arrays as a
from dispatch_solver.search.arrays import Instance, Tour
from dispatch_solver.search.timing import (
    cost_of_start,
    first_start,
    on_site,
    place_at,
    place_before,
    ready_after,
    ready_at,
    travel,
)

# Now and then a good position is overlooked, so that searches differ (SISR's blinks).
BLINK = 0.01


# One loop, its questions in the order in which they rule most out for least.
def _price_route(  # noqa: C901, PLR0912, PLR0915
    instance: Instance, tour: Tour, s: int, t: int, first: int, last: int, limit: float, blink: bool
) -> tuple[float, int, int]:
    """Cost, position and start of the cheapest of the positions `first` to `last` below `limit`.

    The position is -1 if there is none. Rules are exact; the cost is exact but for what a later
    tail costs.
    """
    best, where, when = limit, a.NONE, a.NONE
    task, shift, weight = instance.task[t], instance.shift[s], instance.weight
    standing = instance.price[task[a.KIND], s]
    if standing < 0 or tour.length[s] >= tour.stop.shape[1]:
        return best, where, when
    if tour.figure[s, a.LOADED] + task[a.LOAD] > shift[a.CAPACITY]:
        return best, where, when
    way, place = shift[a.WAY], task[a.PLACE]
    count = tour.length[s]
    first, last = max(first, tour.locked[s]), min(last, count)
    if task[a.POSITION] >= 0:
        first, last = max(first, task[a.POSITION]), min(last, task[a.POSITION])
    used = tour.figure[s, a.WORK] + shift[a.USED_WORK]
    over = 2.0 * (used - shift[a.SHARE])
    bare = on_site(instance, s, t)
    # Where nothing but travel may lower the price, travel alone rules most positions out.
    by_travel = not shift[a.BALANCED] and weight[a.TRAVEL_METRE] == 0
    there = place_before(instance, tour, s, first) if first <= last else 0
    for p in range(first, last + 1):
        here, there = there, place_at(instance, tour, s, p)
        to, onward = travel(instance, way, here, place), travel(instance, way, place, there)
        more = to + onward - tour.leg[s, p]
        cost = standing + weight[a.TRAVEL_SECOND] * more
        if by_travel and cost >= best:
            continue
        onsite = bare
        if p == 0 or here != place:
            onsite += task[a.SETUP]
        added = more + onsite
        beside = p < count and there == place
        if p < count:
            added += _setup_after(instance, tour, s, p, beside)
        if weight[a.TRAVEL_METRE] > 0:
            cost += weight[a.TRAVEL_METRE] * (
                instance.metres[way, here, place] + instance.metres[way, place, there]
            )
            if count > 0:
                cost -= weight[a.TRAVEL_METRE] * instance.metres[way, here, there]
        if shift[a.BALANCED]:
            # Who has little to do is seldom to be sent far for it.
            change = weight[a.IMBALANCE] * added * (over + added)
            cost += change if change > 0 else tour.mood[a.RELIEF] * change
        if count == 0:
            cost += weight[a.TECHNICIAN_USED]
        if cost >= best or used + added > shift[a.WORK_LIMIT]:
            continue
        if blink and np.random.random() < BLINK:
            continue
        start = _start_if_fits(instance, tour, s, p, t, to, onward, onsite, beside)
        if start == a.NOT_YET:
            # Later positions leave later still: nothing there is reached in time either.
            break
        if start < 0:
            continue
        if weight[a.TIMED] > 0:
            cost += _cost_of_times(instance, tour, s, p, t, to, onward, onsite)
            if cost >= best:
                continue
        best, where, when = cost, p, start
    return best, where, when


@inner
def _setup_after(instance: Instance, tour: Tour, s: int, p: int, beside: bool) -> int:
    """Change of the set-up of the stop that would follow."""
    following = tour.stop[s, p]
    full = instance.task[following, a.SETUP]
    change = 0
    if full:
        now = tour.onsite[s, p] - on_site(instance, s, following)
        change = -now if beside else full - now
    return change


@inner
def _start_if_fits(
    instance: Instance,
    tour: Tour,
    s: int,
    p: int,
    t: int,
    to: int,
    onward: int,
    onsite: int,
    beside: bool,
) -> int:
    """The start the stop would have; -1: does not fit here; NOT_YET: nor at any later position."""
    breaks = instance.shift[s, a.BREAKS]
    variant = 1 if beside else 0
    earliest = a.NOT_YET
    found = -1
    for b in range(breaks + 1):
        ready = ready_at(instance, tour, s, p, to, b)
        start = first_start(instance, tour, t, ready)
        if start == a.NOT_YET:
            continue
        earliest = min(earliest, start)
        for after in range(b, breaks + 1):
            moment = ready_after(instance, s, start + onsite, onward, b, after)
            if moment <= tour.late[s, p, after, variant]:
                found = start
                break
        if found >= 0:
            break
    return a.NOT_YET if earliest == a.NOT_YET else found


@inner
def _cost_of_times(
    instance: Instance, tour: Tour, s: int, p: int, t: int, to: int, onward: int, onsite: int
) -> float:
    """What the start of the stop costs, and what its delaying those after it adds.

    Breaks after it stay where they are; where that leaves no place for it, nothing is added.
    """
    weight, count = instance.weight, tour.length[s]
    state = tour.state[s, p] if count else instance.shift[s, a.BREAKS]
    ready = own = a.NOT_YET
    for b in range(state + 1):
        begin = first_start(instance, tour, t, ready_at(instance, tour, s, p, to, b))
        if begin < a.NOT_YET:
            moment = ready_after(instance, s, begin + onsite, onward, b, state)
            if moment < ready:
                ready, own = moment, begin
    if own == a.NOT_YET:
        return 0.0
    cost2, cost3 = cost_of_start(instance, s, t, own)
    worst = own - instance.task[t, a.DUE]
    delay = ready - tour.ready[s, p] if count else 0
    q = p
    while q < count and delay > 0:
        u = tour.stop[s, q]
        begin = first_start(instance, tour, u, tour.ready[s, q] + delay)
        if begin == a.NOT_YET:
            break
        second, third = cost_of_start(instance, s, u, begin)
        second_now, third_now = cost_of_start(instance, s, u, tour.start[s, q])
        cost2 += second - second_now
        cost3 += third - third_now
        worst = max(worst, begin - instance.task[u, a.DUE])
        delay = begin - tour.start[s, q]
        q += 1
    if q == count and delay > 0:
        over = tour.ready[s, count] - instance.shift[s, a.END]
        cost3 += weight[a.OVERTIME] * (max(0, over + delay) - max(0, over))
    cost3 += weight[a.WORST_LATE] * max(0.0, worst - tour.mood[a.WORST])
    return weight[a.TIER2] * cost2 + cost3


price_route = inner(_price_route)
# For the innermost loop: handing the arrays over would cost more than the work.
price_route_here = spliced(_price_route)

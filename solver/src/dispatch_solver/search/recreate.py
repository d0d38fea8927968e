"""Compiled recreate: put the waiting visits back one by one, each where it costs least.

Greedy insertion with blinks in one of several random orders (SISR). What was taken out just now is
tried in the routes of its neighbours and in empty ones (everywhere on small days), what was left
out before only in the routes just changed.
"""

import numpy as np

from dispatch_solver.compiled import inner, spliced
from dispatch_solver.search import arrays as a
from dispatch_solver.search import scratch as x
from dispatch_solver.search.arrays import Instance, Tour
from dispatch_solver.search.bonds import is_placed
from dispatch_solver.search.meet import place_linked
from dispatch_solver.search.pricing import BLINK, price_route_here
from dispatch_solver.search.put import put
from dispatch_solver.search.scratch import Scratch, touch
from dispatch_solver.search.timing import retime

WHOLE = 250
MOST_EMPTY = 24


@inner
def recreate(
    instance: Instance, tour: Tour, scratch: Scratch, everywhere: bool, shuffled: bool
) -> None:
    """Put in what fits, in a drawn or the given order; `is_placed` tells who stays out."""
    waiting = scratch.tally[x.WAITING]
    if shuffled:
        _sort(instance, scratch)
    chained = False
    for i in range(waiting):
        v = scratch.waiting[i]
        t = instance.crew[v, 0]
        if instance.task[t, a.LINKED]:
            chained = chained or instance.before_at[v] < instance.before_at[v + 1]
            place_linked(instance, tour, scratch, v, everywhere)
        else:
            insert(instance, tour, scratch, v, everywhere)
    while chained:
        # What waits for others could not be placed before they were.
        chained = False
        for i in range(waiting):
            v = scratch.waiting[i]
            if instance.before_at[v] < instance.before_at[v + 1] and not is_placed(
                instance, tour, v
            ):
                chained = place_linked(instance, tour, scratch, v, everywhere) or chained


@inner
def _sort(instance: Instance, scratch: Scratch) -> None:
    """Order the waiting list: at random, or by one of the instance's keys."""
    waiting = scratch.tally[x.WAITING]
    which = np.random.randint(len(instance.order) + 1)
    for i in range(waiting):
        t = instance.crew[scratch.waiting[i], 0]
        if which == len(instance.order):
            scratch.key[i] = np.random.random()
        else:
            scratch.key[i] = instance.order[which, t]
    sort_waiting(scratch)


@inner
def sort_waiting(scratch: Scratch) -> None:
    """Bring the waiting list into the order of its keys (Shell's sort: nothing is allocated)."""
    waiting = scratch.tally[x.WAITING]
    gap = 1
    while gap < waiting // 3:
        gap = 3 * gap + 1
    while gap > 0:
        for i in range(gap, waiting):
            key, v = scratch.key[i], scratch.waiting[i]
            j = i - gap
            while j >= 0 and scratch.key[j] > key:
                scratch.key[j + gap] = scratch.key[j]
                scratch.waiting[j + gap] = scratch.waiting[j]
                j -= gap
            scratch.key[j + gap], scratch.waiting[j + gap] = key, v
        gap //= 3


@inner
def insert(instance: Instance, tour: Tour, scratch: Scratch, v: int, everywhere: bool) -> bool:
    """Put one visit without links where it costs least, if that is less than leaving it out."""
    t = instance.crew[v, 0]
    best, where, at = instance.penalty[v], a.NONE, a.NONE
    price = instance.price[instance.task[t, a.KIND]]
    for i in range(_routes_for(instance, tour, scratch, v, everywhere)):
        s = scratch.routes[i]
        if price[s] < 0:
            continue
        cost, p = _known_price(instance, tour, scratch, s, t, best)
        if p >= 0 and np.random.random() >= BLINK:
            best, where, at = cost, s, p
    if where < 0:
        return False
    touch(tour, scratch, where)
    if not put(instance, tour, where, at, t):
        tour.route_of[t] = -1
        for q in range(at, tour.length[where] - 1):
            tour.stop[where, q] = tour.stop[where, q + 1]
        tour.length[where] -= 1
        retime(instance, tour, where)
        return False
    return True


@spliced
def _known_price(
    instance: Instance, tour: Tour, scratch: Scratch, s: int, t: int, limit: float
) -> tuple[float, int]:
    """Cost and position of the cheapest place in a route below `limit`; position -1: none.

    Most routes are as they were when the task was last tried there: then nothing is counted anew.
    """
    relief = instance.shift[s, a.BALANCED] and tour.mood[a.RELIEF] > 0
    key = (2 * t + (1 if relief else 0)) * len(instance.shift) + s
    known = scratch.known[key % len(scratch.known)]
    if known[x.KEY] == key and known[x.VERSION] == tour.version[s]:
        if known[x.WHERE] >= 0:
            return known[x.COST], int(known[x.WHERE]) if known[x.COST] < limit else a.NONE
        if limit <= known[x.COST]:
            return limit, a.NONE
    cost, p, _ = price_route_here(instance, tour, s, t, a.ZERO, tour.length[s], limit, a.NO)
    if instance.weight[a.WORST_LATE] == 0:
        # Else the price hangs on how late other routes are.
        known[x.KEY], known[x.VERSION] = key, tour.version[s]
        known[x.COST], known[x.WHERE] = cost, p
    return cost, p


@inner
def _routes_for(instance: Instance, tour: Tour, scratch: Scratch, v: int, everywhere: bool) -> int:
    """List where a visit is tried; of empty routes that are alike one is enough."""
    t = instance.crew[v, 0]
    shifts = len(instance.shift)
    routes = scratch.routes
    scratch.tally[x.STAMP] += 1
    count = 0
    if everywhere or len(instance.task) <= WHOLE:
        for s in range(shifts):
            if tour.length[s] > 0 or not _tried(instance, scratch, s):
                routes[count] = s
                count += 1
        return count
    for i in range(scratch.tally[x.TOUCHED]):
        s = scratch.touched[i]
        if scratch.old[v] or tour.length[s] == 0:
            count = _list_route(scratch, count, s)
    if scratch.old[v]:
        return count
    for j in range(min(x.MOST_NEIGHBOURS, instance.near.shape[1])):
        near = instance.near[t, j]
        if near < 0:
            break
        if tour.route_of[near] >= 0:
            count = _list_route(scratch, count, tour.route_of[near])
    found, start = 0, np.random.randint(shifts)
    for i in range(min(shifts, 8 * MOST_EMPTY)):
        s = (start + i) % shifts
        if tour.length[s] == 0 and found < MOST_EMPTY and not _tried(instance, scratch, s):
            count = _list_route(scratch, count, s)
            found += 1
    return count


@inner
def _list_route(scratch: Scratch, count: int, s: int) -> int:
    """Put a route on the list unless it is there; the length of the list."""
    if scratch.seen[s] == scratch.tally[x.STAMP]:
        return count
    scratch.seen[s] = scratch.tally[x.STAMP]
    scratch.routes[count] = s
    return count + 1


@inner
def _tried(instance: Instance, scratch: Scratch, s: int) -> bool:
    """Whether an empty route like this one was tried for this visit already."""
    same = instance.shift[s, a.ROUTE_CLASS]
    before = scratch.stamp[same] == scratch.tally[x.STAMP]
    scratch.stamp[same] = scratch.tally[x.STAMP]
    return before

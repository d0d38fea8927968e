"""Compiled: put a linked visit (crew, precedence, tie) back at the cheapest time that is tried.

For a crew the times worth trying are those at which one of its members would be earliest at one of
the cheapest positions; at each, every member's cheapest routes are found and the cheapest choice of
different people is taken.
"""

import numpy as np

from dispatch_solver.compiled import inner
from dispatch_solver.model import FOREVER
from dispatch_solver.search import arrays as a
from dispatch_solver.search import scratch as x
from dispatch_solver.search.arrays import Instance, Tour
from dispatch_solver.search.bonds import is_placed, set_bounds, start_of
from dispatch_solver.search.pricing import price_route, price_route_here
from dispatch_solver.search.put import put
from dispatch_solver.search.scratch import Scratch, note_bond, touch
from dispatch_solver.search.timing import on_site, retime

MOST_ROUTES = 40
MOST_TRIES = 2000
NOWHERE = 1e18


@inner
def place_linked(
    instance: Instance, tour: Tour, scratch: Scratch, v: int, everywhere: bool
) -> bool:
    """Put a linked visit in and bind it; False: it found no place, nothing but times changed."""
    low, high = _span(instance, tour, v)
    if low > high:
        return False
    _hold_earlier(instance, tour, scratch, v, a.YES)
    routes = scratch.routes[: _routes_around(instance, tour, scratch, v, everywhere)]
    if instance.crew[v, 1] == 1:
        placed = _place_one(instance, tour, scratch, v, low, high, routes)
    else:
        placed = _place_crew(instance, tour, scratch, v, low, high, routes)
    if placed:
        _bind(instance, tour, scratch, v)
    _hold_earlier(instance, tour, scratch, v, a.NO)
    return placed


@inner
def _span(instance: Instance, tour: Tour, v: int) -> tuple[int, int]:
    """Between which starts the visits before it leave it; low > high: one of them is left out."""
    low, high = -a.NOT_YET, a.NOT_YET
    for j in range(instance.before_at[v], instance.before_at[v + 1]):
        link = instance.before[j]
        earlier = instance.link[link, a.BEFORE]
        if not is_placed(instance, tour, earlier):
            return a.NOT_YET, -a.NOT_YET
        full = bare = -FOREVER
        for t in range(
            instance.crew[earlier, 0], instance.crew[earlier, 0] + instance.crew[earlier, 1]
        ):
            end = start_of(instance, tour, t) + on_site(instance, tour.route_of[t], t)
            full, bare = max(full, end + instance.task[t, a.SETUP]), max(bare, end)
        low = max(low, full + instance.link[link, a.GAP])
        if instance.link[link, a.MOST_GAP] < FOREVER:
            high = min(high, bare + instance.link[link, a.MOST_GAP])
    return low, high


@inner
def _hold_earlier(instance: Instance, tour: Tour, scratch: Scratch, v: int, hold: bool) -> None:
    """Keep what comes before from moving while the visit is being placed; then let it go again."""
    for j in range(instance.before_at[v], instance.before_at[v + 1]):
        earlier = instance.link[instance.before[j], a.BEFORE]
        first, count = instance.crew[earlier, 0], instance.crew[earlier, 1]
        if not hold:
            set_bounds(instance, tour, scratch, earlier)
        for t in range(first, first + count):
            s = tour.route_of[t]
            touch(tour, scratch, s)
            if hold:
                start = start_of(instance, tour, t)
                note_bond(tour, scratch, x.BOUND, t)
                tour.bound[t, 0] = tour.bound[t, 1] = start
            retime(instance, tour, s)


@inner
def _routes_around(
    instance: Instance, tour: Tour, scratch: Scratch, v: int, everywhere: bool
) -> int:
    """Routes worth trying: all, or those of near tasks, touched ones and some at random."""
    shifts = len(instance.shift)
    routes = scratch.routes
    count = 0
    if everywhere or shifts <= MOST_ROUTES:
        for s in range(shifts):
            routes[s] = s
        return shifts
    scratch.tally[x.STAMP] += 1
    stamp = scratch.tally[x.STAMP]
    for i in range(scratch.tally[x.TOUCHED]):
        s = scratch.touched[i]
        scratch.seen[s] = stamp
        routes[count] = s
        count += 1
    size = instance.crew[v, 1]
    for j in range(instance.near.shape[1]):
        for t in range(instance.crew[v, 0], instance.crew[v, 0] + size):
            near = instance.near[t, j]
            s = tour.route_of[near] if near >= 0 else -1
            if s >= 0 and scratch.seen[s] != stamp:
                scratch.seen[s] = stamp
                routes[count] = s
                count += 1
        if count >= MOST_ROUTES:
            break
    for _ in range(4):
        s = np.random.randint(shifts)
        if scratch.seen[s] != stamp:
            scratch.seen[s] = stamp
            routes[count] = s
            count += 1
    return count


@inner
def _tie_allows(instance: Instance, tour: Tour, v: int, s: int) -> bool:
    """Whether the ties with placed visits allow this shift's technician."""
    person = instance.shift[s, a.PERSON]
    for j in range(instance.tie_at[v], instance.tie_at[v + 1]):
        other = instance.tie[j, a.OTHER]
        if not is_placed(instance, tour, other):
            continue
        among = False
        first = instance.crew[other, 0]
        for t in range(first, first + instance.crew[other, 1]):
            among = among or instance.shift[tour.route_of[t], a.PERSON] == person
        if among != (instance.tie[j, a.SAME] == 1):
            return False
    return True


@inner
def _place_one(
    instance: Instance, tour: Tour, scratch: Scratch, v: int, low: int, high: int, routes: a.Ints
) -> bool:
    t = instance.crew[v, 0]
    note_bond(tour, scratch, x.BOUND, t)
    tour.bound[t, 0], tour.bound[t, 1] = low, high
    best, where, at = instance.penalty[v], a.NONE, a.NONE
    for s in routes:
        if not _tie_allows(instance, tour, v, s):
            continue
        cost, p, _ = price_route(instance, tour, s, t, a.ZERO, tour.length[s], best, a.YES)
        if p >= 0:
            best, where, at = cost, s, p
    if where >= 0:
        touch(tour, scratch, where)
        if not put(instance, tour, where, at, t):
            _take_back(instance, tour, where, at)
            where = -1
    tour.bound[t, 0], tour.bound[t, 1] = -FOREVER, FOREVER
    return where >= 0


@inner
def _take_back(instance: Instance, tour: Tour, s: int, p: int) -> None:
    tour.route_of[tour.stop[s, p]] = -1
    for q in range(p, tour.length[s] - 1):
        tour.stop[s, q] = tour.stop[s, q + 1]
    tour.length[s] -= 1
    retime(instance, tour, s)


@inner
def _place_crew(
    instance: Instance, tour: Tour, scratch: Scratch, v: int, low: int, high: int, routes: a.Ints
) -> bool:
    lead, size = instance.crew[v, 0], instance.crew[v, 1]
    for t in range(lead, lead + size):
        note_bond(tour, scratch, x.BOUND, t)
    count = _times_to_try(instance, tour, scratch, v, low, high, routes)
    crew = scratch.crew
    best = instance.penalty[v]
    meeting = a.NONE
    for i in range(count):
        if not _offers(instance, tour, scratch, v, scratch.time[i], routes):
            continue
        cost = _cheapest_crew(instance, scratch, size)
        if cost < best:
            best, meeting = cost, scratch.time[i]
            for k in range(size):
                crew[k, x.CHOSEN], crew[k, x.CHOSEN_AT] = crew[k, x.CHOICE], crew[k, x.CHOICE_AT]
    if meeting >= 0:
        note_bond(tour, scratch, x.MEETING, v)
        tour.meeting[v] = meeting
    set_bounds(instance, tour, scratch, v)
    if meeting < 0:
        return False
    for k in range(size):
        s = crew[k, x.CHOSEN]
        touch(tour, scratch, s)
        if not put(instance, tour, s, crew[k, x.CHOSEN_AT], lead + k):
            for j in range(k, -1, -1):
                _take_back(instance, tour, crew[j, x.CHOSEN], crew[j, x.CHOSEN_AT])
            tour.meeting[v] = -1
            set_bounds(instance, tour, scratch, v)
            return False
    return True


@inner
def _times_to_try(
    instance: Instance, tour: Tour, scratch: Scratch, v: int, low: int, high: int, routes: a.Ints
) -> int:
    """Starts of the lead, cheapest first by the member that would set them."""
    lead, size = instance.crew[v, 0], instance.crew[v, 1]
    count = 0
    for k in range(size):
        t = lead + k
        least, most = instance.task[t, a.GAP_LEAST], instance.task[t, a.GAP_MOST]
        tour.bound[t, 0], tour.bound[t, 1] = low + least, high + most
        for s in routes:
            if instance.price[instance.task[t, a.KIND], s] < 0:
                continue
            cost, p, start = price_route_here(
                instance, tour, s, t, a.ZERO, tour.length[s], instance.penalty[v], a.NO
            )
            if p < 0:
                continue
            time = max(low, start - least) if k else start
            if k and (time > high or not _lead_may(instance, lead, time)):
                continue
            count = _list_time(scratch, count, time, cost)
    return count


@inner
def _list_time(scratch: Scratch, count: int, time: int, cost: float) -> int:
    """Put a start on the list, for the dearest one when it is full; the length of the list."""
    times, costs = scratch.time, scratch.time_cost
    worst = 0
    for i in range(count):
        if times[i] == time:
            costs[i] = min(costs[i], cost)
            return count
        if costs[i] > costs[worst]:
            worst = i
    if count < x.MOST_TIMES:
        times[count], costs[count] = time, cost
        return count + 1
    if cost < costs[worst]:
        times[worst], costs[worst] = time, cost
    return count


@inner
def _lead_may(instance: Instance, lead: int, time: int) -> bool:
    """Whether the windows of the lead allow this start."""
    for w in range(instance.task[lead, a.WINDOWS]):
        if instance.window[lead, w, 0] <= time <= instance.window[lead, w, 1]:
            return True
    return False


@inner
def _offers(
    instance: Instance, tour: Tour, scratch: Scratch, v: int, time: int, routes: a.Ints
) -> bool:
    """Per member the cheapest routes at this time, best first; False: a member has none."""
    lead, size = instance.crew[v, 0], instance.crew[v, 1]
    width = size + 2
    price, place = scratch.offer, scratch.offer_at
    for k in range(size):
        t = lead + k
        for j in range(width):
            price[k, j] = NOWHERE
            place[k, j, 0] = -1
        tour.bound[t, 0] = time + instance.task[t, a.GAP_LEAST]
        tour.bound[t, 1] = time + instance.task[t, a.GAP_MOST]
        for s in routes:
            if not _tie_allows(instance, tour, v, s):
                continue
            limit = price[k, width - 1]
            cost, p, _ = price_route_here(instance, tour, s, t, a.ZERO, tour.length[s], limit, a.NO)
            if p < 0:
                continue
            j = width - 1
            while j > 0 and price[k, j - 1] > cost:
                price[k, j] = price[k, j - 1]
                place[k, j, 0], place[k, j, 1] = place[k, j - 1, 0], place[k, j - 1, 1]
                j -= 1
            price[k, j], place[k, j, 0], place[k, j, 1] = cost, s, p
        if place[k, 0, 0] < 0:
            return False
    return True


@inner
def _cheapest_crew(instance: Instance, scratch: Scratch, size: int) -> float:
    """The cheapest choice of one offer per member by different people; NOWHERE: none.

    Depth first over the offers, cut off by the cost so far; offers are sorted, so it ends soon.
    """
    price, place, crew = scratch.offer, scratch.offer_at, scratch.crew
    best, total = NOWHERE, 0.0
    k = 0
    crew[0, x.PICK] = -1
    tries = 0
    while k >= 0 and tries < MOST_TRIES:
        tries += 1
        if crew[k, x.PICK] >= 0:
            total -= price[k, crew[k, x.PICK]]
        crew[k, x.PICK] += 1
        j = crew[k, x.PICK]
        if j >= size + 2 or place[k, j, 0] < 0 or total + price[k, j] >= best:
            k -= 1
            continue
        total += price[k, j]
        person = instance.shift[place[k, j, 0], a.PERSON]
        free = True
        for i in range(k):
            free = free and instance.shift[place[i, crew[i, x.PICK], 0], a.PERSON] != person
        if not free:
            continue
        if k + 1 < size:
            k += 1
            crew[k, x.PICK] = -1
            continue
        best = total
        for i in range(size):
            crew[i, x.CHOICE] = place[i, crew[i, x.PICK], 0]
            crew[i, x.CHOICE_AT] = place[i, crew[i, x.PICK], 1]
    return best


@inner
def _bind(instance: Instance, tour: Tour, scratch: Scratch, v: int) -> None:
    """Set the cuts of the links that end in a visit just placed, and the bounds they mean."""
    lead = instance.crew[v, 0]
    start = start_of(instance, tour, lead)
    for j in range(instance.before_at[v], instance.before_at[v + 1]):
        link = instance.before[j]
        earlier = instance.link[link, a.BEFORE]
        last, latest = -1, -FOREVER
        for t in range(
            instance.crew[earlier, 0], instance.crew[earlier, 0] + instance.crew[earlier, 1]
        ):
            end = start_of(instance, tour, t) + on_site(instance, tour.route_of[t], t)
            if end > latest:
                last, latest = t, end
        note_bond(tour, scratch, x.CUT, link)
        tour.cut[link, 0], tour.cut[link, 1] = start, last
    set_bounds(instance, tour, scratch, v)
    for t in range(lead, lead + instance.crew[v, 1]):
        retime(instance, tour, tour.route_of[t])

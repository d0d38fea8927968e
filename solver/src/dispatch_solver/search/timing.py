"""Compiled: the exact times and the cost of one route, and whether one more stop fits.

The same schedule model as `dispatch_solver.schedule`, where it is explained.
"""

from dispatch_solver.compiled import inner
from dispatch_solver.search import arrays as a
from dispatch_solver.search.arrays import Instance, Tour

NEVER = -a.NOT_YET


@inner
def travel(instance: Instance, way: int, here: int, there: int) -> int:
    """Seconds between two places."""
    return int(instance.seconds[way, here, there])


@inner
def on_site(instance: Instance, s: int, t: int) -> int:
    """Seconds of work without set-up."""
    return int(instance.task[t, a.BASE] * instance.pace[instance.task[t, a.KIND], s] + 0.5)


@inner
def first_start(instance: Instance, tour: Tour, t: int, ready: int) -> int:
    """The first start not before `ready`; a.NOT_YET when there is none."""
    most = a.NOT_YET
    if instance.task[t, a.LINKED]:
        ready = max(ready, tour.bound[t, 0])
        most = tour.bound[t, 1]
    start = a.NOT_YET
    for w in range(instance.task[t, a.WINDOWS]):
        if ready <= instance.window[t, w, 1]:
            start = max(ready, instance.window[t, w, 0])
            break
    return start if start <= most else a.NOT_YET


@inner
def last_start(instance: Instance, tour: Tour, t: int, latest: int) -> int:
    """The last start not after `latest`; NEVER when there is none."""
    least = NEVER
    if instance.task[t, a.LINKED]:
        latest = min(latest, tour.bound[t, 1])
        least = tour.bound[t, 0]
    start = NEVER
    for w in range(instance.task[t, a.WINDOWS] - 1, -1, -1):
        if instance.window[t, w, 0] <= latest:
            start = min(latest, instance.window[t, w, 1])
            break
    return start if start >= least else NEVER


@inner
def ready_after(instance: Instance, s: int, depart: int, leg: int, taken: int, after: int) -> int:
    """When work can start after this leg with breaks `taken` to `after` on it."""
    rested, ready = depart, depart + leg
    for k in range(taken, after):
        if rested > instance.rest[s, k, a.LATEST]:
            ready = a.NOT_YET
            break
        earliest, length = instance.rest[s, k, a.EARLIEST], instance.rest[s, k, a.LENGTH]
        rested = max(rested, earliest) + length
        ready = max(ready, earliest) + length
    return ready


@inner
def depart_before(instance: Instance, s: int, limit: int, leg: int, taken: int, after: int) -> int:
    """The latest departure for which `ready_after` is at most `limit`."""
    depart = NEVER
    fits = True
    for k in range(after - 1, taken - 1, -1):
        if instance.rest[s, k, a.EARLIEST] + instance.rest[s, k, a.LENGTH] > limit:
            fits = False
            break
        limit -= instance.rest[s, k, a.LENGTH]
    if fits:
        depart = limit - leg
        rested = 0
        for k in range(taken, after):
            depart = min(depart, instance.rest[s, k, a.LATEST] - rested)
            rested += instance.rest[s, k, a.LENGTH]
    return depart


@inner
def ready_at(instance: Instance, tour: Tour, s: int, p: int, leg: int, taken: int) -> int:
    """When work could start after a leg to this position, with so many breaks taken by then."""
    ready = a.NOT_YET
    for before in range(taken, -1, -1):
        leave = tour.leave[s, p, before]
        if leave < a.NOT_YET:
            ready = min(ready, ready_after(instance, s, leave, leg, before, taken))
    return ready


@inner
def place_before(instance: Instance, tour: Tour, s: int, p: int) -> int:
    """Where the leg to this position begins."""
    place = instance.shift[s, a.ORIGIN]
    if p > 0:
        place = instance.task[tour.stop[s, p - 1], a.PLACE]
    return place


@inner
def place_at(instance: Instance, tour: Tour, s: int, p: int) -> int:
    """Place of the stop at a position; at the last one the route's end."""
    place = instance.shift[s, a.GOAL]
    if p < tour.length[s]:
        place = instance.task[tour.stop[s, p], a.PLACE]
    return place


@inner
def retime(instance: Instance, tour: Tour, s: int) -> bool:
    """Set times, figures and indices of a route anew; False when it breaks a rule."""
    in_position = _lay_out(instance, tour, s)
    return set_times(instance, tour, s, 0, tour.length[s] - 1, a.NO) and in_position


@inner
def set_times(instance: Instance, tour: Tour, s: int, first: int, last: int, part: bool) -> bool:
    """Set the times of a route laid out, and its cost; False when it breaks a rule.

    `part`: only departures after `first` and latest starts up to `last` have to be set anew, and
    those beyond as far as they follow from these.
    """
    count, breaks = tour.length[s], instance.shift[s, a.BREAKS]
    shift, weight = instance.shift[s], instance.weight
    tour.version[-1] += 1
    tour.version[s] = tour.version[-1]
    end = _earliest(instance, tour, s, first, part)
    feasible = end <= shift[a.LIMIT]
    begun_alone = count == 1 and shift[a.STARTED] == tour.stop[s, 0]
    used = tour.figure[s, a.WORK] + shift[a.USED_WORK]
    if count > 0 and not begun_alone:
        feasible = feasible and used <= shift[a.WORK_LIMIT]
        feasible = feasible and tour.figure[s, a.LOADED] <= shift[a.CAPACITY]
    if begun_alone and not feasible:
        # What has begun is a fact: its route stands whatever it breaks.
        end, breaks = tour.leave[s, 1, 0] + tour.leg[s, 1], 0
        feasible = True
    if not feasible:
        return False
    tour.figure[s, a.COST2], tour.figure[s, a.COST3] = 0.0, tour.figure[s, a.PLAIN]
    if shift[a.BALANCED]:
        off = float(used - shift[a.SHARE])
        tour.figure[s, a.COST3] += weight[a.IMBALANCE] * off * off
    if count > 0:
        late = max(0, end - shift[a.END])
        tour.figure[s, a.COST3] += weight[a.TECHNICIAN_USED] + weight[a.OVERTIME] * late
    _latest(instance, tour, s, last, part)
    if weight[a.TIMED] > 0:
        _cost_of_times(instance, tour, s, end, breaks)
    return True


@inner
def _lay_out(instance: Instance, tour: Tour, s: int) -> bool:
    """Set legs, times on site, indices and what does not depend on the clock.

    False: a pinned stop is not at its position.
    """
    shift, count = instance.shift[s], tour.length[s]
    driven = onsite = loaded = metres = locked = 0
    standing = 0.0
    in_position = True
    here = shift[a.ORIGIN]
    for p in range(count + 1):
        there = place_at(instance, tour, s, p)
        leg = travel(instance, shift[a.WAY], here, there) if count else 0
        tour.leg[s, p] = leg
        driven += leg
        if count and instance.weight[a.TRAVEL_METRE] > 0:
            metres += instance.metres[shift[a.WAY], here, there]
        if p == count:
            break
        t = tour.stop[s, p]
        task = instance.task[t]
        setup = task[a.SETUP] if p == 0 or here != there else 0
        tour.onsite[s, p] = on_site(instance, s, t) + setup
        onsite += tour.onsite[s, p]
        loaded += task[a.LOAD]
        standing += instance.price[task[a.KIND], s]
        if task[a.POSITION] >= 0 or task[a.FIXED]:
            locked = p + 1
            in_position = in_position and (task[a.FIXED] or task[a.POSITION] in (-1, p))
        tour.route_of[t], tour.index_of[t] = s, p
        here = there
    weight = instance.weight
    tour.locked[s] = locked
    tour.figure[s, a.WORK] = driven + onsite
    tour.figure[s, a.LOADED] = loaded
    tour.figure[s, a.PLAIN] = (
        standing + weight[a.TRAVEL_SECOND] * driven + weight[a.TRAVEL_METRE] * metres
    )
    return in_position


@inner
def _earliest(instance: Instance, tour: Tour, s: int, first: int, part: bool) -> int:
    """Set the earliest departures by breaks taken; the route's end, NOT_YET if it has none."""
    count, breaks = tour.length[s], instance.shift[s, a.BREAKS]
    if first == 0:
        tour.leave[s, 0, 0] = instance.shift[s, a.START]
        for b in range(1, breaks + 1):
            tour.leave[s, 0, b] = a.NOT_YET
    for p in range(first, count):
        settled = part and p > first
        for b in range(breaks + 1):
            ready = ready_at(instance, tour, s, p, tour.leg[s, p], b)
            start = first_start(instance, tour, tour.stop[s, p], ready)
            leave = start + tour.onsite[s, p] if start < a.NOT_YET else a.NOT_YET
            settled = settled and leave == tour.leave[s, p + 1, b]
            tour.leave[s, p + 1, b] = leave
        if settled:
            break
    if count == 0:
        return instance.shift[s, a.START]
    return ready_at(instance, tour, s, count, tour.leg[s, count], breaks)


@inner
def _latest(instance: Instance, tour: Tour, s: int, last: int, part: bool) -> None:
    """Set the latest starts per position that keep all that follows within the rules."""
    late, end_limit = tour.late, instance.shift[s, a.LIMIT]
    count, breaks = tour.length[s], instance.shift[s, a.BREAKS]
    if last == count - 1:
        for b in range(breaks + 1):
            late[s, count, b, 0] = end_limit if b == breaks else NEVER
            late[s, count, b, 1] = late[s, count, b, 0]
    for p in range(last, -1, -1):
        variant = 1 if p + 1 < count and _is_set_up(instance, tour, s, p + 1) else 0
        t = tour.stop[s, p]
        bare = on_site(instance, s, t)
        setup = instance.task[t, a.SETUP]
        settled = part and p < last
        for b in range(breaks + 1):
            leave = NEVER
            for after in range(b, breaks + 1):
                limit = late[s, p + 1, after, variant]
                if limit > NEVER:
                    leave = max(
                        leave, depart_before(instance, s, limit, tour.leg[s, p + 1], b, after)
                    )
            full = last_start(instance, tour, t, leave - bare - setup)
            without = last_start(instance, tour, t, leave - bare) if setup else full
            settled = settled and full == late[s, p, b, 0] and without == late[s, p, b, 1]
            late[s, p, b, 0], late[s, p, b, 1] = full, without
        if settled:
            break


@inner
def _is_set_up(instance: Instance, tour: Tour, s: int, p: int) -> bool:
    """Whether the stop needs no set-up, as the one before is at the same place."""
    t = tour.stop[s, p]
    return instance.task[t, a.SETUP] > 0 and tour.onsite[s, p] == on_site(instance, s, t)


@inner
def start_at(instance: Instance, tour: Tour, s: int, p: int) -> int:
    """When the stop at a position starts, on the path that ends earliest."""
    taken = instance.shift[s, a.BREAKS]
    for q in range(tour.length[s], p, -1):
        taken = _came(instance, tour, s, q, taken)
    return tour.leave[s, p + 1, taken] - tour.onsite[s, p]


@inner
def _came(instance: Instance, tour: Tour, s: int, p: int, taken: int) -> int:
    """Breaks taken before the leg to a position, when `taken` are taken after it."""
    best, which = a.NOT_YET, taken
    for before in range(taken, -1, -1):
        if tour.leave[s, p, before] < a.NOT_YET:
            leave = tour.leave[s, p, before]
            moment = ready_after(instance, s, leave, tour.leg[s, p], before, taken)
            if moment < best:
                best, which = moment, before
    return which


@inner
def moved_in_time(instance: Instance, s: int, t: int, start: int) -> bool:
    """Whether a task stays with who holds it, but at another time."""
    held = instance.task[t, a.HELD_AT]
    same = held >= 0 and instance.task[t, a.HELD_BY] == instance.shift[s, a.PERSON]
    return same and abs(start - held) > instance.weight[a.CHANGE_SECONDS]


@inner
def cost_of_start(instance: Instance, s: int, t: int, start: int) -> tuple[float, float]:
    """Tier 2 and tier 3 of a task's start: lateness, promise, move in time."""
    weight, task = instance.weight, instance.task[t]
    second = third = 0.0
    late = start - task[a.DUE]
    if late > 0:
        third += weight[a.LATE] * late
        if task[a.LEAD]:
            second += weight[a.LATENESS] * late
    if start > task[a.PROMISE_END] or start < task[a.PROMISE_START]:
        second += weight[a.PROMISE]
    if moved_in_time(instance, s, t, start):
        third += weight[a.CHANGE]
    return second, third


@inner
def _cost_of_times(instance: Instance, tour: Tour, s: int, end: int, breaks: int) -> None:
    """Set when stops start as the route goes, and add what that costs."""
    count = tour.length[s]
    tour.state[s, count], tour.ready[s, count] = breaks, end
    cost2 = cost3 = 0.0
    worst = 0
    taken = breaks
    for p in range(count - 1, -1, -1):
        taken = _came(instance, tour, s, p + 1, taken)
        t = tour.stop[s, p]
        start = tour.leave[s, p + 1, taken] - tour.onsite[s, p]
        tour.state[s, p], tour.start[s, p] = taken, start
        tour.ready[s, p] = ready_at(instance, tour, s, p, tour.leg[s, p], taken)
        second, third = cost_of_start(instance, s, t, start)
        cost2 += second
        cost3 += third
        worst = max(worst, start - instance.task[t, a.DUE])
    tour.figure[s, a.COST2] = cost2
    tour.figure[s, a.COST3] += cost3
    tour.figure[s, a.LATEST_START] = worst

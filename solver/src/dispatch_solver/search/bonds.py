"""Compiled: what keeps linked visits true while each route is changed without looking at others.

A placed crew has its meeting: the start of its lead, from which each member's start may differ by
the gaps allowed. A link between two placed visits has its cut: the start of the later one, which
the earlier one must make possible. Both become bounds on the starts of tasks.
"""

from dispatch_solver.compiled import inner
from dispatch_solver.model import FOREVER
from dispatch_solver.search import arrays as a
from dispatch_solver.search import scratch as x
from dispatch_solver.search.arrays import Instance, Tour
from dispatch_solver.search.scratch import Scratch, note_bond, touch
from dispatch_solver.search.timing import on_site, start_at


@inner
def is_placed(instance: Instance, tour: Tour, v: int) -> bool:
    """Whether the whole crew of a visit is in routes."""
    return tour.route_of[instance.crew[v, 0]] >= 0


@inner
def start_of(instance: Instance, tour: Tour, t: int) -> int:
    """When a placed task starts as the routes stand."""
    return start_at(instance, tour, tour.route_of[t], tour.index_of[t])


@inner
def set_bounds(instance: Instance, tour: Tour, scratch: Scratch, v: int) -> None:
    """Bounds of a visit's tasks from its meeting and the cuts of its links."""
    lead = instance.crew[v, 0]
    for t in range(lead, lead + instance.crew[v, 1]):
        low, high = -a.NOT_YET, a.NOT_YET
        meeting = tour.meeting[v]
        if meeting >= 0:
            low, high = (
                meeting + instance.task[t, a.GAP_LEAST],
                meeting + instance.task[t, a.GAP_MOST],
            )
        for j in range(instance.before_at[v], instance.before_at[v + 1]):
            link = instance.before[j]
            cut = tour.cut[link, 0]
            if cut >= 0 and t == lead:
                low = max(low, cut)
                if instance.link[link, a.MOST_GAP] < FOREVER:
                    high = min(high, cut)
        s = tour.route_of[t]
        for j in range(instance.after_at[v], instance.after_at[v + 1]):
            link = instance.after[j]
            cut = tour.cut[link, 0]
            if cut < 0 or s < 0:
                continue
            bare = on_site(instance, s, t)
            high = min(high, cut - instance.link[link, a.GAP] - bare - instance.task[t, a.SETUP])
            if instance.link[link, a.MOST_GAP] < FOREVER and tour.cut[link, 1] == t:
                low = max(low, cut - instance.link[link, a.MOST_GAP] - bare)
        if low != tour.bound[t, 0] or high != tour.bound[t, 1]:
            note_bond(tour, scratch, x.BOUND, t)
            tour.bound[t, 0], tour.bound[t, 1] = low, high


@inner
def loosen(instance: Instance, tour: Tour, scratch: Scratch, v: int) -> None:
    """Mark a linked visit and all placed ones that wait for it for removal, if all may go."""
    first = scratch.tally[x.WAITING]
    scratch.waiting[first] = v
    end = first + 1
    # The waiting list serves as the queue of the search through the links.
    i = first
    may_go = True
    while i < end and may_go:
        u = scratch.waiting[i]
        for t in range(instance.crew[u, 0], instance.crew[u, 0] + instance.crew[u, 1]):
            s = tour.route_of[t]
            may_go = may_go and s >= 0 and tour.index_of[t] >= tour.locked[s]
            may_go = may_go and not scratch.marked[t]
        for j in range(instance.after_at[u], instance.after_at[u + 1]):
            later = instance.link[instance.after[j], a.AFTER]
            known = not is_placed(instance, tour, later)
            known = known or scratch.marked[instance.crew[later, 0]] > 0
            for k in range(first, end):
                known = known or scratch.waiting[k] == later
            if not known:
                scratch.waiting[end] = later
                end += 1
        i += 1
    if not may_go:
        return
    for i in range(first, end):
        u = scratch.waiting[i]
        for t in range(instance.crew[u, 0], instance.crew[u, 0] + instance.crew[u, 1]):
            touch(tour, scratch, tour.route_of[t])
            scratch.removed[scratch.tally[x.REMOVED]] = t
            scratch.marked[t] = 1
            scratch.tally[x.REMOVED] += 1
    scratch.tally[x.WAITING] = end
    for i in range(first, end):
        release(instance, tour, scratch, scratch.waiting[i])


@inner
def release(instance: Instance, tour: Tour, scratch: Scratch, v: int) -> None:
    """Forget meeting and cuts of a visit that is taken out; those it waited for become free."""
    if tour.meeting[v] >= 0:
        note_bond(tour, scratch, x.MEETING, v)
        tour.meeting[v] = -1
    for j in range(instance.before_at[v], instance.before_at[v + 1]):
        link = instance.before[j]
        if tour.cut[link, 0] >= 0:
            note_bond(tour, scratch, x.CUT, link)
            tour.cut[link, 0] = tour.cut[link, 1] = -1
            earlier = instance.link[link, a.BEFORE]
            set_bounds(instance, tour, scratch, earlier)
            for t in range(
                instance.crew[earlier, 0], instance.crew[earlier, 0] + instance.crew[earlier, 1]
            ):
                if tour.route_of[t] >= 0:
                    touch(tour, scratch, tour.route_of[t])
    for j in range(instance.after_at[v], instance.after_at[v + 1]):
        link = instance.after[j]
        if tour.cut[link, 0] >= 0:
            note_bond(tour, scratch, x.CUT, link)
            tour.cut[link, 0] = tour.cut[link, 1] = -1
    set_bounds(instance, tour, scratch, v)

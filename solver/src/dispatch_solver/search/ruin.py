"""Compiled ruin: take adjacent strings of stops out of routes that lie near each other.

SISR, Christiaens & Vanden Berghe, "Slack Induction by String Removals for Vehicle Routing
Problems", Transportation Science 54(2), 2020. Linked visits go as a whole, with all that waits for
them, and less often: putting them back costs more.
"""

import numpy as np

from dispatch_solver.compiled import inner
from dispatch_solver.search import arrays as a
from dispatch_solver.search import scratch as x
from dispatch_solver.search.arrays import Instance, Tour
from dispatch_solver.search.bonds import loosen
from dispatch_solver.search.scratch import Scratch, touch
from dispatch_solver.search.timing import retime

REMOVED_ON_AVERAGE = 10.0
LONGEST_STRING = 10.0
SPLIT_STRING = 0.5
KEEP_MORE = 0.5
LOOSEN_LINKED = 0.5


@inner
def ruin(instance: Instance, tour: Tour, scratch: Scratch, seed: int) -> bool:
    """Take strings out around a task; what they held goes on the waiting list.

    False: a route cannot do without (the step has to be undone).
    """
    total = len(instance.task)
    used = 0
    for s in range(len(instance.shift)):
        used += tour.length[s] > 0
    placed = total - scratch.tally[x.LEFT]
    longest = min(LONGEST_STRING, placed / max(1, used))
    most = 4.0 * REMOVED_ON_AVERAGE / (1.0 + longest) - 1.0
    strings = int(np.random.random() * most + 1.0)
    done = 0
    if tour.route_of[seed] >= 0:
        _take_string(instance, tour, scratch, seed, longest)
        done = 1
    for j in range(instance.near.shape[1]):
        if done >= strings:
            break
        t = instance.near[seed, j]
        if t < 0:
            break
        s = tour.route_of[t]
        if s < 0 or scratch.is_touched[s] >= 0:
            continue
        _take_string(instance, tour, scratch, t, longest)
        done += 1
    return take_out_marked(instance, tour, scratch)


@inner
def _take_string(instance: Instance, tour: Tour, scratch: Scratch, t: int, longest: float) -> None:
    """Mark a string of stops around a task for removal; some in its midst may be kept."""
    s = tour.route_of[t]
    touch(tour, scratch, s)
    locked = tour.locked[s]
    free = tour.length[s] - locked
    at = tour.index_of[t] - locked
    if at < 0:
        return
    length = min(free, int(np.random.random() * min(float(free), longest) + 1.0))
    kept = 0
    if 1 < length < free and np.random.random() < SPLIT_STRING:
        kept = 1
        while length + kept < free and np.random.random() > KEEP_MORE:
            kept += 1
    span = length + kept
    low, high = max(0, at - span + 1), min(at, free - span)
    first = low + np.random.randint(high - low + 1)
    hole = first + np.random.randint(length + 1)
    for i in range(first, first + span):
        if kept and hole <= i < hole + kept:
            continue
        mark(instance, tour, scratch, tour.stop[s, locked + i])


@inner
def mark(instance: Instance, tour: Tour, scratch: Scratch, t: int) -> None:
    """Mark a task for removal, with all that cannot stay without it."""
    if scratch.marked[t]:
        return
    if instance.task[t, a.LINKED]:
        if np.random.random() < LOOSEN_LINKED:
            loosen(instance, tour, scratch, instance.task[t, a.VISIT])
        return
    i = scratch.tally[x.REMOVED]
    scratch.removed[i] = t
    scratch.marked[t] = 1
    scratch.tally[x.REMOVED] += 1
    scratch.waiting[scratch.tally[x.WAITING]] = instance.task[t, a.VISIT]
    scratch.tally[x.WAITING] += 1


@inner
def take_out_marked(instance: Instance, tour: Tour, scratch: Scratch) -> bool:
    """Close the gaps in all touched routes."""
    for i in range(scratch.tally[x.REMOVED]):
        tour.route_of[scratch.removed[i]] = -1
    feasible = True
    for i in range(scratch.tally[x.TOUCHED]):
        s = scratch.touched[i]
        keep = 0
        for p in range(tour.length[s]):
            t = tour.stop[s, p]
            if not scratch.marked[t]:
                tour.stop[s, keep] = t
                keep += 1
        tour.length[s] = keep
    for i in range(scratch.tally[x.TOUCHED]):
        feasible = retime(instance, tour, scratch.touched[i]) and feasible
    return feasible

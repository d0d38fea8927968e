"""Compiled 2-opt*: two routes exchange what follows a cut, or one is cut in two.

Potvin & Rousseau, "An Exchange Heuristic for Routeing Problems with Time Windows", Journal of the
Operational Research Society 46(12), 1995. Ruin and recreate opens and closes long routes only stop
by stop, against the price of the way out and back; a cut does it at once.
"""

import numpy as np

from dispatch_solver.compiled import inner
from dispatch_solver.search import arrays as a
from dispatch_solver.search.arrays import Instance, Tour
from dispatch_solver.search.scratch import Scratch, touch
from dispatch_solver.search.timing import retime

NEAREST = 20
# In so many exchanges the other route is an empty one.
CUT_IN_TWO = 0.5


@inner
def swap_tails(instance: Instance, tour: Tour, scratch: Scratch, t: int) -> bool:
    """Let a task be followed by what is near it in another route, which takes the rest.

    Nothing is touched where the two may not do each other's work. False: a route breaks a rule
    (the step has to be undone).
    """
    s = tour.route_of[t]
    if s < 0:
        return True
    cut = tour.index_of[t] + 1
    other, start = _choose(instance, tour, t)
    if other < 0 or other == s or cut < tour.locked[s] or start < tour.locked[other]:
        return True
    longest = tour.stop.shape[1]
    here, there = tour.length[s] - cut, tour.length[other] - start
    if here + there == 0 or cut + there > longest or start + here > longest:
        return True
    if not (
        _may_move(instance, tour, s, cut, other) and _may_move(instance, tour, other, start, s)
    ):
        return True
    touch(tour, scratch, s)
    touch(tour, scratch, other)
    before = scratch.stops[scratch.is_touched[s]]
    for i in range(there):
        tour.stop[s, cut + i] = tour.stop[other, start + i]
    for i in range(here):
        tour.stop[other, start + i] = before[cut + i]
    tour.length[s], tour.length[other] = cut + there, start + here
    feasible = retime(instance, tour, s)
    return retime(instance, tour, other) and feasible


@inner
def _choose(instance: Instance, tour: Tour, t: int) -> tuple[int, int]:
    """A route and where its tail begins: at a near task, or an empty one; -1: none."""
    shifts = len(instance.shift)
    if np.random.random() < CUT_IN_TWO:
        s = np.random.randint(shifts)
        for _ in range(shifts):
            if tour.length[s] == 0:
                return s, a.ZERO
            s = (s + 1) % shifts
        return a.NONE, a.ZERO
    near = instance.near[t, np.random.randint(min(NEAREST, instance.near.shape[1]))]
    if near < 0 or tour.route_of[near] < 0:
        return a.NONE, a.ZERO
    return tour.route_of[near], tour.index_of[near]


@inner
def _may_move(instance: Instance, tour: Tour, s: int, first: int, other: int) -> bool:
    """Whether another shift may do the tail of a route; linked tasks stay where they are."""
    for p in range(first, tour.length[s]):
        task = instance.task[tour.stop[s, p]]
        if task[a.LINKED] or instance.price[task[a.KIND], other] < 0:
            return False
    return True

"""Compiled simulated annealing: ruin, recreate, accept or undo; the best plan is kept apart.

Steering is by one number (tiers 1 and 2 at fixed rates), the best is chosen tier by tier.
"""

import math

import numpy as np

from dispatch_solver.compiled import inner
from dispatch_solver.search import arrays as a
from dispatch_solver.search import scratch as x
from dispatch_solver.search.arrays import Instance, Tour
from dispatch_solver.search.bonds import is_placed
from dispatch_solver.search.memory import Memory, remember
from dispatch_solver.search.recreate import recreate, sort_waiting
from dispatch_solver.search.ruin import ruin
from dispatch_solver.search.scratch import Scratch, bring_in, forget, leave_out, undo
from dispatch_solver.search.stock import worst_late
from dispatch_solver.search.tails import swap_tails

RETRIED = 8.0
EVERYWHERE = 0.02
KEEP_WITHIN = 1.01
# In so many steps two routes exchange their tails; in so many of these strings go out, too.
EXCHANGED, EXCHANGED_AND_RUINED = 0.2, 0.5
# In so many steps a gain in balance draws insertions; in more, whoever is idle is sent too far.
RELIEF = 0.2
NOTHING = 1e-6


@inner
def construct(instance: Instance, tour: Tour, scratch: Scratch) -> None:
    """Put in all that is left out, the heaviest first, then the shortest windows."""
    for i in range(scratch.tally[x.LEFT]):
        v = scratch.left[i]
        scratch.waiting[i] = v
        t = instance.crew[v, 0]
        span = 0
        for w in range(instance.task[t, a.WINDOWS]):
            span += instance.window[t, w, 1] - instance.window[t, w, 0]
        scratch.key[i] = -1e6 * instance.penalty[v] + min(float(span), 9e8)
    scratch.tally[x.WAITING] = scratch.tally[x.LEFT]
    sort_waiting(scratch)
    recreate(instance, tour, scratch, a.YES, a.NO)
    for i in range(scratch.tally[x.WAITING]):
        if is_placed(instance, tour, scratch.waiting[i]):
            bring_in(scratch, scratch.waiting[i])
    forget(scratch)


@inner
def anneal(
    instance: Instance,
    tour: Tour,
    best: Tour,
    scratch: Scratch,
    memory: Memory,
    tiers: a.Floats,
    steps: int,
    hot: float,
    cold: float,
) -> int:
    """Take so many steps while it cools; the number of times a better plan was found.

    `tiers` (2 x 3) holds the tiers of the plan at hand and of the best; both are kept up to date.
    `best` is written over with every better plan.
    """
    found = 0
    heat = hot
    factor = (cold / hot) ** (1.0 / max(1, steps))
    for _ in range(steps):
        heat *= factor
        tour.mood[a.RELIEF] = 1.0 if np.random.random() < RELIEF else 0.0
        tour.mood[a.WORST] = scratch.worst[0]
        everywhere = _call_left(instance, scratch)
        if not _shake(instance, tour, scratch):
            undo(instance, tour, scratch)
            forget(scratch)
            continue
        recreate(instance, tour, scratch, everywhere, a.YES)
        if _changes(instance, tour, scratch) >= -heat * math.log(np.random.random() + 1e-300):
            undo(instance, tour, scratch)
            forget(scratch)
            continue
        _accept(instance, tour, scratch, tiers)
        if tiers[0, 0] <= tiers[1, 0] + NOTHING and tiers[0, 2] <= KEEP_WITHIN * tiers[1, 2]:
            for i in range(scratch.tally[x.TOUCHED]):
                remember(instance, tour, memory, scratch.touched[i])
        if _better(tiers):
            found += 1
            for k in range(3):
                tiers[1, k] = tiers[0, k]
            keep(tour, best)
        forget(scratch)
    return found


@inner
def _shake(instance: Instance, tour: Tour, scratch: Scratch) -> bool:
    """Take strings of stops out, or let two routes exchange their tails, or both.

    False: a rule is broken (the step has to be undone).
    """
    seed = np.random.randint(len(instance.task))
    strings = True
    if np.random.random() < EXCHANGED:
        strings = np.random.random() < EXCHANGED_AND_RUINED
        if not swap_tails(instance, tour, scratch, seed):
            return False
    return not strings or ruin(instance, tour, scratch, seed)


@inner
def _call_left(instance: Instance, scratch: Scratch) -> bool:
    """Put a few of those left out on the waiting list; whether to try them in all routes."""
    left = scratch.tally[x.LEFT]
    mostly_out = 3 * left > len(instance.task)
    chance = 2.0 if mostly_out else RETRIED / (left + 1e-9)
    for i in range(left):
        if np.random.random() < chance:
            v = scratch.left[i]
            scratch.old[v] = 1
            scratch.waiting[scratch.tally[x.WAITING]] = v
            scratch.tally[x.WAITING] += 1
    return mostly_out or np.random.random() < EVERYWHERE


@inner
def _changes(instance: Instance, tour: Tour, scratch: Scratch) -> float:
    """By how much the step changed the tiers (kept in `scratch`), and that as one number."""
    first = second = third = out = steer = 0.0
    for i in range(scratch.tally[x.WAITING]):
        v = scratch.waiting[i]
        placed = is_placed(instance, tour, v)
        if placed and scratch.old[v]:
            first -= instance.lost[v]
            out -= instance.toll[v]
            steer -= instance.penalty[v]
        elif not placed and not scratch.old[v]:
            first += instance.lost[v]
            out += instance.toll[v]
            steer += instance.penalty[v]
    for i in range(scratch.tally[x.TOUCHED]):
        s = scratch.touched[i]
        second += tour.figure[s, a.COST2] - scratch.cost[i, 0]
        third += tour.figure[s, a.COST3] - scratch.cost[i, 1]
    if instance.weight[a.WORST_LATE] > 0:
        scratch.worst[1] = worst_late(instance, tour)
        third += instance.weight[a.WORST_LATE] * (scratch.worst[1] - scratch.worst[0])
    scratch.change[0], scratch.change[1], scratch.change[2] = first, second, third + out
    return steer + instance.weight[a.TIER2] * second + third


@inner
def _accept(instance: Instance, tour: Tour, scratch: Scratch, tiers: a.Floats) -> None:
    for i in range(scratch.tally[x.WAITING]):
        v = scratch.waiting[i]
        if is_placed(instance, tour, v):
            bring_in(scratch, v)
        else:
            leave_out(scratch, v)
    scratch.worst[0] = scratch.worst[1]
    for k in range(3):
        tiers[0, k] += scratch.change[k]


@inner
def _better(tiers: a.Floats) -> bool:
    """Whether the plan at hand is better than the best, compared tier by tier."""
    for k in range(3):
        if tiers[0, k] < tiers[1, k] - NOTHING:
            return True
        if tiers[0, k] > tiers[1, k] + NOTHING:
            return False
    return False


@inner
def keep(tour: Tour, best: Tour) -> None:
    """Copy what says which plan it is: stops, meetings and cuts (times follow from them)."""
    for s in range(len(tour.length)):
        best.length[s] = tour.length[s]
        for p in range(tour.length[s]):
            best.stop[s, p] = tour.stop[s, p]
    for v in range(len(tour.meeting)):
        best.meeting[v] = tour.meeting[v]
    for link in range(len(tour.cut)):
        best.cut[link, 0], best.cut[link, 1] = tour.cut[link, 0], tour.cut[link, 1]
    for t in range(len(tour.bound)):
        best.bound[t, 0], best.bound[t, 1] = tour.bound[t, 0], tour.bound[t, 1]

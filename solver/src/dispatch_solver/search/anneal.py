"""Compiled simulated annealing: ruin, recreate, accept or undo; the best plan is kept apart.

Steering is by one number (tiers 1 and 2 at fixed rates), the best is chosen tier by tier.
"""

import math

import numpy as np

from dispatch_solver.compiled import compiled
from dispatch_solver.search import arrays as a
from dispatch_solver.search import scratch as x
from dispatch_solver.search.arrays import Instance, Tour
from dispatch_solver.search.bonds import is_placed
from dispatch_solver.search.memory import Memory, remember
from dispatch_solver.search.recreate import recreate, sort_waiting
from dispatch_solver.search.ruin import ruin
from dispatch_solver.search.scratch import Scratch, bring_in, forget, leave_out, undo

RETRIED = 8.0
EVERYWHERE = 0.02
KEEP_WITHIN = 1.01
NOTHING = 1e-6


@compiled
def construct(instance: Instance, tour: Tour, scratch: Scratch, seed: int) -> None:
    """Put in all that is left out, the heaviest first, then the shortest windows."""
    np.random.seed(seed)
    for i in range(scratch.count[x.LEFT]):
        v = scratch.left[i]
        scratch.waiting[i] = v
        scratch.old[v] = 0
        t = instance.crew[v, 0]
        span = 0
        for w in range(instance.task[t, a.WINDOWS]):
            span += instance.window[t, w, 1] - instance.window[t, w, 0]
        scratch.key[i] = -1e9 * instance.lost[v] + min(float(span), 9e8)
    scratch.count[x.WAITING] = scratch.count[x.LEFT]
    sort_waiting(scratch)
    recreate(instance, tour, scratch, True, False)
    for i in range(scratch.count[x.WAITING]):
        if is_placed(instance, tour, scratch.waiting[i]):
            bring_in(scratch, scratch.waiting[i])
    forget(scratch)


@compiled
def tiers_of(instance: Instance, tour: Tour) -> tuple[float, float, float]:
    """The three tiers of a plan."""
    first = second = third = 0.0
    for v in range(len(instance.crew)):
        if not is_placed(instance, tour, v):
            first += instance.lost[v]
    worst = 0.0
    for s in range(len(instance.shift)):
        second += tour.figure[s, a.COST2]
        third += tour.figure[s, a.COST3]
        worst = max(worst, tour.figure[s, a.LATEST_START])
    return first, second, third + instance.weight[a.WORST_LATE] * worst


@compiled
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
    seed: int,
) -> int:
    """Take so many steps while it cools; the number of times a better plan was found.

    `tiers` (2 x 3) holds the tiers of the plan at hand and of the best; both are kept up to date.
    `best` is written over with every better plan.
    """
    np.random.seed(seed)
    found = 0
    total = len(instance.task)
    shifts = len(instance.shift)
    weight = instance.weight
    heat = hot
    factor = (cold / hot) ** (1.0 / max(1, steps))
    for _ in range(steps):
        heat *= factor
        left = scratch.count[x.LEFT]
        mostly_out = 3 * left > total
        chance = 2.0 if mostly_out else RETRIED / (left + 1e-9)
        everywhere = mostly_out or np.random.random() < EVERYWHERE
        for i in range(left):
            if np.random.random() < chance:
                v = scratch.left[i]
                scratch.old[v] = 1
                scratch.waiting[scratch.count[x.WAITING]] = v
                scratch.count[x.WAITING] += 1
        if not ruin(instance, tour, scratch):
            undo(instance, tour, scratch)
            forget(scratch)
            continue
        recreate(instance, tour, scratch, everywhere, True)
        change1 = change2 = change3 = steer = 0.0
        for i in range(scratch.count[x.WAITING]):
            v = scratch.waiting[i]
            placed = is_placed(instance, tour, v)
            if placed and scratch.old[v]:
                change1 -= instance.lost[v]
                steer -= instance.penalty[v]
            elif not placed and not scratch.old[v]:
                change1 += instance.lost[v]
                steer += instance.penalty[v]
        for i in range(scratch.count[x.TOUCHED]):
            s = scratch.touched[i]
            change2 += tour.figure[s, a.COST2] - scratch.cost[i, 0]
            change3 += tour.figure[s, a.COST3] - scratch.cost[i, 1]
        if weight[a.WORST_LATE] > 0:
            worst = 0.0
            for s in range(shifts):
                worst = max(worst, tour.figure[s, a.LATEST_START])
            change3 += weight[a.WORST_LATE] * (worst - scratch.worst[0])
            scratch.worst[1] = worst
        steer += weight[a.TIER2] * change2 + change3
        if steer >= -heat * math.log(np.random.random() + 1e-300):
            undo(instance, tour, scratch)
            forget(scratch)
            continue
        for i in range(scratch.count[x.WAITING]):
            v = scratch.waiting[i]
            if is_placed(instance, tour, v):
                bring_in(scratch, v)
            else:
                leave_out(scratch, v)
        scratch.worst[0] = scratch.worst[1]
        tiers[0, 0] += change1
        tiers[0, 1] += change2
        tiers[0, 2] += change3
        if tiers[0, 0] <= tiers[1, 0] + NOTHING and tiers[0, 2] <= KEEP_WITHIN * tiers[1, 2]:
            for i in range(scratch.count[x.TOUCHED]):
                remember(instance, tour, memory, scratch.touched[i])
        if _better(tiers):
            found += 1
            tiers[1, :] = tiers[0, :]
            keep(tour, best)
        forget(scratch)
    return found


@compiled
def _better(tiers: a.Floats) -> bool:
    """Whether the plan at hand is better than the best, compared tier by tier."""
    for k in range(3):
        if tiers[0, k] < tiers[1, k] - NOTHING:
            return True
        if tiers[0, k] > tiers[1, k] + NOTHING:
            return False
    return False


@compiled
def keep(tour: Tour, best: Tour) -> None:
    """Copy what says which plan it is: stops, meetings and cuts (times follow from them)."""
    for s in range(len(tour.length)):
        best.length[s] = tour.length[s]
        for p in range(tour.length[s]):
            best.stop[s, p] = tour.stop[s, p]
    best.meeting[:] = tour.meeting
    best.cut[:] = tour.cut
    best.bound[:] = tour.bound

"""Compiled: good routes met on the way, kept for set partitioning.

A ring: when it is full the oldest go. A small table over the hash of shift class and tasks keeps
the cheaper of two orders of the same tasks; what falls out of the table may come in twice.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dispatch_solver.compiled import inner
from dispatch_solver.search import arrays as a
from dispatch_solver.search.arrays import Floats, Instance, Ints, Tour

MOST_ROUTES = 20_000
LONGEST = 128


class Memory(NamedTuple):
    """Up to M routes."""

    stop: NDArray[np.int32]  # M x L
    length: Ints  # 0: unused
    shift: Ints
    cost: Floats
    hash: NDArray[np.uint64]
    table: Ints  # hash to index
    next: Ints  # one entry: where the next route goes, counting on
    sign: NDArray[np.uint64]  # one per task, then one per route class


def memory_of(instance: Instance, tour: Tour) -> Memory:
    most = min(MOST_ROUTES, max(2000, 40 * len(instance.task)))
    count = len(instance.task) + int(instance.shift[:, a.ROUTE_CLASS].max(initial=0)) + 1
    longest = min(LONGEST, tour.stop.shape[1])
    return Memory(
        stop=np.zeros((most, longest), np.int32),
        length=np.zeros(most, np.int64),
        shift=np.zeros(most, np.int64),
        cost=np.zeros(most),
        hash=np.zeros(most, np.uint64),
        table=np.full(1 << 16, -1, np.int64),
        next=np.zeros(1, np.int64),
        sign=np.random.default_rng(7).integers(1, 2**63, count).astype(np.uint64),
    )


@inner
def route_cost(instance: Instance, tour: Tour, s: int) -> float:
    """What a route costs, tier 2 included at its steering rate."""
    return instance.weight[a.TIER2] * tour.figure[s, a.COST2] + tour.figure[s, a.COST3]


@inner
def remember(instance: Instance, tour: Tour, memory: Memory, s: int) -> None:
    """Keep a route unless the same tasks are known cheaper for shifts of this class."""
    count = tour.length[s]
    if count == 0 or count > memory.stop.shape[1]:
        return
    total = len(instance.task)
    sign = memory.sign[total + instance.shift[s, a.ROUTE_CLASS]]
    for p in range(count):
        sign ^= memory.sign[tour.stop[s, p]]
    cost = route_cost(instance, tour, s)
    slot = np.int64(sign & np.uint64(len(memory.table) - 1))
    at = memory.table[slot]
    if at >= 0 and memory.hash[at] == sign:
        if cost >= memory.cost[at] - 1e-9:
            return
    else:
        at = memory.next[0] % len(memory.length)
        memory.next[0] += 1
        memory.table[slot] = at
    memory.hash[at] = sign
    memory.length[at] = count
    memory.shift[at] = s
    memory.cost[at] = cost
    for p in range(count):
        memory.stop[at, p] = tour.stop[s, p]

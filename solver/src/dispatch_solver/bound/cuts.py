"""Subset-row cuts: of three tasks, at most one route serves two or more.

Jepsen, Petersen, Spoorendonk & Pisinger 2008; with the limited node memory of Pecin, Pessoa,
Poggi & Uchoa 2017: a route forgets that it has served one of the three when it stops at a task
outside the cut's memory, so that labels stay comparable. Any memory gives a valid cut.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch_solver.eligibility import Floats, Ints


@dataclass(frozen=True, slots=True)
class Cut:
    """Three tasks of different visits, and the tasks at which a route keeps count of them."""

    tasks: tuple[int, int, int]
    memory: frozenset[int]

    def times(self, route: Sequence[int]) -> int:
        """How often this route of tasks counts: whole pairs served within the memory."""
        count, half = 0, False
        for task in route:
            if task in self.tasks:
                count += half
                half = not half
            elif task not in self.memory:
                half = False
        return count


def cut_arrays(
    tasks: Ints, cuts: list[Cut], duals: Floats
) -> tuple[NDArray[np.uint64], NDArray[np.uint64], Floats]:
    """By node the cuts it belongs to and those that remember across it, as bits; their penalties.

    Only cuts with a dual and at least two of their tasks here take part.
    """
    node = {int(t): i for i, t in enumerate(tasks)}
    used = [
        (cut, -float(dual))
        for cut, dual in zip(cuts, duals, strict=True)
        if dual < -1e-9 and sum(t in node for t in cut.tasks) > 1
    ]
    words = (len(used) + 63) // 64
    bits, keep = np.zeros((len(tasks), words), np.uint64), np.zeros((len(tasks), words), np.uint64)
    for c, (cut, _) in enumerate(used):
        word, bit = c >> 6, np.uint64(1 << (c & 63))
        for t in cut.tasks:
            if t in node:
                bits[node[t], word] |= bit
                keep[node[t], word] |= bit
        for t in cut.memory:
            if t in node:
                keep[node[t], word] |= bit
    return bits, keep, np.array([penalty for _, penalty in used], float)

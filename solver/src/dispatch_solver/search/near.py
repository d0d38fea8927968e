"""Compiled: which tasks could sensibly be beside each other in a route.

Distance is travel plus 1500 s times the share of people who cannot do both; tasks that nobody has
in common are never beside each other.
"""

import numpy as np
from numpy.typing import NDArray

from dispatch_solver.compiled import compiled
from dispatch_solver.eligibility import Floats, Ints
from dispatch_solver.model import Model

APART = 1500.0


def nearest_tasks(model: Model, most: int) -> NDArray[np.int32]:
    """T x N: the nearest tasks of each, nearest first; -1 where there are no more."""
    total = len(model.tasks)
    keep = max(1, min(most, total - 1))
    if total == 0 or not model.shifts:
        return np.full((total, keep), -1, np.int32)
    people, which = _people(model)
    shared = people @ people.T
    fewest = np.maximum(1.0, np.minimum(people.sum(axis=1)[:, None], people.sum(axis=1)[None, :]))
    ways = np.bincount([shift.way for shift in model.shifts])
    return _rank(
        np.ascontiguousarray(model.durations[int(ways.argmax())]),
        model.place,
        which[model.kind],
        np.ascontiguousarray(shared / fewest),
        keep,
    )


def _people(model: Model) -> tuple[Floats, Ints]:
    """Sets of shifts that may do some kind of task (as 0 and 1), and the set of each kind."""
    packed = np.packbits(model.allowed, axis=1)
    _, first, which = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    return model.allowed[first].astype(np.float64), which.reshape(-1)


@compiled
def _rank(
    seconds: NDArray[np.int32], place: Ints, people: Ints, overlap: Floats, keep: int
) -> NDArray[np.int32]:
    total = len(place)
    nearest = np.full((total, keep), -1, np.int32)
    far = np.empty(total)
    tasks = np.empty(total, np.int64)
    for t in range(total):
        count = 0
        here = place[t]
        for u in range(total):
            both = overlap[people[t], people[u]]
            if both > 0.0 and u != t:
                there = place[u]
                travel = min(seconds[here, there], seconds[there, here])
                far[count] = travel + APART * (1.0 - both)
                tasks[count] = u
                count += 1
        chosen = min(keep, count)
        if chosen == 0:
            continue
        if count > 2 * keep:
            limit = np.partition(far[:count], chosen - 1)[chosen - 1]
            kept = 0
            for i in range(count):
                if far[i] <= limit:
                    far[kept], tasks[kept] = far[i], tasks[i]
                    kept += 1
            count = kept
        order = np.argsort(far[:count], kind="mergesort")
        for i in range(chosen):
            nearest[t, i] = tasks[order[i]]
    return nearest

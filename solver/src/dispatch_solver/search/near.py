"""Which tasks could sensibly be beside each other in a route.

Distance is travel plus 1500 s times the share of people who cannot do both; tasks that nobody has
in common are never beside each other.
"""

import numpy as np

from dispatch_solver.eligibility import Floats, Ints
from dispatch_solver.model import Model

APART = 1500.0


def nearest_tasks(model: Model, most: int) -> Ints:
    """T x N: the nearest tasks of each, nearest first; -1 where there are no more."""
    total = len(model.tasks)
    keep = max(1, min(most, total - 1))
    if total == 0 or not model.shifts:
        return np.full((total, keep), -1, np.int64)
    people, which = _people(model)
    shared = people @ people.T
    fewest = np.maximum(1.0, np.minimum(people.sum(axis=1)[:, None], people.sum(axis=1)[None, :]))
    ways = np.bincount([shift.way for shift in model.shifts])
    seconds = model.durations[int(ways.argmax())]
    overlap = shared / fewest
    who = which[model.kind]
    nearest = np.full((total, keep), -1, np.int64)
    for group in np.flatnonzero(people.any(axis=1)).tolist():
        # Tasks that the same people may do share the list of tasks that could be beside them.
        others = np.flatnonzero(overlap[group, who] > 0)
        if not len(others):
            continue  # nobody may do these
        apart = APART * (1.0 - overlap[group, who[others]])
        there = model.place[others]
        for t in np.flatnonzero(who == group).tolist():
            here = model.place[t]
            far = np.minimum(seconds[here, there], seconds[there, here]) + apart
            far[np.searchsorted(others, t)] = np.inf
            chosen = min(keep, len(others) - 1)
            if len(others) > 2 * keep:
                first = np.sort(np.argpartition(far, chosen)[:chosen])
                first = first[np.argsort(far[first], kind="stable")]
            else:
                first = np.argsort(far, kind="stable")[:chosen]
            nearest[t, :chosen] = others[first]
    return nearest


def _people(model: Model) -> tuple[Floats, Ints]:
    """Sets of shifts that may do some kind of task (as 0 and 1), and the set of each kind."""
    packed = np.packbits(model.allowed, axis=1)
    _, first, which = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    return model.allowed[first].astype(np.float64), which.reshape(-1)

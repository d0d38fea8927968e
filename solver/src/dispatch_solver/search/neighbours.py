"""Which tasks could sensibly follow each other: near, and doable by the same people."""

import numpy as np

from dispatch_solver.eligibility import Ints
from dispatch_solver.model import Model

APART = 1500.0


def neighbours(model: Model, count: int = 40) -> Ints:
    """T x K: the nearest tasks of each task, by travel and by who may do both.

    Distance is travel plus 1500 s times the share of people who cannot do both; tasks that nobody
    has in common come last.
    """
    total = len(model.tasks)
    keep = min(count, max(0, total - 1))
    if keep == 0:
        return np.zeros((total, 0), np.int64)
    way = int(np.bincount([shift.way for shift in model.shifts], minlength=1).argmax())
    travel = model.durations[way]
    able = model.can.T.astype(np.float32)
    people = able.sum(axis=1)
    out = np.zeros((total, keep), np.int64)
    step = max(1, 4_000_000 // total)
    for first in range(0, total, step):
        block = np.arange(first, min(first + step, total))
        both = able[block] @ able.T
        fewest = np.maximum(1.0, np.minimum(people[block, None], people[None, :]))
        far = (
            np.minimum(
                travel[np.ix_(model.place[block], model.place)],
                travel[np.ix_(model.place, model.place[block])].T,
            )
            + APART * (1.0 - both / fewest)
            + np.where(both == 0, 1e9, 0.0)
        )
        far[np.arange(len(block)), block] = np.inf
        nearest = np.argpartition(far, keep - 1, axis=1)[:, :keep]
        ranked = np.take_along_axis(far, nearest, axis=1).argsort(axis=1, kind="stable")
        out[block] = np.take_along_axis(nearest, ranked, axis=1)
    return out

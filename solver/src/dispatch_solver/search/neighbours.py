"""Which tasks could sensibly follow each other: near, and doable by the same people."""

import numpy as np

from dispatch_solver.eligibility import Ints
from dispatch_solver.model import Model

APART = 1500.0
BLOCK = 64


class Neighbours:
    """The nearest tasks of each task, worked out when they are first asked for.

    Distance is travel plus 1500 s times the share of people who cannot do both; tasks that nobody
    has in common come last.
    """

    def __init__(self, model: Model, count: int = 40) -> None:
        total = len(model.tasks)
        self._model = model
        self._keep = min(count, max(0, total - 1))
        ways = [shift.way for shift in model.shifts]
        self._travel = model.durations[int(np.bincount(ways).argmax()) if ways else 0]
        self._able = model.allowed.astype(np.float32)  # by kind
        self._people = self._able.sum(axis=1)
        self._near: dict[int, list[int]] = {}

    def of(self, task: int) -> list[int]:
        """Nearest first."""
        if task not in self._near:
            first = task - task % BLOCK
            block = np.arange(first, min(first + BLOCK, len(self._model.tasks)))
            for t, nearest in zip(block.tolist(), self._rank(block).tolist(), strict=True):
                self._near[t] = nearest
        return self._near[task]

    def _rank(self, block: Ints) -> Ints:
        if self._keep == 0:
            return np.zeros((len(block), 0), np.int64)
        place, kind = self._model.place, self._model.kind
        both = (self._able[kind[block]] @ self._able.T)[:, kind]
        people = self._people[kind]
        fewest = np.maximum(1.0, np.minimum(people[block, None], people[None, :]))
        travel = np.minimum(
            self._travel[place[block][:, None], place], self._travel[place[:, None], place[block]].T
        )
        far = travel + APART * (1.0 - both / fewest) + np.where(both == 0, 1e9, 0.0)
        far[np.arange(len(block)), block] = np.inf
        nearest = np.argpartition(far, self._keep - 1, axis=1)[:, : self._keep]
        order = np.take_along_axis(far, nearest, axis=1).argsort(axis=1, kind="stable")
        return np.take_along_axis(nearest, order, axis=1)

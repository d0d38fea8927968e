"""Ruin and recreate where nothing can be compiled.

Neighbouring stops are taken out of some routes and put back better: the ruin removes adjacent
strings from routes near a seed (SISR: Christiaens & Vanden Berghe 2020), the recreation inserts by
regret over the routes around; annealing decides what is kept.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from dispatch_solver.clock import Clock
from dispatch_solver.construct import fill
from dispatch_solver.eligibility import Floats
from dispatch_solver.links import remove_visits
from dispatch_solver.search.neighbours import Neighbours
from dispatch_solver.state import State

# A day of a few visits is done long before its time is up; a full one never gets there.
PATIENCE = 300
PATIENCE_PER_TASK = 40


@dataclass(frozen=True, slots=True)
class Cooling:
    """Temperatures of the annealing, in units of tier 3."""

    first: float
    last: float

    def at(self, share: float) -> float:
        return self.first * (self.last / self.first) ** min(1.0, max(0.0, share))


@dataclass(slots=True)
class Ruin:
    """One search over one state; call `run` for one stretch of it after the other."""

    state: State
    clock: Clock
    rng: np.random.Generator
    most: int | None = None
    removed_on_average: float = 8.0
    longest_string: int = 6
    retried: int = 6
    iterations: int = 0
    _near: Neighbours = field(init=False)
    _last_better: int = 0

    def __post_init__(self) -> None:
        self._near = Neighbours(self.state.model)

    def share(self) -> float:
        """How much of the search is done, 0 to 1: by steps if they are limited, else by time."""
        return self.iterations / self.most if self.most else self.clock.share()

    def settled(self) -> bool:
        """Whether so little is to be planned that nothing better will come."""
        patience = PATIENCE + PATIENCE_PER_TASK * len(self.state.model.tasks)
        return self.iterations - self._last_better > patience

    def run(self, cooling: Cooling) -> None:
        """Search until all is done, or the clock says stop."""
        state, clock = self.state, self.clock
        if self.most == 0:
            return
        current = state.weighed()
        while self.share() < 1.0 and not clock.over() and not self.settled():
            self.iterations += 1
            state.begin()
            if not self._step():
                state.rollback()
                continue
            weighed = state.weighed()
            luck = -cooling.at(self.share()) * math.log(1.0 - self.rng.random())
            if weighed >= current + luck:
                state.rollback()
                continue
            state.commit()
            current = weighed
            if clock.best is None or state.worth() < clock.best.worth:
                clock.better(state.snapshot(), "ruin and recreate")
                self._last_better = self.iterations

    def _step(self) -> bool:
        state = self.state
        touched = self._ruin(int(self.rng.integers(len(state.model.tasks))))
        retried = self._retry(touched)
        if not touched and not retried:
            return False
        visits = [*touched, *retried]
        self.rng.shuffle(visits)
        rows = self._around(visits)
        fill(state, visits, rows=rows, noise=self._noise)
        return True

    def _noise(self, shape: tuple[int, int]) -> Floats:
        """Some places are overlooked, all are a little misjudged: so searches differ."""
        return np.where(self.rng.random(shape) < 0.02, np.inf, self.rng.exponential(40.0, shape))

    def _ruin(self, seed: int) -> list[int]:
        """Remove strings around the seed; the visits removed."""
        state, rng = self.state, self.rng
        wanted = 1 + int(rng.exponential(self.removed_on_average))
        gone: list[int] = []
        used: set[int] = set()
        for t in (seed, *self._near.of(seed)):
            s = state.route_of[t]
            if s < 0 or s in used:
                continue
            used.add(s)
            visits = self._string(s, t)
            if visits and remove_visits(state, visits):
                gone += [v for v in visits if v in state.missing]
            if len(gone) >= wanted or len(used) >= 8:
                break
        return list(dict.fromkeys(gone))

    def _string(self, shift: int, task: int) -> list[int]:
        """Visits of a stretch of the route that holds the task."""
        state, rng = self.state, self.rng
        route = state.routes[shift]
        length = min(len(route), int(rng.integers(1, self.longest_string + 1)))
        at = route.index(task)
        first = max(0, min(at - int(rng.integers(0, length)), len(route) - length))
        chosen = route[first : first + length]
        visits = []
        for t in chosen:
            v = state.model.tasks[t].visit
            fixed = state.model.problem.visits[v].started is not None
            # Links are costly to place again; they are loosened now and then only.
            if not fixed and (not state.model.linked[t] or rng.random() < 0.15):
                visits.append(v)
        return visits

    def _retry(self, touched: list[int]) -> list[int]:
        missing = sorted(self.state.missing.difference(touched))
        if len(missing) <= self.retried:
            return missing
        return [int(v) for v in self.rng.choice(missing, self.retried, replace=False)]

    def _around(self, visits: list[int]) -> np.ndarray:
        """The routes worth trying: near the visits, a few empty ones, a few at random."""
        state = self.state
        shifts = len(state.routes)
        if shifts <= 24:
            return np.arange(shifts)
        near: set[int] = set()
        for v in visits:
            for t in state.model.tasks_of[v]:
                near.update(state.route_of[o] for o in self._near.of(t)[:25])
        near.discard(-1)
        near.update(int(s) for s in self.rng.integers(0, shifts, 6))
        return np.array(sorted(near), dtype=np.int64)

"""Searches side by side, one a thread: they anneal apart and go on together from the best."""

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field

import numpy as np

from dispatch_solver.clock import Clock
from dispatch_solver.model import Model
from dispatch_solver.search import arrays as a
from dispatch_solver.search.arrays import instance_of, with_neighbours
from dispatch_solver.search.recombine import recombine
from dispatch_solver.search.search import Search
from dispatch_solver.state import Snapshot, State

# One call into compiled code lasts about so long, one round of calls so long: stopping is prompt.
SHORTEST, LONGEST, ROUND = 0.02, 0.06, 0.25
# With a number of steps given they are cut into so many rounds.
ROUNDS = 200
# A day of a few visits is done long before its time is up: more steps than these find nothing.
STEPS, STEPS_PER_PAIR = 2000, 100
LONGEST_RECOMBINATION = 6.0
# Temperatures in units of the travel of one leg: what a typical change is worth. Who is served at
# all takes more turning over than in which order.
HOT, SERVED, WARM, COLD = 3.2, 1.2, 0.5, 0.03


@dataclass(frozen=True, slots=True)
class Cooling:
    """Temperatures of the annealing, in units of tier 3."""

    hot: float
    cold: float

    def at(self, share: float) -> float:
        """Temperature when this share, 0 to 1, of the search is done."""
        return self.hot * (self.cold / self.hot) ** min(1.0, max(0.0, share))


@dataclass(slots=True)
class Team:
    """The searches over one model; between calls the first one holds the best plan."""

    model: Model
    clock: Clock
    seed: int
    threads: int = 1
    iterations: int | None = None
    unserved_seconds: float | None = None
    searches: list[Search] = field(init=False)
    _rounds: int = 0
    _told: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        self.searches = [Search(instance_of(self.model, self.unserved_seconds))]

    def construct(self, state: State | None = None) -> None:
        """The first plan: a state's, or nothing, and what else fits in greedily."""
        lead = self.searches[0]
        lead.start_from(state)
        lead.construct(seed=self.seed)
        self._tell("construction" if state is None else "warm start")

    def construct_afresh(self) -> None:
        """Instead of a first plan that was taken over, one from nothing, if it serves more."""
        lead = self.searches[0]
        if lead.worth()[0] == 0 or self.clock.over():
            return
        other = Search(lead.instance)
        other.start_from(None)
        other.construct(seed=self.seed)
        if other.worth()[0] < lead.worth()[0]:
            lead.follow(other)
            self._tell("construction")

    def make_ready(self) -> None:
        """What annealing needs and a first plan does not: neighbours, and the other searches."""
        lead = self.searches[0]
        lead.instance = with_neighbours(self.model, lead.instance)
        for _ in range(1, self.threads):
            other = Search(lead.instance)
            other.follow(lead)
            self.searches.append(other)

    def cooling(self, *, warm: bool) -> Cooling:
        """Temperatures that suit the plan at hand; a plan taken over is not shaken up."""
        lead = self.searches[0]
        tour, weight = lead.tour, lead.instance.weight
        legs = max(1, int(tour.length.sum()) + int((tour.length > 0).sum()))
        travel = sum(int(leg[: n + 1].sum()) for leg, n in zip(tour.leg, tour.length, strict=True))
        unit = weight[a.TRAVEL_SECOND] * travel / legs
        unit = unit if unit > 0 else max(1.0, lead.worth()[2] / legs)
        # Two who must meet, too, find another time only by way of worse plans.
        is_hard = (tour.route_of < 0).any() or self.model.linked.any()
        hot = WARM if warm else HOT if is_hard else SERVED
        return Cooling(hot * unit, COLD * unit)

    def anneal(self, cooling: Cooling, *, until: float) -> None:
        """Search until this share of the whole is done; then all go on from the best."""
        while self.share() < until and not self.clock.over():
            self._round(cooling, until)
            self._tell("ruin and recreate")
        self._gather()

    def recombine(self) -> None:
        """Put the routes of all searches together anew."""
        clock = self.clock
        if clock.over():
            return
        seconds = min(LONGEST_RECOMBINATION, 0.06 * clock.seconds, 0.6 * clock.left())
        seed, counted = self.seed + self._rounds, self.iterations is not None
        if recombine(self.searches, seconds=seconds, seed=seed, repeatable=counted):
            self._tell("set partitioning")
            self._gather()

    def best(self) -> Snapshot:
        return self.searches[0].snapshot(self.model)

    def steps(self) -> int:
        """Steps taken by all searches."""
        return sum(search.steps for search in self.searches)

    def share(self) -> float:
        """How much of the search is done, 0 to 1: by steps if they are limited, else by time."""
        if not self.model.tasks or not self.model.shifts:
            return 1.0
        steps = min(search.steps for search in self.searches)
        if self.iterations is not None:
            return steps / self.iterations if self.iterations else 1.0
        most = STEPS + STEPS_PER_PAIR * len(self.model.tasks) ** 2
        return max(self.clock.share(), steps / most)

    def _round(self, cooling: Cooling, until: float) -> None:
        self._rounds += 1
        if self.iterations is None:
            end = min(until, self.share() + ROUND / max(ROUND, self.clock.seconds))
        else:
            end = 0.0

        def work(number: int) -> None:
            search = self.searches[number]
            seeds = np.random.default_rng((self.seed, self._rounds, number))
            if self.iterations is None:
                self._until(search, cooling, end, seeds)
            else:
                steps = min(max(1, self.iterations // ROUNDS), self.iterations - search.steps)
                heat = cooling.at(search.steps / self.iterations)
                search.run(steps, hot=heat, cold=heat, seed=int(seeds.integers(2**31)))

        if len(self.searches) == 1:
            work(0)
            return
        with ThreadPoolExecutor(len(self.searches)) as pool:
            running = [pool.submit(work, number) for number in range(len(self.searches))]
            while wait(running, timeout=LONGEST).not_done:
                self.clock.over()
        for future in running:
            future.result()

    def _until(
        self, search: Search, cooling: Cooling, end: float, seeds: np.random.Generator
    ) -> None:
        """Calls of some milliseconds each until this share of the time is gone."""
        while True:
            begun, share = self.clock.elapsed(), self.share()
            if share >= end or self.clock.stopped:
                return
            heat = cooling.at(share)
            search.run(search.chunk, hot=heat, cold=heat, seed=int(seeds.integers(2**31)))
            took = self.clock.elapsed() - begun
            if took < SHORTEST:
                search.chunk = int(search.chunk * 1.5)
            elif took > LONGEST:
                search.chunk = max(10, int(search.chunk / 1.5))

    def _gather(self) -> None:
        """Everyone goes on from the best plan."""
        self.searches.sort(key=Search.worth)
        lead = self.searches[0]
        for other in self.searches[1:]:
            other.follow(lead)

    def _tell(self, phase: str) -> None:
        """Hand the best plan to the clock if it is a new one."""
        best = min(self.searches, key=Search.worth)
        if best.worth() != self._told:
            self._told = best.worth()
            self.clock.better(best.snapshot(self.model), phase)

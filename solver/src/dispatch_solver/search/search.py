"""One compiled search: a plan that is being changed, the best met so far, and routes remembered."""

from dataclasses import dataclass, field

import numpy as np

from dispatch_solver.eligibility import Span
from dispatch_solver.model import FOREVER, Model
from dispatch_solver.search import arrays as a
from dispatch_solver.search.anneal import NOTHING
from dispatch_solver.search.arrays import Floats, Instance, Tour, empty_tour
from dispatch_solver.search.memory import Memory, memory_of
from dispatch_solver.search.scratch import Scratch, scratch_of
from dispatch_solver.search.work import ANNEAL, BACK, BIND, CONSTRUCT, RETIME, TAKE_OVER, work
from dispatch_solver.state import Snapshot, State, Worth


@dataclass(slots=True)
class Search:
    """One thread's search over an instance. Not to be shared between threads."""

    instance: Instance
    tour: Tour = field(init=False)
    best: Tour = field(init=False)
    scratch: Scratch = field(init=False)
    memory: Memory = field(init=False)
    tiers: Floats = field(init=False)  # of the plan at hand, of the best
    steps: int = 0
    chunk: int = 50  # steps of one call into compiled code, by how long they take

    def __post_init__(self) -> None:
        self.tour = empty_tour(self.instance)
        self.best = empty_tour(self.instance)
        self.scratch = scratch_of(self.instance, self.tour)
        self.memory = memory_of(self.instance, self.tour)
        self.tiers = np.full((2, 3), np.inf)

    def start_from(self, state: State | None) -> None:
        """Take the plan of a state over; None: begun work alone."""
        if state is None:
            begun = self.instance.shift[:, a.STARTED]
            self.tour.stop[:, 0] = np.maximum(begun, 0)
            self.tour.length[:] = begun >= 0
        else:
            for s, route in enumerate(state.routes):
                self.tour.stop[s, : len(route)] = route
                self.tour.length[s] = len(route)
            self._meet(state)
        self._work(BIND)
        self._call_best()

    def construct(self, *, seed: int) -> None:
        """Put in what is left out, greedily."""
        self._work(CONSTRUCT, seed=seed)
        self._call_best()

    def run(self, steps: int, *, hot: float, cold: float, seed: int) -> bool:
        """Anneal for so many steps; True if a better plan was found."""
        self.steps += steps
        return self._work(ANNEAL, steps=steps, hot=hot, cold=cold, seed=seed) > 0

    def back_to_best(self) -> None:
        """Go on from the best plan."""
        self._work(BACK)

    def follow(self, other: "Search") -> None:
        """Go on from another search's best plan."""
        for mine, theirs in zip(self.best, other.best, strict=True):
            mine[...] = theirs
        self.tiers[1] = other.tiers[1]
        self._work(BACK)

    def enter(self, routes: dict[int, list[int]]) -> bool:
        """Change some routes of the best plan; False, and nothing changed, unless that is better.

        Linked tasks must stay where they are.
        """
        self.back_to_best()
        for s, route in routes.items():
            self.tour.stop[s, : len(route)] = route
            self.tour.length[s] = len(route)
        if self._work(TAKE_OVER) and _less(self.tiers[0], self.tiers[1]):
            self._call_best()
            return True
        self.back_to_best()
        return False

    def cost_of(self, shift: int) -> float:
        """What a route of the plan at hand costs, as one number."""
        second, third = self.tour.figure[shift, [a.COST2, a.COST3]]
        return float(self.instance.weight[a.TIER2] * second + third)

    def cost_empty(self, shift: int) -> float:
        """What an empty route costs: work is missing where it is balanced."""
        data = self.instance.shift[shift]
        off = float(data[a.USED_WORK] - data[a.SHARE]) if data[a.BALANCED] else 0.0
        return float(self.instance.weight[a.IMBALANCE]) * off * off

    def measure(self, shift: int, tasks: list[int]) -> float | None:
        """Cost of another route beside the plan at hand, which is lost; None: breaks a rule."""
        self.tour.stop[shift, : len(tasks)] = tasks
        self.tour.length[shift] = len(tasks)
        return self.cost_of(shift) if self._work(RETIME, steps=shift) else None

    def worth(self) -> Worth:
        """The tiers of the best plan."""
        first, second, third = self.tiers[1]
        return round(float(first), 6), round(float(second), 6), round(float(third), 6)

    def routes(self) -> list[list[int]]:
        """The best plan's tasks by shift."""
        return [self.best.stop[s, :n].tolist() for s, n in enumerate(self.best.length)]

    def snapshot(self, model: Model) -> Snapshot:
        """The best plan in the form the rest of the library knows."""
        routes = self.routes()
        placed = {t for route in routes for t in route}
        missing = {v for v, tasks in enumerate(model.tasks_of) if tasks[0] not in placed}
        return Snapshot(routes, self._holds(model), missing, self.worth())

    def _holds(self, model: Model) -> dict[tuple[str, int], dict[int, Span]]:
        """Meetings and cuts as the bounds that `State` keeps."""
        best, holds = self.best, {}
        owner = {t: s for s, route in enumerate(self.routes()) for t in route}
        for v in np.flatnonzero(best.meeting >= 0).tolist():
            meeting = int(best.meeting[v])
            gaps = self.instance.task[model.tasks_of[v]][:, [a.GAP_LEAST, a.GAP_MOST]].tolist()
            holds["crew", v] = {
                t: (meeting + least, meeting + most)
                for t, (least, most) in zip(model.tasks_of[v], gaps, strict=True)
            }
        for i in np.flatnonzero(best.cut[:, 0] >= 0).tolist():
            cut, last = best.cut[i].tolist()
            before, after, gap, most = self.instance.link[i].tolist()
            bounds: dict[int, Span] = {}
            for t in model.tasks_of[before]:
                bare = model.service(owner[t], t)
                least = cut - most - bare if t == last and most < FOREVER else -FOREVER
                bounds[t] = (least, cut - gap - bare - model.tasks[t].setup)
            bounds[model.tasks_of[after][0]] = (cut, cut if most < FOREVER else FOREVER)
            holds["precedence", i] = bounds
        return holds

    def _meet(self, state: State) -> None:
        """Meetings and cuts as the starts of a state's linked visits have them."""
        model, tour = state.model, self.tour
        tour.meeting[:] = -1
        tour.cut[:] = -1
        for v, tasks in enumerate(model.tasks_of):
            begun = model.problem.visits[v].started is not None
            if not model.linked[tasks[0]] or v in state.missing or begun:
                continue
            start = state.start_of(tasks[0])
            if len(tasks) > 1:
                tour.meeting[v] = start
            for i in model.befores.get(v, ()):
                before = int(self.instance.link[i, a.BEFORE])
                ends = [
                    (state.start_of(t) + model.service(state.route_of[t], t), t)
                    for t in model.tasks_of[before]
                ]
                tour.cut[i] = start, max(ends)[1]

    def _call_best(self) -> None:
        """Call the plan at hand the best."""
        for mine, theirs in zip(self.best, self.tour, strict=True):
            mine[...] = theirs
        self.tiers[1] = self.tiers[0]

    def _work(
        self, what: int, *, steps: int = 0, hot: float = 1.0, cold: float = 1.0, seed: int = 0
    ) -> int:
        return work(
            self.instance,
            self.tour,
            self.best,
            self.scratch,
            self.memory,
            self.tiers,
            what,
            steps,
            float(hot),
            float(cold),
            seed,
        )


def _less(one: Floats, other: Floats) -> bool:
    """Whether one plan is better than the other, tier by tier."""
    for mine, theirs in zip(one.tolist(), other.tolist(), strict=True):
        if abs(mine - theirs) > NOTHING:
            return mine < theirs
    return False

"""One compiled search: a plan that is being changed, the best met so far, and routes remembered."""

from dataclasses import dataclass, field

import numpy as np

from dispatch_solver.eligibility import Span
from dispatch_solver.model import FOREVER, Model
from dispatch_solver.search import arrays as a
from dispatch_solver.search import scratch as x
from dispatch_solver.search.anneal import anneal, construct, keep, tiers_of
from dispatch_solver.search.arrays import Floats, Instance, Tour, empty_tour
from dispatch_solver.search.bonds import set_bounds, start_of
from dispatch_solver.search.memory import Memory, memory_of
from dispatch_solver.search.scratch import Scratch, scratch_of
from dispatch_solver.search.timing import retime
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

    def __post_init__(self) -> None:
        self.tour = empty_tour(self.instance)
        self.best = empty_tour(self.instance)
        self.scratch = scratch_of(self.instance, self.tour)
        self.memory = memory_of(self.instance, self.tour)
        self.tiers = np.full((2, 3), np.inf)
        self._retime()

    def start_from(self, state: State) -> None:
        """Take the plan of a state over."""
        self._clear()
        for s, route in enumerate(state.routes):
            self.tour.stop[s, : len(route)] = route
            self.tour.length[s] = len(route)
        self._retime()
        self._bind()
        self._take_stock()

    def construct(self, seed: int) -> None:
        """Put in what is left out, greedily."""
        construct(self.instance, self.tour, self.scratch, seed)
        self._take_stock()

    def run(self, steps: int, *, hot: float, cold: float, seed: int) -> bool:
        """Anneal for so many steps; True if a better plan was found."""
        self.tiers[0] = tiers_of(self.instance, self.tour)
        found = anneal(
            self.instance,
            self.tour,
            self.best,
            self.scratch,
            self.memory,
            self.tiers,
            steps,
            hot,
            cold,
            seed,
        )
        self.steps += steps
        return found > 0

    def back_to_best(self) -> None:
        """Go on from the best plan."""
        self._adopt(self.best)

    def follow(self, other: "Search") -> None:
        """Go on from another search's best plan."""
        self._adopt(other.best)
        self._take_stock()

    def enter(self, routes: dict[int, list[int]]) -> bool:
        """Change some routes of the best plan; False, and nothing changed, unless that is better.

        Linked tasks must stay where they are.
        """
        self.back_to_best()
        before = tuple(self.tiers[1])
        for s, route in routes.items():
            for p in range(self.tour.length[s]):
                self.tour.route_of[self.tour.stop[s, p]] = -1
            self.tour.stop[s, : len(route)] = route
            self.tour.length[s] = len(route)
        feasible = all([retime(self.instance, self.tour, s) for s in routes])
        if feasible:
            self._list_left()
            tiers = tiers_of(self.instance, self.tour)
            if _less(tiers, before):
                self._take_stock()
                return True
        self.back_to_best()
        return False

    def worth(self) -> Worth:
        """The tiers of the best plan."""
        first, second, third = self.tiers[1]
        return float(first), float(second), float(third)

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

    def _adopt(self, source: Tour) -> None:
        self._clear()
        keep(source, self.tour)
        self._retime()
        self._list_left()

    def _clear(self) -> None:
        self.tour.length[:] = 0
        self.tour.route_of[:] = -1
        self.tour.meeting[:] = -1
        self.tour.cut[:] = -1
        self.tour.bound[:, 0], self.tour.bound[:, 1] = -FOREVER, FOREVER

    def _retime(self) -> None:
        for s in range(len(self.instance.shift)):
            retime(self.instance, self.tour, s)

    def _bind(self) -> None:
        """Meetings and cuts of what is placed, from the starts the routes give."""
        instance, tour = self.instance, self.tour
        crews = instance.crew[:, 1] > 1
        for v in np.flatnonzero(crews).tolist():
            lead = instance.crew[v, 0]
            if tour.route_of[lead] >= 0 and not instance.task[lead, a.FIXED]:
                tour.meeting[v] = start_of(instance, tour, lead)
        for i, (before, after, _, _) in enumerate(instance.link.tolist()):
            lead, first = instance.crew[after, 0], instance.crew[before, 0]
            begun = instance.task[lead, a.FIXED]
            if begun or tour.route_of[lead] < 0 or tour.route_of[first] < 0:
                continue
            crew = range(first, first + instance.crew[before, 1])
            ends = [
                (start_of(instance, tour, t) + tour.onsite[tour.route_of[t], tour.index_of[t]], t)
                for t in crew
            ]
            tour.cut[i] = start_of(instance, tour, lead), max(ends)[1]
        for v in range(len(instance.crew)):
            if instance.task[instance.crew[v, 0], a.LINKED]:
                set_bounds(instance, tour, self.scratch, v)
        self.scratch.count[x.BONDS] = 0
        self._retime()

    def _list_left(self) -> None:
        """Write the list of visits left out anew."""
        self.scratch.count[x.LEFT] = 0
        self.scratch.is_left[:] = -1
        first = self.instance.crew[:, 0]
        for i, v in enumerate(np.flatnonzero(self.tour.route_of[first] < 0).tolist()):
            self.scratch.left[i], self.scratch.is_left[v] = v, i
            self.scratch.count[x.LEFT] = i + 1
        self.scratch.worst[:] = self.tour.figure[:, a.LATEST_START].max(initial=0.0)

    def _take_stock(self) -> None:
        """Call the plan at hand the best."""
        self._list_left()
        self.tiers[:] = tiers_of(self.instance, self.tour)
        keep(self.tour, self.best)


def _less(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    for x1, x2 in zip(one, other, strict=True):
        if abs(x1 - x2) > 1e-6:
            return x1 < x2
    return False

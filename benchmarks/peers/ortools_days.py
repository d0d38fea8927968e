"""OR-Tools routing by the book: one plain model of the whole day, none of our code around it."""

import time
from collections.abc import Sequence
from functools import partial
from itertools import combinations, pairwise
from typing import Any

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from benchmarks.entrant import Answer, Entrant, NoAnswer
from benchmarks.features import missing, unseen
from benchmarks.peers.timetable import plan_of
from benchmarks.peers.view import Ints, View
from dispatch_solver import Problem

CAN = frozenset(
    {
        *("breaks", "several breaks", "several windows", "crews", "balance"),
        *("several shifts a person", "several ways of travel"),
    }
)
# Half seconds: a quadratic cost of balance needs whole numbers.
SCALE = 2
# Nodes squared: what a matrix handed over as lists costs in memory.
MOST_NODES = 6_000


def refuses(problem: Problem) -> str | None:
    """Rules it has no words for, or a matrix too large to be handed over."""
    nodes = sum(len(visit.needs) for visit in problem.visits) + len(problem.technicians)
    if nodes > MOST_NODES:
        return f"{nodes} nodes: the matrix of one list per row takes too much memory"
    return missing(problem, CAN)


def solve(problem: Problem, seconds: float, seed: int, *, iterated: bool) -> Answer:
    """A plan by guided local search, or by iterated local search with string removals.

    The library takes no seed; runs differ only by the machine's speed.
    """
    begun = time.monotonic()
    model = _Model(View(problem))
    left = seconds - (time.monotonic() - begun)
    if left <= 0:
        raise NoAnswer("the time was over before the model was built")
    orders = model.run(left, iterated=iterated)
    if orders is None:
        raise NoAnswer("found nothing in the time")
    first = None if model.first is None else model.first - begun
    plan = plan_of(problem, orders, engine="ortools", seed=seed)
    return Answer(plan, first_s=first)


class _Model:
    """Node j is job j; then come the starts, then the ends of the shifts."""

    def __init__(self, view: View) -> None:
        self.view, self.first = view, None
        jobs, shifts = len(view.jobs), len(view.shifts)
        starts = list(range(jobs, jobs + shifts))
        ends = list(range(jobs + shifts, jobs + 2 * shifts))
        self.manager = pywrapcp.RoutingIndexManager(jobs + 2 * shifts, shifts, starts, ends)
        self.routing = pywrapcp.RoutingModel(self.manager)
        origins = [view.row[shift.from_place] for _, shift in view.shifts if shift.from_place]
        goals = [view.row[shift.to_place] for _, shift in view.shifts if shift.to_place]
        self.places = np.concatenate([view.place, np.array([*origins, *goals], np.int64)])
        self._add_travel()
        self._add_choice()
        self._add_crews()
        self._add_breaks()
        self._add_balance()

    def _matrix(self, way: str) -> Ints:
        return self.view.durations(way)[np.ix_(self.places, self.places)]

    def _spent(self, way: str) -> Ints:
        """Time on site at the row's node, then the way to the column's."""
        onsite = np.zeros(len(self.places), np.int64)
        onsite[: len(self.view.jobs)] = self.view.seconds
        return self._matrix(way) + onsite[:, None]

    def _add_travel(self) -> None:
        view, routing = self.view, self.routing
        ways = list(view.problem.travel)
        cost = {w: routing.RegisterTransitMatrix((SCALE * self._matrix(w)).tolist()) for w in ways}
        spent = {w: routing.RegisterTransitMatrix(self._spent(w).tolist()) for w in ways}
        people = [person for person, _ in view.shifts]
        for s, person in enumerate(people):
            routing.SetArcCostEvaluatorOfVehicle(cost[person.travel], s)
        day = view.horizon
        transits = [spent[person.travel] for person in people]
        routing.AddDimensionWithVehicleTransits(transits, day, day, False, "time")
        self.time = routing.GetDimensionOrDie("time")
        for s, (_, shift) in enumerate(view.shifts):
            for end in (routing.Start(s), routing.End(s)):
                self.time.CumulVar(end).SetRange(shift.start, shift.end)

    def _add_choice(self) -> None:
        """When and by whom each job may be done, and what leaving it out costs."""
        for j, spans in enumerate(self.view.spans):
            index = self.manager.NodeToIndex(j)
            able = np.flatnonzero(self.view.able[:, j]).tolist() if spans else []
            self.routing.AddDisjunction([index], SCALE * self._prize(j))
            self.routing.VehicleVar(index).SetValues([-1, *able])
            if spans and self.view.jobs[j][1] == 0:
                self._within(index, spans)

    def _prize(self, job: int) -> int:
        """The job's part of what leaving its visit out costs."""
        visit, k = self.view.jobs[job]
        return int(self.view.prize[job - k]) // len(visit.needs)

    def _within(self, index: int, spans: Sequence[tuple[int, int]]) -> None:
        start = self.time.CumulVar(index)
        start.SetRange(spans[0][0], spans[-1][1])
        for (_, closed), (opens, _) in pairwise(spans):
            start.RemoveInterval(closed + 1, opens - 1)

    def _add_crews(self) -> None:
        """Members of a crew start at the same time and are different people.

        That all or none are there cannot be asked: the library places one node at a time, so it
        would place no crew at all. Each member earns its part of the prize instead, and crews
        that end incomplete are left out (see `_complete`).
        """
        solver = self.routing.solver()
        for jobs in self._crews():
            nodes = [self.manager.NodeToIndex(j) for j in jobs]
            for a, b in combinations(nodes, 2):
                apart = self.routing.VehicleVar(a) != self.routing.VehicleVar(b)
                solver.Add(apart + (1 - self.routing.ActiveVar(a)) >= 1)
            for member in nodes[1:]:
                solver.Add(self.time.CumulVar(nodes[0]) == self.time.CumulVar(member))

    def _crews(self) -> list[list[int]]:
        crews: dict[str, list[int]] = {}
        for j, (visit, _) in enumerate(self.view.jobs):
            crews.setdefault(visit.id, []).append(j)
        return [jobs for jobs in crews.values() if len(jobs) > 1]

    def _complete(self, orders: list[list[int]]) -> list[list[int]]:
        """The orders without members of crews that are not all there."""
        there = {j for order in orders for j in order}
        drop = {j for jobs in self._crews() if not there.issuperset(jobs) for j in jobs}
        return [[j for j in order if j not in drop] for order in orders]

    def _add_breaks(self) -> None:
        solver = self.routing.solver()
        onsite = [0] * self.routing.Size()
        for j, seconds in enumerate(self.view.seconds.tolist()):
            onsite[self.manager.NodeToIndex(j)] = seconds
        for s, (_, shift) in enumerate(self.view.shifts):
            rests = [
                solver.FixedDurationIntervalVar(
                    rest.earliest, rest.latest, rest.duration, False, f"rest {s} {b}"
                )
                for b, rest in enumerate(shift.breaks)
            ]
            if rests:
                self.time.SetBreakIntervalsOfVehicle(rests, s, onsite)

    def _add_balance(self) -> None:
        """The square of the minutes above the fair share; what is below it cannot be said."""
        view, weight = self.view, self.view.problem.weights.imbalance
        if not weight or all(shift.fair_share is None for _, shift in view.shifts):
            return
        spent = {way: self._spent(way) // 60 for way in view.problem.travel}
        known = {w: self.routing.RegisterTransitMatrix(m.tolist()) for w, m in spent.items()}
        transits = [known[person.travel] for person, _ in view.shifts]
        self.routing.AddDimensionWithVehicleTransits(transits, 0, 2 * 1440, True, "work")
        work = self.routing.GetDimensionOrDie("work")
        square = max(1, round(SCALE * weight / 3600))
        for s, (_, shift) in enumerate(view.shifts):
            if shift.fair_share is not None:
                share = max(0, shift.fair_share - shift.used_work) // 60
                cost = pywrapcp.BoundCost(share, square)
                work.SetQuadraticCostSoftSpanUpperBoundForVehicle(cost, s)

    def _found(self) -> None:
        if self.first is None:
            self.first = time.monotonic()

    def run(self, seconds: float, *, iterated: bool) -> list[list[int]] | None:
        """The jobs of each shift in their order; None when nothing was found."""
        parameters = pywrapcp.DefaultRoutingSearchParameters()
        parameters.time_limit.FromMilliseconds(max(1, int(1000 * seconds)))
        self.routing.AddAtSolutionCallback(self._found)
        # The library's own choice finds nothing for seconds; this is its quickest that is good.
        parameters.first_solution_strategy = (
            routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
        )
        if iterated:
            _iterate(parameters)
            # The iterated search is only run by this call.
            solution = self.routing.SolveWithIteratedLocalSearch(parameters)
        else:
            search = routing_enums_pb2.LocalSearchMetaheuristic
            parameters.local_search_metaheuristic = search.GUIDED_LOCAL_SEARCH
            solution = self.routing.SolveWithParameters(parameters)
        if solution is None:
            return None
        orders = [self._order(solution, s) for s in range(len(self.view.shifts))]
        return self._complete(orders)

    def _order(self, solution: pywrapcp.Assignment, shift: int) -> list[int]:
        order = []
        index = solution.Value(self.routing.NextVar(self.routing.Start(shift)))
        while not self.routing.IsEnd(index):
            order.append(self.manager.IndexToNode(index))
            index = solution.Value(self.routing.NextVar(index))
        return order


def _iterate(parameters: Any) -> None:
    """Slack induction by string removals with simulated annealing, as the library offers it."""
    parameters.use_iterated_local_search = True
    iterated = parameters.iterated_local_search_parameters
    strings = iterated.ruin_recreate_parameters.ruin_strategies.add().sisr
    strings.max_removed_sequence_size = 10
    strings.avg_num_removed_visits = 15
    strings.bypass_factor = 0.01
    cooling = iterated.reference_solution_acceptance_strategy.simulated_annealing
    cooling.initial_temperature, cooling.final_temperature = 600, 10


def _entrant(name: str, *, iterated: bool) -> Entrant:
    return Entrant(
        name=name,
        package="ortools",
        solve=partial(solve, iterated=iterated),
        refuses=refuses,
        blind=lambda problem: unseen(problem, frozenset({"balance"})),
    )


ORTOOLS_GLS = _entrant("ortools-gls", iterated=False)
ORTOOLS_ILS = _entrant("ortools-ils", iterated=True)

"""OR-Tools routing over a group of shifts, warm-started from their present routes.

Linked tasks take part as they are held: within their bounds and on their own shift. The model is
simpler than the schedule where OR-Tools cannot say it (set-up within a place, quadratic balance,
work that has begun), so what it answers is entered only where the exact schedule accepts it and
the exact worth is better.
"""

import time
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from dispatch_solver.construct import Stop
from dispatch_solver.eligibility import Ints
from dispatch_solver.model import FOREVER, Model
from dispatch_solver.problem import MOST_SECONDS
from dispatch_solver.schedule import breaks_of
from dispatch_solver.state import State

HORIZON = 2 * MOST_SECONDS
# Costs are scaled so that fractions of weights survive the rounding to whole numbers.
SCALE = 10


@dataclass(slots=True)
class Group:
    """The part of the plan that is searched: some shifts, their tasks and some left out."""

    shifts: list[int]
    tasks: list[int]


def improve(state: State, group: Group, *, seconds: float, stop: Stop) -> bool:
    """Search the group for `seconds` or until `stop`; True if the state became better."""
    if seconds < 0.05 or not group.tasks or not group.shifts:
        return False
    begun = time.monotonic()
    search = _Search(state, group)
    # Building a large model takes its part of the time.
    left = seconds - (time.monotonic() - begun)
    routes = search.run(left, stop) if left >= 0.05 else None
    return routes is not None and _enter(state, group, routes)


class _Search:
    """One routing model; node i is task i of the group, then come starts and ends."""

    def __init__(self, state: State, group: Group) -> None:
        self.state, self.group = state, group
        count, shifts = len(group.tasks), len(group.shifts)
        starts = list(range(count, count + shifts))
        ends = list(range(count + shifts, count + 2 * shifts))
        self.manager = pywrapcp.RoutingIndexManager(count + 2 * shifts, shifts, starts, ends)
        self.routing = pywrapcp.RoutingModel(self.manager)
        self._add_costs()
        self._add_time()
        self._add_work()
        self._add_load()
        self._add_choice()

    def _places(self) -> Ints:
        model = self.state.model
        data = [model.shifts[s] for s in self.group.shifts]
        places = [model.tasks[t].place for t in self.group.tasks]
        return np.array([*places, *(d.origin for d in data), *(d.goal for d in data)])

    def _travel(self, shift: int) -> tuple[Ints, Ints]:
        model = self.state.model
        places, way = self._places(), model.shifts[shift].way
        grid = np.ix_(places, places)
        return (
            model.durations[way][grid].astype(np.int64),
            model.distances[way][grid].astype(np.int64),
        )

    def _on_site(self, shift: int) -> Ints:
        """Seconds on site by node, set-up included."""
        model, tasks = self.state.model, self.group.tasks
        ends = np.zeros(2 * len(self.group.shifts), np.int64)
        return np.concatenate([model.services(shift, tasks) + model.setup[tasks], ends])

    def _add_costs(self) -> None:
        model, weights = self.state.model, self.state.model.problem.weights
        for v, s in enumerate(self.group.shifts):
            seconds, metres = self._travel(s)
            cost = weights.travel_second * seconds + weights.travel_metre * metres
            cost[:, : len(self.group.tasks)] += model.standings(s, self.group.tasks)
            matrix = np.rint(SCALE * cost).astype(np.int64).tolist()
            self.routing.SetArcCostEvaluatorOfVehicle(self.routing.RegisterTransitMatrix(matrix), v)
            self.routing.SetFixedCostOfVehicle(round(SCALE * weights.technician_used), v)

    def _transits(self) -> list[int]:
        out = []
        for s in self.group.shifts:
            seconds, _ = self._travel(s)
            onsite = self._on_site(s)
            matrix = seconds + onsite[:, None]
            begun = self.state.model.shifts[s].started
            if begun in self.group.tasks:
                matrix[len(self.group.tasks) :, self.group.tasks.index(begun)] = 0
            out.append(self.routing.RegisterTransitMatrix(matrix.tolist()))
        return out

    def _add_time(self) -> None:
        state, routing = self.state, self.routing
        model, weights = state.model, state.model.problem.weights
        routing.AddDimensionWithVehicleTransits(self._transits(), HORIZON, HORIZON, False, "time")
        clock = routing.GetDimensionOrDie("time")
        for i, t in enumerate(self.group.tasks):
            index = self.manager.NodeToIndex(i)
            spans = list(state.windows(t))
            cumul = clock.CumulVar(index)
            if not spans:
                routing.VehicleVar(index).SetValues([-1])
                continue
            cumul.SetRange(max(0, spans[0][0]), min(HORIZON, spans[-1][1]))
            for (_, closed), (opens, _) in pairwise(spans):
                cumul.RemoveInterval(closed + 1, opens - 1)
            late = state.scales.tier2 * float(model.late_rate[t]) + weights.late_second
            late = round(SCALE * late)
            task = model.tasks[t]
            if task.due is not None and late:
                clock.SetCumulVarSoftUpperBound(index, task.due, late)
            elif task.promise is not None:
                rate = SCALE * state.scales.tier2 * weights.promise_broken / 3600.0
                clock.SetCumulVarSoftUpperBound(index, task.promise[1], max(1, round(rate)))
        onsite_by_index = [0] * (routing.Size() + len(self.group.shifts))
        for i, t in enumerate(self.group.tasks):
            onsite_by_index[self.manager.NodeToIndex(i)] = int(
                model.setup[t] + model.services(self.group.shifts, t).max()
            )
        solver = routing.solver()
        for v, s in enumerate(self.group.shifts):
            data = model.shifts[s]
            begun = data.started is not None
            earliest = model.tasks[data.started].windows[0][0] if begun else data.start  # type: ignore[index]
            clock.CumulVar(routing.Start(v)).SetRange(min(earliest, data.start), data.limit)
            clock.CumulVar(routing.End(v)).SetRange(0, data.limit)
            clock.SetCumulVarSoftUpperBound(
                routing.End(v), data.end, max(0, round(SCALE * weights.overtime_second))
            )
            rests = [
                solver.FixedDurationIntervalVar(
                    rest.earliest, rest.latest, rest.duration, False, f"rest {v} {k}"
                )
                for k, rest in enumerate(breaks_of(model, s))
            ]
            if rests:
                clock.SetBreakIntervalsOfVehicle(rests, v, onsite_by_index)

    def _add_work(self) -> None:
        """Work limits, and fair shares as a cost on what is above them."""
        model, routing = self.state.model, self.routing
        data = [model.shifts[s] for s in self.group.shifts]
        weight = model.problem.weights.imbalance
        if all(d.work_limit >= FOREVER for d in data) and (
            not weight or all(d.fair_share is None for d in data)
        ):
            return
        routing.AddDimensionWithVehicleTransits(self._transits(), 0, HORIZON, True, "work")
        work = routing.GetDimensionOrDie("work")
        for v, d in enumerate(data):
            most = max(0, min(HORIZON, d.work_limit - d.used_work))
            work.CumulVar(routing.End(v)).SetMax(most)
            if d.fair_share is not None and weight:
                share = max(0, d.fair_share - d.used_work)
                # In minutes the squares stay far from the limits of whole numbers.
                slope = max(1, round(SCALE * weight / 3600.0))
                work.SetCumulVarSoftUpperBound(routing.End(v), share, slope)

    def _add_load(self) -> None:
        model, group = self.state.model, self.group
        capacity = [model.shifts[s].capacity for s in group.shifts]
        load = model.load[group.tasks]
        if load.sum() <= min(capacity):
            return
        by_node = [*load.tolist(), *[0] * (2 * len(group.shifts))]
        units = self.routing.RegisterUnaryTransitVector(by_node)
        self.routing.AddDimensionWithVehicleCapacity(units, 0, capacity, True, "load")

    def _add_choice(self) -> None:
        """Who may do what, and what leaving out costs; linked and begun tasks stay put."""
        state, model = self.state, self.state.model
        for i, t in enumerate(self.group.tasks):
            index = self.manager.NodeToIndex(i)
            at = state.route_of[t]
            fixed = model.linked[t] or any(model.shifts[s].started == t for s in self.group.shifts)
            able = [
                v
                for v, s in enumerate(self.group.shifts)
                if model.can(s, t) and (not fixed or s == at)
            ]
            if fixed:
                self.routing.VehicleVar(index).SetValues(able)
                continue
            weight = float(model.unserved[model.tasks[t].visit]) * state.scales.tier1
            self.routing.AddDisjunction([index], min(10**12, round(SCALE * weight)))
            self.routing.VehicleVar(index).SetValues([-1, *able])

    def run(self, seconds: float, stop: Stop) -> list[list[int]] | None:
        """Routes of the group's shifts, or None when nothing was found in time."""
        parameters = pywrapcp.DefaultRoutingSearchParameters()
        parameters.time_limit.FromMilliseconds(max(1, int(1000 * seconds)))
        parameters.local_search_metaheuristic = (
            routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
        )
        parameters.lns_time_limit.FromMilliseconds(100)
        number = {t: i for i, t in enumerate(self.group.tasks)}
        present = [
            [self.manager.NodeToIndex(number[t]) for t in self.state.routes[s]]
            for s in self.group.shifts
        ]
        # Asked all the time, it also lets progress be reported while OR-Tools holds the GIL.
        self.routing.AddSearchMonitor(self.routing.solver().CustomLimit(stop))
        self.routing.CloseModelWithParameters(parameters)
        hint = self.routing.ReadAssignmentFromRoutes(present, True)
        solution = (
            self.routing.SolveFromAssignmentWithParameters(hint, parameters)
            if hint is not None
            else self.routing.SolveWithParameters(parameters)
        )
        if solution is None:
            return None
        routes = []
        for v in range(len(self.group.shifts)):
            index, route = solution.Value(self.routing.NextVar(self.routing.Start(v))), []
            while not self.routing.IsEnd(index):
                route.append(self.group.tasks[self.manager.IndexToNode(index)])
                index = solution.Value(self.routing.NextVar(index))
            routes.append(route)
        return routes


def _enter(state: State, group: Group, routes: list[list[int]]) -> bool:
    """Take the routes over if the exact schedule accepts them all and the plan gets better."""
    before = state.worth()
    state.begin()
    placed = {t for route in routes for t in route}
    for s, route in zip(group.shifts, routes, strict=True):
        if route != state.routes[s] and not state.set_route(s, route):
            state.rollback()
            return False
    for t in group.tasks:
        if not state.model.linked[t]:
            v = state.model.tasks[t].visit
            (state.missing.discard if t in placed else state.missing.add)(v)
    if state.worth() >= before:
        state.rollback()
        return False
    state.commit()
    return True


def group_around(state: State, shift: int, *, most_shifts: int, most_tasks: int) -> Group:
    """The shifts nearest to one shift, and the tasks left out that they could do."""
    model = state.model
    centre = _centres(model, state)
    far = np.abs(centre - centre[shift]).sum(axis=1)
    order = [int(s) for s in np.argsort(far, kind="stable")]
    chosen: list[int] = []
    tasks: list[int] = []
    for s in order:
        if len(chosen) >= most_shifts or len(tasks) + len(state.routes[s]) > most_tasks:
            break
        chosen.append(s)
        tasks += state.routes[s]
    missing = [
        t
        for v in sorted(state.missing)
        for t in model.tasks_of[v]
        if not model.linked[t] and model.may(chosen, t).any()
    ]
    return Group(chosen, tasks + missing[: max(0, most_tasks - len(tasks))])


def _centres(model: Model, state: State) -> np.ndarray:
    """A rough position of each shift: travel from a few landmarks to its stops, on average."""
    size = model.open_place
    landmarks = np.linspace(0, max(0, size - 1), num=min(8, max(1, size))).astype(int)
    out = np.zeros((len(state.routes), len(landmarks)))
    for s, route in enumerate(state.routes):
        places = [model.tasks[t].place for t in route] or [model.shifts[s].origin]
        travel = model.durations[model.shifts[s].way]
        out[s] = travel[landmarks[:, None], places].mean(axis=1)
    return out

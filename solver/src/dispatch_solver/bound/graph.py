"""One shift as a graph: what its route may visit, as plain arrays for the pricing.

The only file of the bound that reads the compiled model. Nodes 0..n-1 are the tasks this shift
can do at all, node n is its start and its end.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dispatch_solver.bound.rates import Rates
from dispatch_solver.bound.starts import Starts, starts_of
from dispatch_solver.eligibility import Floats, Ints, holder
from dispatch_solver.model import FOREVER, Model, ShiftData
from dispatch_solver.schedule import breaks_of
from dispatch_solver.terms.imbalance import HOUR, imbalance

Ints32 = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class ShiftGraph:
    """A class of interchangeable shifts. Times in seconds, costs as the rates weigh them."""

    shifts: tuple[int, ...]
    tasks: Ints  # node to task
    visits: Ints  # node to visit: nobody serves two parts of one visit
    place: Ints
    travel: Ints32  # (n+1) x (n+1); row n: from the start, column n: to the end
    cost: Floats  # the same shape: travel and what the task costs whoever came before
    bare: Ints32  # seconds on site without set-up
    setup: Ints32
    load: Ints
    first: Ints  # n x W: spans of starts, see starts.py
    last: Ints
    span_cost: Floats
    due: Ints
    late_rate: Floats
    breaks: Ints  # B x 3: earliest, latest, duration
    start: int
    end: int
    limit: int
    capacity: int
    work_limit: int  # what is left of it
    overtime_rate: float
    curve: float  # cost per squared second between work and fair share
    fair: float  # fair share, less work already done
    fixed: float  # cost of having a route at all
    begun: int  # node that has begun and comes first; -1: none
    begun_alone: float  # cost of the route of that node alone, which breaks and limits may not bind
    least_home: Ints  # shortest travel from each node to the end, by other nodes if that is quicker

    @property
    def size(self) -> int:
        return len(self.tasks)

    def balance(self, work: float) -> float:
        """What this much work in the shift costs for being far from the fair share."""
        return self.curve * (work - self.fair) ** 2

    @property
    def empty(self) -> float:
        """The cost of the shift without a route."""
        return self.balance(0.0)


def graphs_of(model: Model, rates: Rates) -> list[ShiftGraph]:
    """One graph per class of shifts."""
    starts = starts_of(model, rates)
    groups: dict[object, list[int]] = {}
    holding = _holders(model)
    for s, data in enumerate(model.shifts):
        # Who holds a visit in time is a class of its own: moving it costs that person alone.
        alone = data.started is not None or data.technician in holding
        groups.setdefault(("one", s) if alone else int(model.route_class[s]), []).append(s)
    return [_graph(model, rates, starts, tuple(group)) for group in groups.values()]


def _holders(model: Model) -> set[int]:
    names = [
        holder(model.problem.visits[task.visit], 0)
        for task in model.tasks
        if task.moved_from is not None
    ]
    return {model.technician_index[name] for name in names if name in model.technician_index}


def _graph(model: Model, rates: Rates, starts: Starts, group: tuple[int, ...]) -> ShiftGraph:
    shift = group[0]
    data, weights = model.shifts[shift], model.problem.weights
    person = model.problem.technicians[data.technician].id
    tasks = _reachable(model, data, shift, starts)
    ends = np.append(model.place[tasks], data.goal)
    origins = np.append(model.place[tasks], data.origin)
    travel = model.durations[data.way][np.ix_(origins, ends)].astype(np.int32)
    metres = model.distances[data.way][np.ix_(origins, ends)]
    late = model.late_rate[tasks] * rates.tier2 + rates.tier3 * weights.late_second
    keeps = np.array(
        [holder(model.problem.visits[model.tasks[t].visit], 0) == person for t in tasks], bool
    )
    begun = -1 if data.started is None else int(np.flatnonzero(tasks == data.started)[0])
    service = model.services(shift, tasks)
    if begun >= 0:
        # No travel to what has begun, and nothing but it comes first.
        travel[-1, :], metres[-1, :] = 0, 0
    cost = weights.travel_second * travel + weights.travel_metre * metres
    cost[:, :-1] += model.standings(shift, tasks)[None, :]
    cost *= rates.tier3
    rests = breaks_of(model, shift)
    curve = 0.0 if data.fair_share is None else rates.tier3 * weights.imbalance / HOUR**2
    graph = ShiftGraph(
        shifts=group,
        tasks=tasks,
        visits=np.array([model.tasks[t].visit for t in tasks], np.int64),
        place=model.place[tasks],
        travel=travel,
        cost=cost,
        bare=service.astype(np.int32),
        setup=model.setup[tasks].astype(np.int32),
        load=model.load[tasks],
        first=np.ascontiguousarray(starts.first[tasks]),
        last=np.ascontiguousarray(starts.last[tasks]),
        span_cost=np.where(keeps[:, None], starts.kept_cost[tasks], starts.cost[tasks]),
        due=model.due[tasks],
        late_rate=late,
        breaks=np.array([(r.earliest, r.latest, r.duration) for r in rests], np.int64).reshape(
            -1, 3
        ),
        start=data.start if begun < 0 else min(data.start, int(starts.first[tasks[begun], 0])),
        end=data.end,
        limit=data.limit,
        capacity=data.capacity,
        work_limit=min(data.work_limit - data.used_work, FOREVER),
        overtime_rate=rates.tier3 * weights.overtime_second,
        curve=curve,
        fair=0.0 if data.fair_share is None else float(data.fair_share - data.used_work),
        fixed=rates.tier3 * weights.technician_used,
        begun=begun,
        begun_alone=0.0,
        least_home=_shortest_home(travel.astype(np.int64)),
    )
    return graph if begun < 0 else _with_lone_route(graph)


def _reachable(model: Model, data: ShiftData, shift: int, starts: Starts) -> Ints:
    """The tasks that fit into this shift by themselves."""
    tasks = np.flatnonzero(model.may(shift, np.arange(len(model.tasks))))
    if not len(tasks):
        return tasks
    if data.started is not None:
        return tasks  # begun work may lie before the shift's start
    # No travel counted: where going by another stop is quicker, the direct way rules nothing out.
    first, last = starts.first[tasks], starts.last[tasks]
    begin = np.where(last >= data.start, np.maximum(first, data.start), FOREVER).min(axis=1)
    fits = begin + model.services(shift, tasks) <= data.limit
    fits &= model.load[tasks] <= data.capacity
    return tasks[fits]


def _shortest_home(travel: Ints) -> Ints:
    """Shortest ways to the last node; rounded road matrices break the triangle inequality."""
    home = travel[:, -1].copy()
    while True:
        shorter = np.minimum(home, (travel[:, :-1] + home[:-1]).min(axis=1, initial=home.max()))
        if (shorter == home).all():
            return home
        home = shorter


def _with_lone_route(graph: ShiftGraph) -> ShiftGraph:
    node, home = graph.begun, graph.size
    work = int(graph.bare[node] + graph.setup[node] + graph.travel[node, home])
    begin = int(graph.first[node, 0])
    late = float(graph.late_rate[node]) * max(0, begin - int(graph.due[node]))
    over = graph.overtime_rate * max(0, begin + work - graph.end)
    cost = graph.fixed + float(graph.cost[home, node]) + float(graph.span_cost[node, 0]) + late
    cost += float(graph.cost[node, home]) + over + graph.balance(work)
    return replace(graph, begun_alone=cost - graph.empty)


def constant_cost(model: Model, rates: Rates) -> float:
    """What the empty shifts cost; a route's cost is counted as what it adds to that."""
    weights = model.problem.weights
    return sum(
        rates.tier3 * weights.imbalance * imbalance(data.used_work, data.fair_share)
        for data in model.shifts
    )

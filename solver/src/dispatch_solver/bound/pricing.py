"""The pricing problem of one class of shifts: its memory, its table, its labeling."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from dispatch_solver.bound.arrays import (
    BEFORE,
    INFINITE,
    LABELS,
    LOWEST,
    NODE,
    UNEXPLORED,
    Ints32,
    Net,
    Rules,
    Store,
    Table,
    Words,
)
from dispatch_solver.bound.completion import complete
from dispatch_solver.bound.cuts import Cut, cut_arrays
from dispatch_solver.bound.duals import Duals
from dispatch_solver.bound.graph import ShiftGraph
from dispatch_solver.bound.labeling import label_routes
from dispatch_solver.eligibility import Flags, Floats, Ints
from dispatch_solver.model import FOREVER

# A grain of the completion table is two to this many seconds; finer is tighter, and slower.
GRAIN = 8
LEAST_GRAIN = 5
MOST_GRAINS = 700
ROUTES_EACH = 20
QUICK_LEGS = 16
SLOT = 8  # two to this many seconds are a slot of labels where there is no table
SPAN = 5  # two to this many slots are a list of labels to compare with
NEGLIGIBLE = 1e-6


@dataclass(frozen=True, slots=True)
class Effort:
    """The most that one pricing may do; what it then leaves is bounded by the table."""

    labels: int
    comparisons: int


@dataclass(frozen=True, slots=True)
class Priced:
    """What the pricing of one class found: `least` is proven for every elementary route."""

    least: float
    routes: list[tuple[list[int], float]]  # nodes and reduced cost, without the class's dual
    labels: int


@dataclass(slots=True)
class Pricer:
    """Prices the routes of one class. `near[j]` lists the nodes whose visits j remembers."""

    graph: ShiftGraph
    near: list[set[int]]
    _element: Ints = field(init=False)
    _shift: int = field(init=False)
    _tangents: Floats = field(init=False)
    _net: Net = field(init=False)
    _node: dict[int, int] = field(init=False)
    _ng: Words = field(init=False)
    _remembers: Flags = field(init=False)

    def __post_init__(self) -> None:
        graph = self.graph
        self._element = np.unique(graph.visits, return_inverse=True)[1].astype(np.int64)
        self._net = _net(graph, self._element)
        self._shift = _shift(self._net)
        self._tangents = _tangents(graph)
        self._node = {int(t): j for j, t in enumerate(graph.tasks)}
        self.remember([])

    def remember(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Let the first task of each pair remember the visit of the second."""
        for here, earlier in pairs:
            self.near[self._node[here]].add(self._node[earlier])
        n = self.graph.size
        visits = int(self._element.max(initial=0)) + 1
        self._ng = np.zeros((n, (visits + 63) // 64), np.uint64)
        self._remembers = np.zeros((n, n), bool)
        for j in range(n):
            for i in (*self.near[j], j):
                e = int(self._element[i])
                self._ng[j, e >> 6] |= np.uint64(1 << (e & 63))
            self._remembers[j] = np.isin(self._element, self._element[[*self.near[j], j]])

    def may(self, tasks: Sequence[int]) -> bool:
        """Whether the memory allows this route: no visit again while it is remembered."""
        held: set[int] = set()
        for task in tasks:
            j = self._node[task]
            visit = int(self._element[j])
            if visit in held:
                return False
            held = {e for e in held if self._ng[j, e >> 6] >> np.uint64(e & 63) & np.uint64(1)}
            held.add(visit)
        return True

    def price(
        self,
        duals: Duals,
        cuts: list[Cut],
        *,
        threshold: float,
        effort: Effort,
        quick: bool = False,
    ) -> Priced:
        """Routes whose reduced cost is below the threshold, and a lower bound of all of them.

        `quick`: some such routes, by the most promising legs and careless comparisons. None found
        says nothing, nor does `least`.
        """
        graph = self.graph
        if graph.size == 0:
            return Priced(0.0, [], 0)
        bits, keep, penalty = cut_arrays(graph.tasks, cuts, duals.cuts)
        rules = Rules(
            reduced=self._reduced(duals, quick=quick),
            ng=self._ng,
            remembers=self._remembers,
            member=bits,
            keep=keep,
            penalty=penalty,
            threshold=threshold,
            quick=quick,
            most_labels=effort.labels,
            most_comparisons=effort.comparisons,
        )
        table = self._table(rules, quick=quick)
        store = _store(self._net, rules, table)
        label_routes(self._net, rules, table, store)
        found = _routes(store, rules.threshold)
        least = float(min(store.tally[LOWEST], store.tally[UNEXPLORED]))
        if graph.begun >= 0:
            alone = graph.begun_alone - float(duals.tasks[graph.tasks[graph.begun]])
            least = min(least, alone)
            if alone < rules.threshold - NEGLIGIBLE:
                found.append(([graph.begun], alone))
        return Priced(least, found, int(store.counted[LABELS]))

    def _reduced(self, duals: Duals, *, quick: bool) -> Floats:
        graph = self.graph
        reduced = graph.cost.copy()
        reduced[:, :-1] -= duals.tasks[graph.tasks][None, :]
        np.fill_diagonal(reduced, INFINITE)
        if graph.begun >= 0:
            reduced[-1, np.delete(np.arange(graph.size), graph.begun)] = INFINITE
            reduced[:-1, graph.begun] = INFINITE
        if quick and graph.size > QUICK_LEGS:
            # From each task the cheapest legs, and always the way home.
            legs = reduced[:-1, :-1]
            worst = np.partition(legs, QUICK_LEGS, axis=1)[:, QUICK_LEGS]
            legs[legs > worst[:, None]] = INFINITE
        return reduced

    def _table(self, rules: Rules, *, quick: bool) -> Table:
        graph, net, points = self.graph, self._net, len(self._tangents)
        exact = self._shift >= 0 and not quick
        grains = ((graph.limit - graph.start) >> self._shift) + 1 if exact else 1
        shape = (points, len(graph.breaks) + 1, graph.size + 1, grains)
        work = net.travel.astype(float)
        work[:, :-1] += net.onsite
        slopes = 2.0 * graph.curve * (self._tangents - graph.fair)
        table = Table(
            best=np.full(shape, INFINITE),
            after=np.full(shape, -1, np.int32),
            second=np.full(shape, INFINITE),
            arc=rules.reduced[None] + slopes[:, None, None] * work[None],
            tangent=self._tangents,
            shift=self._shift if exact else -1,
            stride=_shortest(net) >> self._shift if exact else 0,
        )
        if exact:
            for p in range(points):
                complete(net, rules, table, p)
        return table


def _store(net: Net, rules: Rules, table: Table) -> Store:
    """Room for the labels; what is not used costs nothing, memory comes when it is written."""
    rows, n = rules.most_labels + 1, len(net.due)
    shift = SLOT if table.shift < 0 else table.shift
    slots = ((net.limit - net.start) >> shift) + 1
    spans = ((slots - 1) >> SPAN) + 1
    words, cut_words = rules.ng.shape[1], rules.member.shape[1]
    return Store(
        label=np.empty((rows, 10), np.int64),
        price=np.empty(rows),
        memory=np.empty((rows, words), np.uint64),
        halves=np.empty((rows, cut_words), np.uint64),
        mine=np.zeros(words, np.uint64),
        filled=np.zeros(cut_words, np.uint64),
        queue=np.full(slots, -1, np.int32),
        lists=np.full((n, spans), -1, np.int32),
        cheapest=np.full((n, spans), INFINITE),
        best_end=np.full(n, INFINITE),
        best_label=np.full(n, -1, np.int32),
        counted=np.zeros(2, np.int64),
        tally=np.zeros(2),
        shift=shift,
        span=SPAN,
    )


def _routes(store: Store, threshold: float) -> list[tuple[list[int], float]]:
    """The best route per last node below the threshold, cheapest first."""
    out: list[tuple[list[int], float]] = []
    for j in np.argsort(store.best_end, kind="stable")[:ROUTES_EACH]:
        price = float(store.best_end[j])
        if price >= threshold - NEGLIGIBLE:
            break
        nodes: list[int] = []
        x = int(store.best_label[j])
        while x > 0:
            nodes.append(int(store.label[x, NODE]))
            x = int(store.label[x, BEFORE])
        out.append((nodes[::-1], price))
    return out


def _net(graph: ShiftGraph, element: Ints) -> Net:
    bounded = graph.capacity < FOREVER and int(graph.load.sum()) > graph.capacity
    return Net(
        travel=graph.travel,
        onsite=_onsite(graph),
        quickest=graph.bare,
        load=graph.load,
        first=graph.first,
        last=graph.last,
        last_end=graph.last.max(axis=1, initial=-FOREVER),
        span_cost=graph.span_cost,
        due=graph.due,
        late_rate=graph.late_rate,
        rest=graph.breaks,
        least_home=graph.least_home,
        element=element,
        start=graph.start,
        end=graph.end,
        limit=graph.limit,
        capacity=graph.capacity if bounded else -1,
        work_limit=graph.work_limit,
        overtime_rate=graph.overtime_rate,
        curve=graph.curve,
        fair=graph.fair,
        fixed=graph.fixed,
    )


def nearest(graph: ShiftGraph, size: int) -> list[set[int]]:
    """By node the `size` nodes of least travel there and back, and those of the same visit."""
    n = graph.size
    both = graph.travel[:n, :n].astype(np.int64)
    both = both + both.T
    order = np.argsort(both, axis=1, kind="stable")[:, : size + 1]
    return [{int(i) for i in order[j]} | {j} for j in range(n)]


def _onsite(graph: ShiftGraph) -> Ints32:
    n = graph.size
    here = np.append(graph.place, -1)
    same = here[:, None] == graph.place[None, :]
    return (
        (graph.bare[None, :] + np.where(same, 0, graph.setup[None, :]))
        .astype(np.int32)
        .reshape(n + 1, n)
    )


def _shortest(net: Net) -> int:
    """Least seconds of a leg with its stop."""
    n = len(net.due)
    legs = net.travel[:, :n] + net.onsite
    np.fill_diagonal(legs[:n], np.iinfo(np.int32).max)
    return int(legs.min(initial=1 << 20))


def _shift(net: Net) -> int:
    """Binary logarithm of the table's grain: no leg with its stop may be shorter; -1: no table."""
    wanted = GRAIN
    while (net.limit - net.start) >> wanted > MOST_GRAINS:
        wanted += 1
    shift = min(wanted, _shortest(net).bit_length() - 1)
    coarse = shift < LEAST_GRAIN or (net.limit - net.start) >> shift > 4 * MOST_GRAINS
    return -1 if coarse else shift


def _tangents(graph: ShiftGraph) -> Floats:
    """Points of work at which the cost of imbalance is replaced by its tangent."""
    if graph.curve == 0.0:
        return np.zeros(1)
    span = graph.limit - graph.start - int(graph.breaks[:, 2].sum())
    return np.array([0.8 * span, span], float)

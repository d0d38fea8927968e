"""Column generation: master and pricing in turn, each round giving a proven bound.

The duals are smoothed towards those of the best bound so far, by a share that follows the
subgradient (Wentges 1997; Pessoa, Sadykov, Uchoa & Vanderbeck 2018); the first of these are read
off the plan. When the linear program is solved, visits that repeat on its routes are remembered,
and subset-row cuts are added; then it goes on.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from dispatch_solver.bound.column import Column
from dispatch_solver.bound.duals import Duals, blend, first_duals
from dispatch_solver.bound.graph import constant_cost, graphs_of
from dispatch_solver.bound.lagrange import lagrangian
from dispatch_solver.bound.master import Master, Unsolved
from dispatch_solver.bound.pricing import Effort, Priced, Pricer, nearest
from dispatch_solver.bound.rates import Rates
from dispatch_solver.bound.result import Certificate
from dispatch_solver.bound.separate import repeats, violated
from dispatch_solver.compiled import available
from dispatch_solver.model import Model

NEIGHBOURS = 8
MOST_LABELS = 1_500_000 if available() else 3_000
COMPARISONS_PER_SECOND = 20_000_000 if available() else 100_000
FIRST_SHARE = 0.7
MOST_SHARE = 0.85
SLACK = 0.05
MOST_WORKERS = 8
SOLVED = 2e-5
NEARLY = 0.05


class _TimeOver(Exception):  # noqa: N818 - nothing went wrong
    """Raised within a round, whose result is then of no use."""


def workers() -> int:
    """Threads that price at a time; compiled labeling lets go of the interpreter's lock."""
    return max(1, min(MOST_WORKERS, len(os.sched_getaffinity(0)))) if available() else 1


class Generation:
    """The bound as it grows: `value`, `certificate`, `solved`."""

    def __init__(
        self,
        model: Model,
        rates: Rates,
        routes: Sequence[tuple[int, Sequence[int], float]],
        *,
        left: Callable[[], float],
        told: Callable[[], None],
    ) -> None:
        """`routes`: (shift, tasks, tier 2 and 3 as weighed) to start from, a plan's first."""
        self._model, self._rates, self._left, self._told = model, rates, left, told
        graphs = graphs_of(model, rates)
        self._pricers = [Pricer(graph, nearest(graph, NEIGHBOURS)) for graph in graphs]
        self._sizes = [len(graph.shifts) for graph in graphs]
        self._penalty = rates.tier1 * model.unserved
        self._constant = constant_cost(model, rates)
        self.master = Master(
            model, self._sizes, self._penalty, equal=any(graph.curve > 0 for graph in graphs)
        )
        group_of = {s: g for g, graph in enumerate(graphs) for s in graph.shifts}
        self.master.add(
            Column(g, (int(graph.tasks[graph.begun]),), graph.begun_alone)
            for g, graph in enumerate(graphs)
            if graph.begun >= 0
        )
        self.master.add(
            Column(group_of[s], tuple(tasks), cost - graphs[group_of[s]].empty)
            for s, tasks, cost in routes
            if len(tasks)
        )
        self.value = 0.0
        self.certificate = Certificate(rates, (0.0,) * len(model.tasks))
        self.solved = False
        self.phase = "columns"
        self._centre = first_duals(model, graphs, self.master.columns[::-1], self._penalty)
        self._centre_value = -np.inf
        self._share = FIRST_SHARE
        self._misses = 0
        self._enough = np.inf

    def run(self, enough: float) -> None:
        """Generate until time is over, the bound reaches `enough`, or nothing is left to do."""
        self._enough = enough
        try:
            with ThreadPoolExecutor(workers()) as pool:
                while self._left() > 0 and self.value < enough and not self.solved:
                    self._round(pool)
                    self._told()
        except (Unsolved, _TimeOver):
            return

    def _round(self, pool: ThreadPoolExecutor) -> None:
        value, duals = self.master.solve(seconds=self._left())
        share = max(0.0, 1.0 - (self._misses + 1) * (1.0 - self._share))
        trial = blend(self._centre, duals, share)
        # A little above the duals of the classes: more routes, and a tighter bound.
        above = max(0.0, value + self._constant - self.value)
        slack = min(above, SLACK * abs(value)) / max(1, sum(self._sizes))
        priced = self._price(pool, trial, slack)
        self._follow_slope(trial, duals, priced)
        self._record(trial, priced)
        found = self._columns(trial, priced)
        fresh = self.master.add(found)
        helps = any(self._reduced(column, duals) < -1e-6 for column in fresh)
        self._misses = 0 if helps else self._misses + 1
        open_gap = value + self._constant - self.value
        done = open_gap <= SOLVED * max(1.0, abs(self.value)) or (not helps and share == 0.0)
        if done or open_gap <= NEARLY * (self._enough - self.value):
            self._misses = 0
            self._tighten(done=done)

    def _follow_slope(self, trial: Duals, duals: Duals, priced: list[Priced]) -> None:
        """Trust the master more when the bound grows towards its duals, less when it falls."""
        slope = np.ones(len(trial.tasks))
        for v, tasks in enumerate(self._model.tasks_of):
            if float(trial.tasks[tasks].sum()) > float(self._penalty[v]):
                slope[tasks] -= 1.0
        for pricer, size, found in zip(self._pricers, self._sizes, priced, strict=True):
            if found.routes:
                np.subtract.at(slope, pricer.graph.tasks[found.routes[0][0]], size)
        if float(slope @ (duals.tasks - self._centre.tasks)) > 0:
            self._share = max(0.0, self._share - 0.1)
        else:
            self._share = min(MOST_SHARE, self._share + (1.0 - self._share) * 0.1)

    def _price(self, pool: ThreadPoolExecutor, duals: Duals, slack: float) -> list[Priced]:
        cuts = self.master.cuts

        def one(index: int) -> Priced:
            left = self._left()
            if left <= 0:
                raise _TimeOver
            effort = Effort(MOST_LABELS, int(1000 + left * COMPARISONS_PER_SECOND))
            least = min(0.0, float(duals.classes[index]) + slack)
            return self._pricers[index].price(duals, cuts, threshold=least, effort=effort)

        return list(pool.map(one, range(len(self._pricers))))

    def _columns(self, duals: Duals, priced: list[Priced]) -> list[Column]:
        return [
            self._column(duals, group, nodes, price)
            for group, found in enumerate(priced)
            for nodes, price in found.routes
        ]

    def _reduced(self, column: Column, duals: Duals) -> float:
        price = column.cost - float(duals.tasks[list(column.tasks)].sum())
        price -= float(duals.classes[column.group])
        return price - self.master.cut_price(column.tasks, duals)

    def _column(self, duals: Duals, group: int, nodes: list[int], price: float) -> Column:
        tasks = tuple(int(t) for t in self._pricers[group].graph.tasks[nodes])
        cost = price + float(duals.tasks[list(tasks)].sum()) + self.master.cut_price(tasks, duals)
        return Column(group, tasks, cost)

    def _record(self, duals: Duals, priced: list[Priced]) -> None:
        """Keep the bound these duals prove when it is the best."""
        least = [found.least for found in priced]
        bound = self._constant + lagrangian(self._model, self._penalty, duals, self._sizes, least)
        bound -= 1e-9 * (1.0 + abs(bound)) * len(least)
        if bound > self._centre_value:
            classes = np.minimum(0.0, least)
            self._centre, self._centre_value = replace(duals, classes=classes), bound
        if bound > self.value:
            self.value = bound
            cuts = tuple(
                (cut, float(dual))
                for cut, dual in zip(self.master.cuts, duals.cuts, strict=True)
                if dual < 0
            )
            self.certificate = Certificate(self._rates, tuple(duals.tasks.tolist()), cuts)

    def _tighten(self, *, done: bool) -> None:
        """The linear program is solved, or nearly: forbid what its solution does and no plan can.

        What is left between it and its bound matters little while the plan is far above both.
        """
        chosen = self.master.chosen()
        again = repeats(self._model, chosen)
        for group, pairs in again.items():
            self._pricers[group].remember(pairs)
        if again:
            self.master.forget(lambda column: not self._pricers[column.group].may(column.tasks))
        cuts = violated(self._model, chosen, self.master.cuts)
        self.master.cut(cuts)
        self.phase = "cuts" if self.master.cuts else "memory"
        self.solved = done and not cuts and not again

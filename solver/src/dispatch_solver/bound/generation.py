"""Column generation: master and pricing in turn, each round giving a proven bound.

First columns come from a quick pricing, which proves nothing; then the pricing is exact. Its duals
are smoothed towards those of the best bound so far, by a share that follows the subgradient
(Wentges 1997; Pessoa, Sadykov, Uchoa & Vanderbeck 2018). When the linear program is solved, visits
that repeat on its routes are remembered, and subset-row cuts are added; then it goes on.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from dispatch_solver.bound.column import Column
from dispatch_solver.bound.dive import dive
from dispatch_solver.bound.duals import Duals, blend, first_duals
from dispatch_solver.bound.graph import constant_cost, graphs_of
from dispatch_solver.bound.lagrange import lagrangian
from dispatch_solver.bound.master import Master, Unsolved
from dispatch_solver.bound.pricers import Pricers, TimeOver
from dispatch_solver.bound.pricing import Priced
from dispatch_solver.bound.rates import Rates
from dispatch_solver.bound.result import Certificate
from dispatch_solver.bound.separate import repeats, violated
from dispatch_solver.model import Model

FIRST_SHARE = 0.7
MOST_SHARE = 0.85
SLACK = 0.05
SOLVED = 2e-5
NEARLY = 0.05
# A bound farther off than this share teaches less than the master's own duals.
FAR = 0.05
# The quick pricing: at duals scaled so to begin with, then half-way to the master's; it stops
# after so many rounds in a row that gain less than this share.
FIRST_SCALES = (1.0, 1.15, 1.3)
QUICK_SHARE = 0.65
QUICK_GAIN = 2e-4
MOST_STALE = 4
# With less than this share of the time left and no bound yet the exact pricing comes first.
URGENT = 0.75
# So many columns of least reduced cost are worth putting a plan together from.
GOOD = 1500


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
        self.graphs = graphs
        self._pricers = Pricers(graphs, left)
        self._sizes = [len(graph.shifts) for graph in graphs]
        self._penalty = rates.tier1 * model.unserved
        self._constant = constant_cost(model, rates)
        self.master = Master(
            model,
            self._sizes,
            self._penalty,
            able=[frozenset(graph.tasks.tolist()) for graph in graphs],
            equal=any(graph.curve > 0 for graph in graphs),
            left=left,
        )
        self._group_of = {s: g for g, graph in enumerate(graphs) for s in graph.shifts}
        self.master.add(
            Column(g, (int(graph.tasks[graph.begun]),), graph.begun_alone)
            for g, graph in enumerate(graphs)
            if graph.begun >= 0
        )
        self.know(routes)
        self.value = 0.0
        self.certificate = Certificate(rates, (0.0,) * len(model.tasks))
        self.solved = False
        self.phase = "columns"
        self._centre = first_duals(model, graphs, self.master.columns[::-1], self._penalty)
        self._centre_value = -np.inf
        self._share = FIRST_SHARE
        self._misses = 0
        self._enough = self._relaxed = np.inf
        self._given = left()
        # Before the exact pricing, which costs several times as much.
        self._quick, self._lowest, self._stale = True, np.inf, 0
        self._trail = self._centre

    def know(self, routes: Sequence[tuple[int, Sequence[int], float]]) -> None:
        """Add routes as columns: shift, tasks, tier 2 and 3 as weighed."""
        self.master.add(
            Column(group, tuple(tasks), cost - self.graphs[group].empty)
            for group, tasks, cost in ((self._group_of[s], t, c) for s, t, c in routes)
            if len(tasks)
        )

    def run(
        self,
        enough: float,
        *,
        floor: float = -np.inf,
        until: Callable[[], bool] = lambda: False,
    ) -> None:
        """Generate until time is over, the bound reaches `enough`, or nothing is left to do.

        Ends, too, when no bound above `floor` can come of it. `until` may interrupt it; then it
        can be called again.
        """
        self._enough = enough
        try:
            while self._left() > 0 and self.value < enough and not self.solved and not until():
                self._round()
                if self._relaxed <= floor:
                    return
                self._told()
        except (Unsolved, TimeOver):
            return

    def dive(self) -> tuple[list[Column], list[Column]]:
        """Routes of a plan near the linear program's solution, and the best columns there."""
        try:
            _, duals = self.master.solve()
        except Unsolved:
            return [], []
        picked = dive(self._model, self.master, self._pricers, self._sizes)
        visits = [task.visit for task in self._model.tasks]
        ranked = sorted(
            (self._reduced(column, duals), index)
            for index, column in enumerate(self.master.columns)
            if len({visits[t] for t in column.tasks}) == len(column.tasks)
        )
        return picked, [self.master.columns[index] for _, index in ranked[:GOOD]]

    def close(self) -> None:
        """Let the threads go."""
        self._pricers.close()

    def _round(self) -> None:
        value, duals = self.master.solve(least=self.value - self._constant)
        value += self._constant
        self._relaxed = value
        if self._quick:
            self._quick = self._glance(value, duals)
            if not self._quick and value - self._centre_value > FAR * abs(value):
                self._centre, self._centre_value = duals, -np.inf
            return
        share = max(0.0, 1.0 - (self._misses + 1) * (1.0 - self._share))
        trial = blend(self._centre, duals, share)
        # A little above the duals of the classes: more routes, and a tighter bound.
        above = max(0.0, value - self.value)
        slack = min(above, SLACK * abs(value)) / max(1, sum(self._sizes))
        priced = self._pricers.exact(self.master, trial, slack)
        self._follow_slope(trial, duals, priced)
        self._record(trial, priced)
        found = [
            column
            for group, some in enumerate(priced)
            for column in self._pricers.columns(self.master, trial, group, some)
        ]
        helps = self._helps(self.master.add(found), duals)
        self._misses = 0 if helps else self._misses + 1
        open_gap = value - self.value
        if helps and open_gap > FAR * abs(value):
            self._quick, self._lowest, self._stale = True, np.inf, 0
        done = open_gap <= SOLVED * max(1.0, abs(self.value)) or (not helps and share == 0.0)
        if done or open_gap <= NEARLY * (self._enough - self.value):
            self._misses = 0
            self._tighten(done=done)

    def _glance(self, value: float, duals: Duals) -> bool:
        """Columns at little cost; False when this way gets the master no further."""
        if self._lowest == np.inf and self._centre_value == -np.inf:
            for scale in FIRST_SCALES:
                far = replace(self._centre, tasks=scale * self._centre.tasks)
                self.master.add(self._pricers.quick(self.master, far))
        slow = self._lowest - value < QUICK_GAIN * abs(value)
        self._stale = self._stale + 1 if slow else 0
        self._lowest = min(value, self._lowest)
        # A weak bound is worth more than good columns and none.
        urgent = self.value <= 0.0 and self._left() < URGENT * self._given
        if self._stale > MOST_STALE or urgent:
            return False
        for share in (QUICK_SHARE, 0.0):
            self._trail = blend(self._trail, duals, share)
            fresh = self.master.add(self._pricers.quick(self.master, self._trail))
            if self._helps(fresh, duals):
                return True
        return False

    def _helps(self, columns: Sequence[Column], duals: Duals) -> bool:
        """Whether the master gains by one of these columns."""
        return any(self._reduced(column, duals) < -1e-6 for column in columns)

    def _follow_slope(self, trial: Duals, duals: Duals, priced: list[Priced]) -> None:
        """Trust the master more when the bound grows towards its duals, less when it falls."""
        slope = np.ones(len(trial.tasks))
        for v, tasks in enumerate(self._model.tasks_of):
            if float(trial.tasks[tasks].sum()) > float(self._penalty[v]):
                slope[tasks] -= 1.0
        for pricer, size, found in zip(self._pricers.each, self._sizes, priced, strict=True):
            if found.routes:
                np.subtract.at(slope, pricer.graph.tasks[found.routes[0][0]], size)
        if float(slope @ (duals.tasks - self._centre.tasks)) > 0:
            self._share = max(0.0, self._share - 0.1)
        else:
            self._share = min(MOST_SHARE, self._share + (1.0 - self._share) * 0.1)

    def _reduced(self, column: Column, duals: Duals) -> float:
        price = column.cost - float(duals.tasks[list(column.tasks)].sum())
        price -= float(duals.classes[column.group])
        return price - self.master.cut_price(column, duals)

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
            self._pricers.each[group].remember(pairs)
        if again:
            self.master.forget(
                lambda column: not self._pricers.each[column.group].may(column.tasks)
            )
        cuts = violated(self._model, chosen, self.master.cuts)
        self.master.cut(cuts)
        self._quick, self._lowest, self._stale = bool(cuts), np.inf, MOST_STALE - 1
        self.phase = "cuts" if self.master.cuts else "memory"
        self.solved = done and not cuts and not again

"""The pricing of all classes of shifts at once: exact for a bound, quick for columns alone."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from dispatch_solver.bound.column import Column
from dispatch_solver.bound.duals import Duals
from dispatch_solver.bound.graph import ShiftGraph
from dispatch_solver.bound.master import Master
from dispatch_solver.bound.pricing import Effort, Priced, Pricer, nearest
from dispatch_solver.compiled import available

NEIGHBOURS = 8
MOST_LABELS = 1_500_000 if available() else 3_000
COMPARISONS_PER_SECOND = 20_000_000 if available() else 100_000
QUICK = Effort(60_000 if available() else 1_000, 3_000_000 if available() else 30_000)
MOST_WORKERS = 8


class TimeOver(Exception):  # noqa: N818 - nothing went wrong
    """Raised within a pricing, whose result is then of no use."""


def workers() -> int:
    """Threads that price at a time; compiled labeling lets go of the interpreter's lock."""
    return max(1, min(MOST_WORKERS, len(os.sched_getaffinity(0)))) if available() else 1


class Pricers:
    """One pricer per class, and the threads that run them."""

    def __init__(self, graphs: Sequence[ShiftGraph], left: Callable[[], float]) -> None:
        self.each = [Pricer(graph, nearest(graph, NEIGHBOURS)) for graph in graphs]
        self._left = left
        self._pool = ThreadPoolExecutor(workers())

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown()

    def exact(self, master: Master, duals: Duals, slack: float) -> list[Priced]:
        """Routes cheaper than the duals of their class and a little more, and proven least costs.

        Raises TimeOver.
        """

        def one(group: int) -> Priced:
            left = self._remaining()
            effort = Effort(MOST_LABELS, int(1000 + left * COMPARISONS_PER_SECOND))
            least = min(0.0, float(duals.classes[group]) + slack)
            return self.each[group].price(duals, master.cuts, threshold=least, effort=effort)

        return list(self._pool.map(one, range(len(self.each))))

    def quick(
        self, master: Master, duals: Duals, groups: Sequence[int] | None = None
    ) -> list[Column]:
        """Some columns of negative reduced cost, of these classes or all. Raises TimeOver."""

        def one(group: int) -> list[Column]:
            self._remaining()
            least = min(0.0, float(duals.classes[group]))
            found = self.each[group].price(
                duals, master.cuts, threshold=least, effort=QUICK, quick=True
            )
            return self.columns(master, duals, group, found)

        wanted = range(len(self.each)) if groups is None else groups
        return [column for some in self._pool.map(one, wanted) for column in some]

    def columns(self, master: Master, duals: Duals, group: int, found: Priced) -> list[Column]:
        """The routes found at these duals, with what they really cost."""
        out: list[Column] = []
        for nodes, price in found.routes:
            tasks = tuple(int(t) for t in self.each[group].graph.tasks[nodes])
            paid = float(duals.tasks[list(tasks)].sum())
            paid += master.cut_price(Column(group, tasks, 0.0), duals)
            out.append(Column(group, tasks, price + paid))
        return out

    def _remaining(self) -> float:
        left = self._left()
        if left <= 0:
            raise TimeOver
        return left

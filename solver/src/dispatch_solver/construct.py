"""The first plan: regret insertion, highest priority first (Potvin & Rousseau 1993)."""

import time
from collections.abc import Callable

import numpy as np

from dispatch_solver.board import items_of, pick
from dispatch_solver.eligibility import Floats, Ints
from dispatch_solver.insertion import price
from dispatch_solver.links import place_linked
from dispatch_solver.model import Model
from dispatch_solver.state import State

HOPELESS = 1e7
Stop = Callable[[], bool]


def never() -> bool:
    return False


def deadline(moment: float) -> Stop:
    """True from `moment` of time.monotonic() on."""
    return lambda: time.monotonic() >= moment


def fill(
    state: State,
    visits: list[int],
    *,
    rows: Ints | None = None,
    stop: Stop = never,
    noise: Callable[[tuple[int, int]], Floats] | None = None,
) -> None:
    """Insert as many of the visits as fit, the heaviest priorities first."""
    model = state.model
    rows = np.arange(len(model.shifts)) if rows is None else rows
    weight = urgency(model, visits)
    order = topological(model, [v for v in visits if model.linked[model.tasks_of[v][0]]])
    for level in sorted(set(weight.values()), reverse=True):
        for v in order:
            if weight[v] == level and not stop():
                place_linked(state, v)
        plain = [
            model.tasks_of[v][0]
            for v in visits
            if weight[v] == level and not model.linked[model.tasks_of[v][0]]
        ]
        _insert_by_regret(state, plain, rows, stop, noise)


def urgency(model: Model, visits: list[int]) -> dict[int, float]:
    """Weight of each visit; one that others wait for is as urgent as they are."""
    weight = {v: float(model.unserved[v]) for v in visits}
    for v in reversed(topological(model, visits)):
        for i in model.afters.get(v, ()):
            after = model.visit_index[model.problem.precedences[i].after]
            if after in weight:
                weight[v] = max(weight[v], weight[after])
    return weight


def topological(model: Model, visits: list[int]) -> list[int]:
    """The visits with everything after what it waits for; otherwise in the given order."""
    chosen, done, order = set(visits), set(), []
    for first in visits:
        stack = [(first, False)]
        while stack:
            v, ready = stack.pop()
            if ready:
                order.append(v)
            elif v not in done:
                done.add(v)
                stack.append((v, True))
                for i in model.befores.get(v, ()):
                    before = model.visit_index[model.problem.precedences[i].before]
                    if before in chosen and before not in done:
                        stack.append((before, False))
    return order


def _insert_by_regret(
    state: State,
    tasks: list[int],
    rows: Ints,
    stop: Stop,
    noise: Callable[[tuple[int, int]], Floats] | None,
) -> None:
    """Insert one after the other the task that would lose most by waiting."""
    if not tasks or len(rows) == 0 or stop():
        return
    model, board = state.model, state.board
    items = items_of(model, tasks, rows)
    prices = price(model, board, rows, items)
    cost, position = prices.cost, prices.position
    shake = None if noise is None else noise((cost.shape[0], cost.shape[1]))
    if shake is not None:
        cost += shake
    table = _Ranking(cost)
    while True:
        u = table.next()
        if u is None or stop():
            return
        r = int(table.best_row[u])
        s = int(rows[r])
        if not state.insert(tasks[u], s, int(position[r, u])):
            table.forbid(r, u)
            continue
        state.missing.discard(model.tasks[tasks[u]].visit)
        table.drop(u)
        able = np.flatnonzero(table.open & items.can[r])
        if len(able):
            fresh = price(model, board, rows[r : r + 1], pick(items, able, r))
            position[r, able] = fresh.position[0]
            renewed = fresh.cost[0] if shake is None else fresh.cost[0] + shake[r, able]
            table.renew(r, able, renewed)


class _Ranking:
    """Best and second-best route per open task, kept up to date row by row."""

    def __init__(self, cost: Floats) -> None:
        self.cost = cost
        count = cost.shape[1]
        self.open = np.ones(count, bool)
        self.best = np.full(count, np.inf)
        self.second = np.full(count, np.inf)
        self.best_row = np.zeros(count, np.int64)
        self._rank(np.arange(count))

    def _rank(self, columns: Ints) -> None:
        if len(columns) == 0:
            return
        part = self.cost[:, columns]
        row = part.argmin(axis=0)
        self.best_row[columns] = row
        self.best[columns] = part[row, np.arange(len(columns))]
        if part.shape[0] > 1:
            self.second[columns] = np.partition(part, 1, axis=0)[1]

    def next(self) -> int | None:
        """The open task with the greatest regret; None when none fits anywhere."""
        fits = self.open & np.isfinite(self.best)
        if not fits.any():
            return None
        regret = np.where(fits, np.minimum(self.second, HOPELESS), 0.0)
        regret = np.where(fits, regret - self.best, -np.inf)
        return int(regret.argmax())

    def drop(self, column: int) -> None:
        self.open[column] = False

    def forbid(self, row: int, column: int) -> None:
        self.cost[row, column] = np.inf
        self._rank(np.array([column]))

    def renew(self, row: int, columns: Ints, cost: Floats) -> None:
        old = self.cost[row, columns]
        self.cost[row, columns] = cost
        touched = (old <= self.second[columns]) | (cost < self.second[columns])
        self._rank(columns[touched])

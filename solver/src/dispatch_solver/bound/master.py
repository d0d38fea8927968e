"""The restricted master: choose routes so that every task is served once or paid for, by GLOP."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from ortools.linear_solver import pywraplp

from dispatch_solver.bound.column import Column
from dispatch_solver.bound.cuts import Cut
from dispatch_solver.bound.duals import Duals
from dispatch_solver.eligibility import Floats
from dispatch_solver.model import Model

NEGLIGIBLE = 1e-6


class Unsolved(Exception):  # noqa: N818 - the bound so far stands
    """The linear program could not be solved in its time, or numerically."""


class Master:
    """The linear program over the columns known so far.

    Rows: one per task (served or its visit left out), one per class (no more routes than shifts),
    one per cut. Where routes may want more work for the sake of balance, serving a task twice must
    not help: rows are equations then.
    """

    def __init__(self, model: Model, sizes: Sequence[int], penalty: Floats, *, equal: bool) -> None:
        self.columns: list[Column] = []
        self.cuts: list[Cut] = []
        self._model, self._sizes, self._penalty, self._equal = model, sizes, penalty, equal
        self._known: dict[tuple[int, tuple[int, ...]], int] = {}
        self._values: list[float] = []
        self._forgotten: set[int] = set()
        self._containing: dict[int, list[int]] = {}
        self._build()

    def _build(self) -> None:
        """The linear program from scratch, with all that is known by now."""
        self._lp = pywraplp.Solver.CreateSolver("GLOP")
        infinity = self._lp.infinity()
        self._lp.Objective().SetMinimization()
        self._variables: list[pywraplp.Variable] = []
        most = 1.0 if self._equal else infinity
        self._rows = [self._lp.Constraint(1.0, most) for _ in self._model.tasks]
        self._classes = [self._lp.Constraint(-infinity, float(size)) for size in self._sizes]
        self._cut_rows = [self._lp.Constraint(-infinity, 1.0) for _ in self.cuts]
        for v, tasks in enumerate(self._model.tasks_of):
            if self._model.problem.visits[v].started is None:
                left_out = self._variable(float(self._penalty[v]))
                for t in tasks:
                    self._rows[t].SetCoefficient(left_out, 1.0)
        for column in self.columns:
            self._enter(column)
        for index in self._forgotten:
            self._variables[index].SetBounds(0.0, 0.0)

    def _variable(self, cost: float) -> pywraplp.Variable:
        variable = self._lp.NumVar(0.0, self._lp.infinity(), "")
        self._lp.Objective().SetCoefficient(variable, cost)
        return variable

    def _enter(self, column: Column) -> None:
        variable = self._variable(column.cost)
        self._variables.append(variable)
        self._classes[column.group].SetCoefficient(variable, 1.0)
        for t, times in Counter(column.tasks).items():
            self._rows[t].SetCoefficient(variable, float(times))
        for c, times in self._counts(column.tasks):
            self._cut_rows[c].SetCoefficient(variable, float(times))

    def _counts(self, tasks: Sequence[int]) -> Iterator[tuple[int, int]]:
        """The cuts a route counts for, and how often."""
        touched = Counter(c for t in tasks for c in self._containing.get(t, ()))
        for c, hits in touched.items():
            times = self.cuts[c].times(tasks) if hits > 1 else 0
            if times:
                yield c, times

    def cut_price(self, tasks: Sequence[int], duals: Duals) -> float:
        """What the cuts' duals add up to on a route of these tasks."""
        return sum(times * float(duals.cuts[c]) for c, times in self._counts(tasks))

    def add(self, columns: Iterable[Column]) -> list[Column]:
        """Add the columns not yet known, make known ones cheaper; answers with both."""
        fresh: list[Column] = []
        for column in columns:
            key = (column.group, column.tasks)
            index = self._known.setdefault(key, len(self.columns))
            if index == len(self.columns):
                self.columns.append(column)
                self._enter(column)
                fresh.append(column)
            elif column.cost < self.columns[index].cost - NEGLIGIBLE:
                # The same stops at other times may cost less than the plan said.
                self.columns[index] = column
                self._lp.Objective().SetCoefficient(self._variables[index], column.cost)
                fresh.append(column)
        return fresh

    def forget(self, unwanted: Callable[[Column], bool]) -> None:
        """Let no solution use these columns any more."""
        for index, column in enumerate(self.columns):
            if index not in self._forgotten and unwanted(column):
                self._forgotten.add(index)
                self._variables[index].SetBounds(0.0, 0.0)

    def cut(self, cuts: Iterable[Cut]) -> None:
        """Add rows: at most one route counts for each cut."""
        for cut in cuts:
            row = self._lp.Constraint(-self._lp.infinity(), 1.0)
            index = len(self.cuts)
            self.cuts.append(cut)
            self._cut_rows.append(row)
            for t in cut.tasks:
                self._containing.setdefault(t, []).append(index)
            for column, variable in zip(self.columns, self._variables, strict=True):
                if sum(t in cut.tasks for t in column.tasks) > 1:
                    times = cut.times(column.tasks)
                    if times:
                        row.SetCoefficient(variable, float(times))

    def solve(self, *, seconds: float) -> tuple[float, Duals]:
        """Value and duals; raises Unsolved."""
        until = time.monotonic() + seconds
        if self._solved(seconds) != pywraplp.Solver.OPTIMAL:
            # GLOP sometimes loses its way from an old basis and finds it from a fresh start.
            self._build()
            if self._solved(until - time.monotonic()) != pywraplp.Solver.OPTIMAL:
                raise Unsolved
        # Read at once: what is added later makes GLOP forget the solution.
        self._values = [variable.solution_value() for variable in self._variables]
        return self._lp.Objective().Value(), Duals(
            tasks=np.array([row.dual_value() for row in self._rows]),
            classes=np.minimum(0.0, [row.dual_value() for row in self._classes]),
            cuts=np.minimum(0.0, [row.dual_value() for row in self._cut_rows]),
        )

    def _solved(self, seconds: float) -> int:
        self._lp.SetTimeLimit(max(1, int(1000 * seconds)))
        return self._lp.Solve()

    def chosen(self) -> list[tuple[Column, float]]:
        """The columns of the last solution and how much of each."""
        return [(c, x) for c, x in zip(self.columns, self._values, strict=False) if x > 1e-6]

"""The restricted master: choose routes so that every task is served once or paid for, by GLOP."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from ortools.linear_solver import pywraplp

from dispatch_solver.bound.column import Column
from dispatch_solver.bound.cuts import Cut
from dispatch_solver.bound.duals import Duals
from dispatch_solver.eligibility import Floats
from dispatch_solver.model import Model


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
        self._known: set[tuple[int, tuple[int, ...]]] = set()
        self._variables: list[pywraplp.Variable] = []
        self._values: list[float] = []
        self._lp = pywraplp.Solver.CreateSolver("GLOP")
        infinity = self._lp.infinity()
        self._lp.Objective().SetMinimization()
        most = 1.0 if equal else infinity
        self._rows = [self._lp.Constraint(1.0, most) for _ in model.tasks]
        self._classes = [self._lp.Constraint(-infinity, float(size)) for size in sizes]
        self._cut_rows: list[pywraplp.Constraint] = []
        self._containing: dict[int, list[int]] = {}
        for v, tasks in enumerate(model.tasks_of):
            if model.problem.visits[v].started is None:
                left_out = self._variable(float(penalty[v]))
                for t in tasks:
                    self._rows[t].SetCoefficient(left_out, 1.0)

    def _variable(self, cost: float) -> pywraplp.Variable:
        variable = self._lp.NumVar(0.0, self._lp.infinity(), "")
        self._lp.Objective().SetCoefficient(variable, cost)
        return variable

    def add(self, columns: Iterable[Column]) -> int:
        """Add the columns not yet known; answers how many were new."""
        before = len(self.columns)
        for column in columns:
            key = (column.group, column.tasks)
            if key in self._known:
                continue
            self._known.add(key)
            variable = self._variable(column.cost)
            self._classes[column.group].SetCoefficient(variable, 1.0)
            for t, times in Counter(column.tasks).items():
                self._rows[t].SetCoefficient(variable, float(times))
            for c in {c for t in column.tasks for c in self._containing.get(t, ())}:
                times = self.cuts[c].times(column.tasks)
                if times:
                    self._cut_rows[c].SetCoefficient(variable, float(times))
            self.columns.append(column)
            self._variables.append(variable)
        return len(self.columns) - before

    def forget(self, unwanted: Callable[[Column], bool]) -> None:
        """Let no solution use these columns any more."""
        for column, variable in zip(self.columns, self._variables, strict=True):
            if unwanted(column):
                variable.SetBounds(0.0, 0.0)

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
        self._lp.SetTimeLimit(max(1, int(1000 * seconds)))
        status = self._lp.Solve()
        if status not in (pywraplp.Solver.OPTIMAL, pywraplp.Solver.FEASIBLE):
            # GLOP sometimes loses its way from an old basis and finds it from a fresh start.
            self._lp.Reset()
            status = self._lp.Solve()
        if status != pywraplp.Solver.OPTIMAL:
            raise Unsolved
        # Read at once: what is added later makes GLOP forget the solution.
        self._values = [variable.solution_value() for variable in self._variables]
        return self._lp.Objective().Value(), Duals(
            tasks=np.array([row.dual_value() for row in self._rows]),
            classes=np.minimum(0.0, [row.dual_value() for row in self._classes]),
            cuts=np.minimum(0.0, [row.dual_value() for row in self._cut_rows]),
        )

    def chosen(self) -> list[tuple[Column, float]]:
        """The columns of the last solution and how much of each."""
        return [(c, x) for c, x in zip(self.columns, self._values, strict=False) if x > 1e-6]

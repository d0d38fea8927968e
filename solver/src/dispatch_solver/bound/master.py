"""The restricted master: choose routes so that every task is served once or paid for, by GLOP."""

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

import numpy as np
from ortools.linear_solver import pywraplp

from dispatch_solver.bound.column import Column
from dispatch_solver.bound.cuts import Cut
from dispatch_solver.bound.duals import Duals
from dispatch_solver.eligibility import Floats
from dispatch_solver.model import Model

NEGLIGIBLE, TOLERANCE = 1e-6, 1e-6
# Preprocessing and scaling would make each solve start from nothing.
PRIMAL = "use_preprocessing: false use_scaling: false"
DUAL = PRIMAL + " use_dual_simplex: true"


class Unsolved(Exception):  # noqa: N818 - the bound so far stands
    """The linear program could not be solved in its time, or numerically."""


class Master:
    """The linear program over the columns known so far.

    Rows: one per task (served or its visit left out), one per class (no more routes than shifts),
    one per cut. Where routes may want more work for the sake of balance, serving a task twice must
    not help: rows are equations then.
    """

    def __init__(
        self,
        model: Model,
        sizes: Sequence[int],
        penalty: Floats,
        *,
        able: Sequence[Collection[int]],
        equal: bool,
        left: Callable[[], float],
    ) -> None:
        """`able`: the tasks of each class; `left`: seconds that remain."""
        self.columns: list[Column] = []
        self.cuts: list[Cut] = []
        self._model, self._sizes, self._penalty = model, sizes, penalty
        self._able, self._equal, self._left = able, equal, left
        self._known: dict[tuple[int, tuple[int, ...]], int] = {}
        self._values: list[float] = []
        self._forgotten: set[int] = set()
        self._containing: dict[int, list[int]] = {}
        self._serving: list[set[int]] = [set() for _ in model.tasks]
        self._repeating: set[int] = set()
        self._build()

    def _build(self) -> None:
        """The linear program from scratch, with all that is known by now."""
        self._lp = pywraplp.Solver.CreateSolver("GLOP")
        self._tighter = False
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
        for c, times in self._counts(column):
            self._cut_rows[c].SetCoefficient(variable, float(times))

    def _counts(self, column: Column) -> Iterator[tuple[int, int]]:
        """The cuts a route counts for, and how often."""
        touched = Counter(c for t in column.tasks for c in self._containing.get(t, ()))
        for c, hits in touched.items():
            times = self._times(c, column) if hits > 1 else 0
            if times:
                yield c, times

    def _times(self, c: int, column: Column) -> int:
        """How often; a class that can do only one of the tasks is priced without the cut."""
        able = sum(t in self._able[column.group] for t in self.cuts[c].tasks)
        return self.cuts[c].times(column.tasks) if able > 1 else 0

    def cut_price(self, column: Column, duals: Duals) -> float:
        """What the cuts' duals add up to on a route."""
        return sum(times * float(duals.cuts[c]) for c, times in self._counts(column))

    def add(self, columns: Iterable[Column]) -> list[Column]:
        """Add the columns not yet known, make known ones cheaper; answers with both."""
        fresh: list[Column] = []
        for column in columns:
            key = (column.group, column.tasks)
            index = self._known.setdefault(key, len(self.columns))
            if index == len(self.columns):
                for t in column.tasks:
                    self._serving[t].add(index)
                if len(set(column.tasks)) < len(column.tasks):
                    self._repeating.add(index)
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

    def fix(self, picked: Sequence[Column]) -> None:
        """Let every solution use these columns once, and none that serves one of their tasks."""
        self._tighter = True
        served = {t for column in picked for t in column.tasks}
        wanted = {id(column) for column in picked}
        for column, variable in zip(self.columns, self._variables, strict=True):
            if id(column) in wanted:
                variable.SetBounds(1.0, 1.0)
            elif not served.isdisjoint(column.tasks):
                variable.SetBounds(0.0, 0.0)

    def release(self) -> None:
        """Undo all fixing."""
        for index, variable in enumerate(self._variables):
            most = 0.0 if index in self._forgotten else self._lp.infinity()
            variable.SetBounds(0.0, most)
        self._tighter = False

    def cut(self, cuts: Iterable[Cut]) -> None:
        """Add rows: at most one route counts for each cut."""
        self._tighter = True
        for cut in cuts:
            row = self._lp.Constraint(-self._lp.infinity(), 1.0)
            index = len(self.cuts)
            self.cuts.append(cut)
            self._cut_rows.append(row)
            for t in cut.tasks:
                self._containing.setdefault(t, []).append(index)
            for column in self._serving_two(cut):
                times = self._times(index, self.columns[column])
                if times:
                    row.SetCoefficient(self._variables[column], float(times))

    def _serving_two(self, cut: Cut) -> set[int]:
        """The columns that serve at least two of the cut's tasks, or one of them twice."""
        once: set[int] = set()
        twice: set[int] = set()
        for t in cut.tasks:
            twice |= once & self._serving[t]
            once |= self._serving[t]
        return twice | {c for c in once if c in self._repeating}

    def solve(self, *, least: float = -math.inf) -> tuple[float, Duals]:
        """Value and duals; `least` is a proven bound of the value. Raises Unsolved."""
        solved = self._solved() == pywraplp.Solver.OPTIMAL
        low = least - TOLERANCE * (1.0 + abs(least))
        if not solved or self._lp.Objective().Value() < low:
            # GLOP sometimes loses its way from an old basis and finds it from a fresh start.
            self._build()
            if self._solved() != pywraplp.Solver.OPTIMAL:
                raise Unsolved
        # Read at once: what is added later makes GLOP forget the solution.
        self._values = [variable.solution_value() for variable in self._variables]
        return self._lp.Objective().Value(), Duals(
            tasks=np.array([row.dual_value() for row in self._rows]),
            classes=np.minimum(0.0, [row.dual_value() for row in self._classes]),
            cuts=np.minimum(0.0, [row.dual_value() for row in self._cut_rows]),
        )

    def _solved(self) -> int:
        self._lp.SetTimeLimit(max(1, int(1000 * self._left())))
        # After new columns the old basis is feasible, after new rows only its duals are.
        self._lp.SetSolverSpecificParametersAsString(DUAL if self._tighter else PRIMAL)
        self._tighter = False
        return self._lp.Solve()

    def chosen(self) -> list[tuple[Column, float]]:
        """The columns of the last solution and how much of each."""
        return [(c, x) for c, x in zip(self.columns, self._values, strict=False) if x > 1e-6]

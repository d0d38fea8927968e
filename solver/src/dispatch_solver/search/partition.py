"""Set partitioning: the best plan that can be put together from the routes met so far.

Columns are routes, one row per task and per class of shifts. The LP relaxation (GLOP) gives reduced
costs that rule most columns out; CP-SAT, hinted with the plan at hand, chooses among the rest.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ortools.linear_solver import pywraplp

MOST_COLUMNS = 6000
LP_SHARE = 0.5
# CP-SAT's own unit of work, about a second of a quiet core.
DETERMINISTIC = 2.0


@dataclass(frozen=True, slots=True)
class Column:
    """A route that may be chosen for a shift of its class; `mine`: it is in the plan at hand."""

    shift: int
    kind: int
    tasks: tuple[int, ...]
    cost: float
    mine: bool


@dataclass(frozen=True, slots=True)
class Master:
    """One set-partitioning problem: every task in one chosen column, or left out for its price."""

    columns: list[Column]
    shifts: dict[int, int]  # class to number of shifts
    penalty: dict[int, float]  # by task; a task without one must be in a chosen column

    def needed(self) -> Iterable[int]:
        """Tasks with a row."""
        return sorted(set(self.penalty).union(*(column.tasks for column in self.columns)))

    def at_hand(self) -> float:
        """What the plan at hand costs."""
        mine = [column for column in self.columns if column.mine]
        placed = {t for column in mine for t in column.tasks}
        lost = sum(price for t, price in self.penalty.items() if t not in placed)
        return sum(column.cost for column in mine) + lost


def choose(
    master: Master, *, seconds: float, seed: int, repeatable: bool = False
) -> list[Column] | None:
    """The cheapest columns found that make a plan; None when there is nothing better.

    `repeatable`: work is limited by counting it, not by the clock.
    """
    kept = _price_out(master, seconds * LP_SHARE)
    if len(kept) <= sum(column.mine for column in kept):
        return None
    return _pick(master, kept, seconds=seconds, seed=seed, repeatable=repeatable)


def _price_out(master: Master, seconds: float) -> list[Column]:
    """The columns that could be part of a better plan, by their reduced costs."""
    solver = pywraplp.Solver.CreateSolver("GLOP")
    if solver is None:
        return master.columns
    inf = solver.infinity()
    objective = solver.Objective()
    objective.SetMinimization()
    rows = {t: solver.Constraint(1.0, inf) for t in master.needed()}
    picks = {kind: solver.Constraint(-inf, count) for kind, count in master.shifts.items()}
    variables = []
    for column in master.columns:
        x = solver.NumVar(0.0, inf, "")
        objective.SetCoefficient(x, column.cost)
        picks[column.kind].SetCoefficient(x, 1.0)
        for t in column.tasks:
            rows[t].SetCoefficient(x, 1.0)
        variables.append(x)
    for t, price in master.penalty.items():
        left_out = solver.NumVar(0.0, 1.0, "")
        objective.SetCoefficient(left_out, price)
        rows[t].SetCoefficient(left_out, 1.0)
    solver.SetTimeLimit(max(50, int(1000 * seconds)))
    if solver.Solve() != pywraplp.Solver.OPTIMAL:
        return [column for column in master.columns if column.mine]
    gap = master.at_hand() - objective.Value() + 1.0
    return [
        column
        for column, x in zip(master.columns, variables, strict=True)
        if column.mine or x.reduced_cost() <= gap
    ]


def _pick(
    master: Master, columns: list[Column], *, seconds: float, seed: int, repeatable: bool
) -> list[Column] | None:
    # Loads pandas, which nobody needs who only reads or checks plans.
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    rows: dict[int, list[cp_model.IntVar]] = {t: [] for t in master.needed()}
    picks: dict[int, list[cp_model.IntVar]] = {kind: [] for kind in master.shifts}
    variables, costs = [], []
    placed: set[int] = set()
    for column in columns:
        x = model.new_bool_var("")
        model.add_hint(x, column.mine)
        for t in column.tasks:
            rows[t].append(x)
        if column.mine:
            placed.update(column.tasks)
        picks[column.kind].append(x)
        variables.append(x)
        costs.append(round(column.cost))
    chosen_columns = len(variables)
    for t, row in rows.items():
        if t in master.penalty:
            left_out = model.new_bool_var("")
            model.add_hint(left_out, t not in placed)
            row.append(left_out)
            variables.append(left_out)
            costs.append(round(master.penalty[t]))
        model.add_exactly_one(row)
    for kind, choice in picks.items():
        if len(choice) > master.shifts[kind]:
            model.add(sum(choice) <= master.shifts[kind])
    model.minimize(cp_model.LinearExpr.weighted_sum(variables, costs))
    solver = cp_model.CpSolver()
    if repeatable:
        solver.parameters.max_deterministic_time = DETERMINISTIC
    else:
        solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed % 2**31
    solver.parameters.linearization_level = 2
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    return [
        column
        for column, x in zip(columns, variables[:chosen_columns], strict=True)
        if solver.value(x)
    ]

"""Set partitioning: the best plan that can be put together from the routes met so far.

Columns are routes of the pool, one row per task and per shift. The LP relaxation (GLOP) gives
reduced costs that rule most columns out; CP-SAT, hinted with the plan at hand, chooses the rest.
"""

from dataclasses import dataclass

from ortools.linear_solver import pywraplp
from ortools.sat.python import cp_model

from dispatch_solver.search.pool import Pool
from dispatch_solver.state import State


@dataclass(frozen=True, slots=True)
class Column:
    """A route that may be chosen; `mine` marks the routes of the plan at hand."""

    shift: int
    tasks: list[int]
    cost: float
    mine: bool


@dataclass(slots=True)
class Master:
    """One set-partitioning problem."""

    columns: list[Column]
    shifts: int
    penalty: dict[int, float]  # by task; tasks that must stay placed have none
    needed: list[int]
    missing: set[int]


def recombine(state: State, pool: Pool, *, seconds: float, seed: int) -> bool:
    """Make the state the best combination of known routes; True if it became better."""
    if seconds < 0.05 or not state.routes:
        return False
    master = _master(state, pool)
    if len(master.columns) <= 2 * master.shifts:
        return False
    kept = _price_out(master, seconds * 0.4)
    chosen = _choose(master, kept, seconds=seconds * 0.5, seed=seed)
    return chosen is not None and _apply(state, chosen)


def _master(state: State, pool: Pool) -> Master:
    """Columns that fit the links as they are held now: linked tasks stay with their shift."""
    model = state.model
    linked_at = [frozenset(t for t in route if model.linked[t]) for route in state.routes]
    columns = []
    for s, route in enumerate(state.routes):
        cost = state.scales.tier2 * float(state.tier2[s]) + float(state.tier3[s])
        columns.append(Column(s, list(route), cost, mine=True))
    for (s, tasks), (route, cost) in pool.routes.items():
        here = frozenset(t for t in route if model.linked[t])
        if here != linked_at[s] or tasks == frozenset(state.routes[s]):
            continue
        if here and not state.try_route(s, route).feasible:
            continue
        columns.append(Column(s, route, cost, mine=False))
    for s, route in enumerate(state.routes):
        if route and not linked_at[s] and model.shifts[s].started is None:
            columns.append(Column(s, [], _empty_cost(state, s), mine=False))
    placed = {t for t in range(len(model.tasks)) if state.route_of[t] >= 0}
    begun = {shift.started for shift in model.shifts}
    penalty = {
        t: float(model.unserved[model.tasks[t].visit]) * state.scales.tier1
        for t in range(len(model.tasks))
        if not model.linked[t] and t not in begun
    }
    needed = sorted(set(penalty) | placed)
    missing = {t for t in penalty if t not in placed}
    return Master(columns, len(state.routes), penalty, needed, missing)


def _empty_cost(state: State, shift: int) -> float:
    data, weights = state.model.shifts[shift], state.model.problem.weights
    if data.fair_share is None:
        return 0.0
    return weights.imbalance * ((data.used_work - data.fair_share) / 3600.0) ** 2


def _price_out(master: Master, seconds: float) -> list[Column]:
    """The columns that could be part of a better plan, by their reduced costs."""
    solver = pywraplp.Solver.CreateSolver("GLOP")
    if solver is None:
        return master.columns
    inf = solver.infinity()
    objective = solver.Objective()
    objective.SetMinimization()
    rows = {t: solver.Constraint(1.0, inf) for t in master.needed}
    picks = [solver.Constraint(1.0, 1.0) for _ in range(master.shifts)]
    variables = []
    for column in master.columns:
        x = solver.NumVar(0.0, inf, "")
        objective.SetCoefficient(x, column.cost)
        picks[column.shift].SetCoefficient(x, 1.0)
        for t in column.tasks:
            rows[t].SetCoefficient(x, 1.0)
        variables.append(x)
    for t, weight in master.penalty.items():
        left_out = solver.NumVar(0.0, 1.0, "")
        objective.SetCoefficient(left_out, weight)
        rows[t].SetCoefficient(left_out, 1.0)
    solver.SetTimeLimit(max(1, int(1000 * seconds)))
    if solver.Solve() != pywraplp.Solver.OPTIMAL:
        return master.columns
    at_hand = sum(column.cost for column in master.columns if column.mine)
    at_hand += sum(master.penalty[t] for t in master.missing)
    gap = at_hand - objective.Value() + 1.0
    return [
        column
        for column, x in zip(master.columns, variables, strict=True)
        if column.mine or x.reduced_cost() <= gap
    ]


def _choose(
    master: Master, columns: list[Column], *, seconds: float, seed: int
) -> list[Column] | None:
    model = cp_model.CpModel()
    rows: dict[int, list[cp_model.IntVar]] = {t: [] for t in master.needed}
    picks: list[list[cp_model.IntVar]] = [[] for _ in range(master.shifts)]
    variables, costs = [], []
    for column in columns:
        x = model.new_bool_var("")
        model.add_hint(x, column.mine)
        for t in column.tasks:
            rows[t].append(x)
        picks[column.shift].append(x)
        variables.append(x)
        costs.append(round(column.cost))
    chosen_columns = len(variables)
    for t in master.needed:
        if t in master.penalty:
            left_out = model.new_bool_var("")
            model.add_hint(left_out, t in master.missing)
            rows[t].append(left_out)
            variables.append(left_out)
            costs.append(round(master.penalty[t]))
        model.add_exactly_one(rows[t])
    for choice in picks:
        model.add_exactly_one(choice)
    model.minimize(cp_model.LinearExpr.weighted_sum(variables, costs))
    solver = cp_model.CpSolver()
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


def _apply(state: State, chosen: list[Column]) -> bool:
    """Enter the chosen routes; undone when the plan is not better by its exact worth."""
    before = state.worth()
    state.begin()
    for column in chosen:
        if column.tasks != state.routes[column.shift] and not state.set_route(
            column.shift, list(column.tasks)
        ):
            state.rollback()
            return False
    model = state.model
    state.missing = {
        v for v, tasks in enumerate(model.tasks_of) if any(state.route_of[t] < 0 for t in tasks)
    }
    if state.worth() >= before:
        state.rollback()
        return False
    state.commit()
    return True

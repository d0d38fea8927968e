"""A plan that stands is left only where that is worth it.

A search takes every gain, however small, and lateness above any number of changes. People who were
told when somebody comes, and whom, see it otherwise: a change of hands for a second less of
lateness is none for the better.
"""

from dataclasses import dataclass, replace

from dispatch_solver.eligibility import Floats
from dispatch_solver.model import Model
from dispatch_solver.state import Snapshot, State

NOTHING = 1e-6


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands, and what its routes cost."""

    plan: Snapshot
    tier2: Floats
    tier3: Floats

    @staticmethod
    def of(state: State, plan: Snapshot) -> "Standing":
        """Reads the plan into the state, for its costs."""
        state.load(plan)
        return Standing(plan, state.tier2.copy(), state.tier3.copy())


def keep_what_stands(state: State, stands: Standing) -> None:
    """Takes back of the state's plan what gains nothing worth its changes.

    Routes that gave work to each other, or that linked visits bind together, are judged together.
    They stay as found where that serves more, or where promises and lateness are no worse and the
    gain in tiers 2 and 3, unit for unit, is one: changes are among the costs of tier 3.
    """
    model, found = state.model, state.snapshot()
    back = {
        s
        for group in _groups(model, stands.plan, found)
        if not _is_worth_it(state, stands, group)
        for s in group
    }
    if back:
        state.load(_mixed(model, stands.plan, found, back))


def _is_worth_it(state: State, stands: Standing, group: set[int]) -> bool:
    model, rows = state.model, sorted(group)
    lost = model.unserved
    served = {model.tasks[t].visit for s in rows for t in state.routes[s]}
    served_before = {model.tasks[t].visit for s in rows for t in stands.plan.routes[s]}
    first = sum(float(lost[v]) for v in served_before - served) - sum(
        float(lost[v]) for v in served - served_before
    )
    if abs(first) > NOTHING:
        return first < 0
    second = float(state.tier2[rows].sum() - stands.tier2[rows].sum())
    third = float(state.tier3[rows].sum() - stands.tier3[rows].sum())
    return second < NOTHING and second + third < -NOTHING


def _groups(model: Model, before: Snapshot, after: Snapshot) -> list[set[int]]:
    """Shifts whose routes differ, or whose linked visits may meet at another time, with all that
    must be judged with them."""
    chief = list(range(len(before.routes)))

    def chief_of(s: int) -> int:
        while chief[s] != s:
            chief[s] = chief[chief[s]]
            s = chief[s]
        return s

    where: dict[int, int] = {}
    for plan in (before, after):
        for s, route in enumerate(plan.routes):
            for t in route:
                for each in _bound(model, t):
                    chief[chief_of(s)] = chief_of(where.setdefault(each, s))
    differing = {s for s in range(len(chief)) if before.routes[s] != after.routes[s]}
    differing |= {s for t, s in where.items() if model.linked[t]}
    wanted = {chief_of(s) for s in differing}
    groups: dict[int, set[int]] = {}
    for s in range(len(chief)):
        if chief_of(s) in wanted:
            groups.setdefault(chief_of(s), set()).add(s)
    return list(groups.values())


def _bound(model: Model, task: int) -> list[int]:
    """The task and those it is linked with: of its crew, and of the visits tied to its own."""
    if not model.linked[task]:
        return [task]
    visit, problem = model.tasks[task].visit, model.problem
    rows = (*model.befores.get(visit, ()), *model.afters.get(visit, ()))
    links = [problem.precedences[i] for i in rows]
    names = {name for link in links for name in (link.before, link.after)}
    names |= {name for i in model.ties.get(visit, ()) for name in problem.ties[i].visits}
    visits = {visit, *(model.visit_index[name] for name in names)}
    return [t for v in sorted(visits) for t in model.tasks_of[v]]


def _mixed(model: Model, before: Snapshot, after: Snapshot, back: set[int]) -> Snapshot:
    """The plan found, with the routes of some shifts as they stand."""
    routes = [(before if s in back else after).routes[s] for s in range(len(after.routes))]
    theirs = {t for s in back for plan in (before, after) for t in plan.routes[s]}
    holds = {key: spans for key, spans in after.holds.items() if theirs.isdisjoint(spans)}
    holds |= {key: spans for key, spans in before.holds.items() if not theirs.isdisjoint(spans)}
    placed = {t for route in routes for t in route}
    missing = {v for v, tasks in enumerate(model.tasks_of) if tasks[0] not in placed}
    return replace(after, routes=routes, holds=holds, missing=missing)

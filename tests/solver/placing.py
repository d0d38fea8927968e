"""Plans with one visit more, made by hand: what an answer promises is carried out and checked."""

from dataclasses import replace

from dispatch_solver import Place, Plan, Problem, check
from dispatch_solver.assemble import routes_of, total_terms
from dispatch_solver.model import compile_problem
from dispatch_solver.state import State
from dispatch_solver.warm import state_of


def without(plan: Plan, *visits: str) -> Plan:
    """The plan without some visits' stops; times are made anew when it is taken over."""
    routes = tuple(
        replace(route, stops=tuple(s for s in route.stops if s.visit not in visits))
        for route in plan.routes
    )
    return replace(plan, routes=routes)


def plan_of(state: State) -> Plan:
    """The state as a plan that says of what it leaves out only that it does."""
    problem, routes = state.model.problem, routes_of(state)
    left = [problem.visits[v].id for v in sorted(state.missing)]
    terms = total_terms(state, routes)
    return Plan.from_json(
        {
            **Plan(routes, (), terms, 0, 0.0, "construct", 0).to_json(),
            "unplaced": [{"visit": name, "code": "NOT_TRIED"} for name in left],
        }
    )


def placed(problem: Problem, plan: Plan, visit: str, place: Place) -> Plan:
    """The plan with a visit that nothing is linked with at a place; it passes `check`."""
    state = state_of(compile_problem(problem), plan)
    model = state.model
    shift = next(
        s
        for s, data in enumerate(model.shifts)
        if model.problem.technicians[data.technician].id == place.technician
        and model.names[s] == place.shift
    )
    number = model.visit_index[visit]
    assert state.insert(model.tasks_of[number][0], shift, place.position)
    state.missing.discard(number)
    found = plan_of(state)
    assert check(problem, found) == []
    return found

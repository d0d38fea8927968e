"""Taking a plan over: as much of it as still holds for the problem; the rest is left out."""

from dispatch_solver.construct import topological
from dispatch_solver.eligibility import Span
from dispatch_solver.links import allowed_spans, hold_placed, people_fit
from dispatch_solver.model import Model, clip
from dispatch_solver.plan import Plan
from dispatch_solver.state import State


def state_of(model: Model, plan: Plan) -> State:
    """The plan as a state of the search."""
    state = State(model)
    wanted = _wanted(state, plan)
    exact = ("exact", 0)
    bounds: dict[int, Span] = {
        t: (start, start) for stops in wanted.values() for t, start in stops if model.linked[t]
    }
    state.hold(exact, bounds)
    for s, stops in wanted.items():
        tasks = [t for t, _ in stops if model.can(s, t)]
        if not state.set_route(s, [*state.routes[s], *tasks]):
            for t in tasks:
                state.insert(t, s, len(state.routes[s]))
    for v in range(len(model.tasks_of)):
        if not model.linked[model.tasks_of[v][0]] and state.route_of[model.tasks_of[v][0]] >= 0:
            state.missing.discard(v)
    _link(state)
    state.release(exact)
    for s in {state.route_of[t] for t in bounds} - {-1}:
        state.set_route(s, state.routes[s])
    return state


def _wanted(state: State, plan: Plan) -> dict[int, list[tuple[int, int]]]:
    """Tasks and starts by shift, of stops that the problem knows and that have not begun."""
    model = state.model
    index = {
        (person.id, shift.id): (i, j)
        for i, person in enumerate(model.problem.technicians)
        for j, shift in enumerate(person.shifts)
    }
    number = {key: s for s, key in enumerate(index)}
    wanted: dict[int, list[tuple[int, int]]] = {}
    seen: set[int] = set()
    for route in plan.routes:
        s = number.get((route.technician, route.shift))
        for stop in route.stops if s is not None else ():
            v = model.visit_index.get(stop.visit)
            if s is None or v is None or not 0 <= stop.need < len(model.tasks_of[v]):
                continue
            t = model.tasks_of[v][stop.need]
            if t not in seen and model.problem.visits[v].started is None:
                seen.add(t)
                wanted.setdefault(s, []).append((t, stop.start))
    return wanted


def _link(state: State) -> None:
    """Accept linked visits whose links hold, in order; take the others out again."""
    model = state.model
    linked = [v for v, tasks in enumerate(model.tasks_of) if model.linked[tasks[0]]]
    for v in topological(model, linked):
        if model.problem.visits[v].started is not None:
            continue
        tasks = model.tasks_of[v]
        if all(state.route_of[t] >= 0 for t in tasks) and _links_hold(state, v):
            hold_placed(state, v)
            state.missing.discard(v)
            continue
        for t in tasks:
            s = state.route_of[t]
            if s >= 0 and not state.set_route(s, [o for o in state.routes[s] if o != t]):
                _empty(state, s)


def _empty(state: State, shift: int) -> None:
    """Give a route up that cannot do without a stop: its plain visits are planned anew."""
    for t in state.routes[shift]:
        state.missing.add(state.model.tasks[t].visit)
    started = state.model.shifts[shift].started
    state.set_route(shift, [] if started is None else [started])
    if started is not None:
        state.missing.discard(state.model.tasks[started].visit)


def _links_hold(state: State, visit: int) -> bool:
    model = state.model
    start = state.start_of(model.tasks_of[visit][0])
    if not clip(allowed_spans(state, visit), start, start) or not people_fit(state, visit):
        return False
    needs = model.problem.visits[visit].needs
    for k, t in enumerate(model.tasks_of[visit][1:], start=1):
        gap = state.start_of(t) - start
        if not needs[k].gap_least <= gap <= needs[k].gap_most:
            return False
    return True

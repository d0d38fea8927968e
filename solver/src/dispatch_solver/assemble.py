"""From the search's state to a plan that people and programs can read, and back."""

from dataclasses import replace

from dispatch_solver import objective
from dispatch_solver.links import remove_visits
from dispatch_solver.model import FOREVER, Model
from dispatch_solver.plan import BreakTaken, Plan, Route, Stop, Terms, Unplaced
from dispatch_solver.schedule import Timing, unfold
from dispatch_solver.state import State


def routes_of(state: State) -> tuple[Route, ...]:
    return tuple(route_of(state.model, s, state.timings[s]) for s in range(len(state.routes)))


def route_of(model: Model, shift: int, timing: Timing) -> Route:
    """One route with all its times and terms."""
    data, problem = model.shifts[shift], model.problem
    person = problem.technicians[data.technician]
    name = shift_names(model)[shift]
    terms = objective.route_terms(model, shift, timing)
    if not timing.tasks:
        return Route(
            person.id, name, stops=(), start=data.start, end=data.start, terms=terms
        )
    start, moments, rests = unfold(model, shift, timing)
    metres = objective.leg_metres(model, shift, timing)
    stops = []
    for i, (t, moment) in enumerate(zip(timing.tasks, moments, strict=True)):
        task = model.tasks[t]
        late = max(0, moment.start - task.due) if task.due is not None else 0
        promise = task.promise
        stops.append(
            Stop(
                visit=problem.visits[task.visit].id,
                need=task.need,
                arrive=moment.arrive,
                start=moment.start,
                end=moment.end,
                travel_s=timing.legs[i],
                travel_m=metres[i],
                setup_s=timing.setups[i],
                late_s=late,
                promise_broken=promise is not None
                and not promise[0] <= moment.start <= promise[1],
            )
        )
    return Route(
        technician=person.id,
        shift=name,
        stops=tuple(stops),
        breaks=tuple(BreakTaken(*rest) for rest in rests),
        start=start,
        end=timing.end,
        travel_s=sum(timing.legs),
        travel_m=sum(metres),
        work_s=objective.work_of(timing),
        overtime_s=max(0, timing.end - data.end),
        terms=terms,
    )


def shift_names(model: Model) -> list[str]:
    return [shift.id for person in model.problem.technicians for shift in person.shifts]


def total_terms(state: State, routes: tuple[Route, ...]) -> Terms:
    lost = [float(state.model.unserved[v]) for v in sorted(state.missing)]
    return objective.add((route.terms for route in routes), state.model.problem.weights, lost)


def plan_of(state: State, unplaced: tuple[Unplaced, ...]) -> Plan:
    routes = routes_of(state)
    return Plan(routes=routes, unplaced=unplaced, terms=total_terms(state, routes))


def state_of(model: Model, plan: Plan) -> State:
    """A state with as much of a plan as still holds for this problem; the rest is left out."""
    state = State(model)
    shift_index = {
        (model.problem.technicians[data.technician].id, name): s
        for s, (data, name) in enumerate(zip(model.shifts, shift_names(model), strict=True))
    }
    wanted: dict[int, list[tuple[int, int]]] = {}
    for route in plan.routes:
        s = shift_index.get((route.technician, route.shift))
        for stop in route.stops if s is not None else ():
            v = model.visit_index.get(stop.visit)
            if s is None or v is None or stop.need >= len(model.tasks_of[v]) or stop.need < 0:
                continue
            if v in state.missing:
                wanted.setdefault(s, []).append((model.tasks_of[v][stop.need], stop.start))
    _take_over(state, wanted)
    return state


def _take_over(state: State, wanted: dict[int, list[tuple[int, int]]]) -> None:
    """Enter the wanted stops; starts of linked tasks are kept by holding them."""
    model = state.model
    placed: set[int] = set()
    for s, stops in wanted.items():
        for t, start in stops:
            if t in placed or not model.can[s, t]:
                continue
            if model.linked[t]:
                continue
            if state.insert(t, s, len(state.routes[s])):
                placed.add(t)
                state.missing.discard(model.tasks[t].visit)


def without(state: State, visits: list[int]) -> bool:
    """Take visits out of a state; see `links.remove_visits`."""
    return remove_visits(state, visits)


__all__ = ["FOREVER", "plan_of", "replace", "route_of", "routes_of", "state_of", "total_terms"]

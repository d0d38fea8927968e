"""From the search's state to a plan that people and programs can read."""

from dispatch_solver import objective
from dispatch_solver.clock import Clock
from dispatch_solver.model import Model, shift_names
from dispatch_solver.plan import BreakTaken, Plan, Route, Stop, Terms
from dispatch_solver.reasons import explain_all, unexplained
from dispatch_solver.schedule import Timing, unfold
from dispatch_solver.state import State

# What explaining may take when the search has used up its time.
GRACE = 0.2


def routes_of(state: State) -> tuple[Route, ...]:
    return tuple(route_of(state.model, s, state.timings[s]) for s in range(len(state.routes)))


def route_of(model: Model, shift: int, timing: Timing) -> Route:
    """One route with all its times and terms."""
    data, problem = model.shifts[shift], model.problem
    person = problem.technicians[data.technician]
    name = shift_names(model)[shift]
    terms = objective.route_terms(model, shift, timing)
    if not timing.tasks:
        return Route(person.id, name, stops=(), start=data.start, end=data.start, terms=terms)
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
                promise_broken=promise is not None and not promise[0] <= moment.start <= promise[1],
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


def total_terms(state: State, routes: tuple[Route, ...]) -> Terms:
    lost = [float(state.model.unserved[v]) for v in sorted(state.missing)]
    return objective.add((route.terms for route in routes), state.model.problem.weights, lost)


def finish(
    state: State,
    clock: Clock,
    *,
    seed: int,
    engine: str,
    iterations: int,
    explained: bool = True,
) -> Plan:
    """The state as a plan, with the reasons for what it leaves out, if they are wanted."""
    routes = routes_of(state)
    unplaced = (
        explain_all(state, time_left=lambda: clock.seconds + GRACE - clock.elapsed())
        if explained
        else unexplained(state)
    )
    clock.last_report()
    return Plan(
        routes=routes,
        unplaced=unplaced,
        terms=total_terms(state, routes),
        seed=seed,
        seconds=round(clock.elapsed(), 3),
        engine=engine,
        iterations=iterations,
        history=tuple(clock.history),
    )

"""Routes to begin with: a short search remembers thousands of good ones, and makes a plan."""

from collections.abc import Callable

import numpy as np

from dispatch_solver.assemble import finish
from dispatch_solver.bound.rates import Rates
from dispatch_solver.clock import Clock
from dispatch_solver.compiled import available
from dispatch_solver.constraints import Facts
from dispatch_solver.constraints.figures import recount
from dispatch_solver.model import Model, shift_names
from dispatch_solver.plan import Plan
from dispatch_solver.search.search import Search
from dispatch_solver.search.team import Team
from dispatch_solver.solve import search, solve
from dispatch_solver.warm import state_of

# Shift, tasks in order, tier 2 and tier 3 as weighed.
Known = tuple[int, list[int], float]

MOST_ROUTES = 3000


def harvest(
    model: Model,
    rates: Rates,
    plan: Plan | None,
    *,
    seconds: float,
    threads: int,
    unserved_seconds: float | None,
    should_stop: Callable[[], bool] | None,
) -> tuple[Plan, list[Known]]:
    """The plan given, or else the best of the search, and the routes the search remembers."""
    nothing = not model.tasks or not model.shifts
    if nothing or not available():
        engine = "construct" if nothing else "plain"
        made = plan or solve(model.problem, seconds=seconds, engine=engine, should_stop=should_stop)
        return made, routes_of(model, made, rates)
    clock = Clock(seconds, None, should_stop)
    team = Team(model, clock, seed=0, threads=threads, unserved_seconds=unserved_seconds)
    state, steps = search(team, None if plan is None else state_of(model, plan))
    made = plan or finish(state, clock, seed=0, engine="auto", iterations=steps)
    met = [route for one in team.searches for route in remembered(one, len(team.searches))]
    return made, routes_of(model, made, rates) + met


def remembered(one: Search, share: int) -> list[Known]:
    """The routes remembered last; what they cost as the search weighs it."""
    memory = one.memory
    size, end = len(memory.length), int(memory.next[0])
    index = np.arange(max(0, end - min(size, MOST_ROUTES // share)), end) % size
    return [
        (int(memory.shift[i]), memory.stop[i, : memory.length[i]].tolist(), float(memory.cost[i]))
        for i in index.tolist()
    ]


def routes_of(model: Model, plan: Plan, rates: Rates) -> list[Known]:
    """The plan's routes."""
    people = [person.id for person in model.problem.technicians]
    named = zip(model.shifts, shift_names(model), strict=True)
    index = {(people[data.technician], name): s for s, (data, name) in enumerate(named)}
    _, parts = recount(Facts.of(model.problem, plan))
    return [
        (
            index[route.technician, route.shift],
            [model.tasks_of[model.visit_index[stop.visit]][stop.need] for stop in route.stops],
            rates.tier2 * parts[route.technician, route.shift].tier2
            + rates.tier3 * parts[route.technician, route.shift].tier3,
        )
        for route in plan.routes
    ]

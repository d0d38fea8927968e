"""Where one visit could go in a plan, best place first."""

from dataclasses import dataclass

import numpy as np

from dispatch_solver.board import items_of
from dispatch_solver.insertion import price_all
from dispatch_solver.links import place_linked, remove_visits
from dispatch_solver.model import compile_problem, shift_names
from dispatch_solver.objective import route_tiers
from dispatch_solver.plan import Plan
from dispatch_solver.problem import Problem
from dispatch_solver.schedule import breaks_of, starts_of
from dispatch_solver.state import State
from dispatch_solver.validate import ensure_valid
from dispatch_solver.warm import state_of


@dataclass(frozen=True, slots=True)
class Place:
    """One place for a visit: a position in a route, the start there, what it adds.

    `tier2` and `tier3` are differences of the plan's tiers, exact. A visit with a crew has one
    part per member in `others` (technician, shift, position, start).
    """

    technician: str
    shift: str
    position: int
    start: int
    tier2: float
    tier3: float
    others: tuple[tuple[str, str, int, int], ...] = ()


def insert(problem: Problem, plan: Plan, visit: str, *, most: int = 10) -> list[Place]:
    """The best places for a visit of the problem, at most one per shift, best first.

    If the plan serves the visit already, it is taken out first. Empty: there is no place (see
    `why_not`). Raises InvalidProblem, and KeyError for a visit the problem does not have.
    """
    ensure_valid(problem)
    model = compile_problem(problem)
    number = model.visit_index[visit]
    state = state_of(model, plan)
    if number not in state.missing and not remove_visits(state, [number]):
        return []
    if model.linked[model.tasks_of[number][0]]:
        return _linked_place(state, number)
    return ranked(state, model.tasks_of[number][0])[:most]


def ranked(state: State, task: int) -> list[Place]:
    """Places for one task that is not in the state, best first."""
    model = state.model
    rows = np.arange(len(model.shifts))
    if not len(rows):
        return []
    cost, _ = price_all(model, state.board, rows, items_of(model, [task]))
    best = cost[:, :, 0].argmin(axis=1)
    places = []
    for s in np.flatnonzero(np.isfinite(cost[rows, best, 0])).tolist():
        place = _exact(state, task, s, int(best[s]))
        if place is not None:
            places.append(place)
    return sorted(places, key=lambda place: (place.tier2, place.tier3, place.technician))


def _exact(state: State, task: int, shift: int, position: int) -> Place | None:
    """The place with what it really adds."""
    model, route = state.model, state.routes[shift]
    timing = state.try_route(shift, [*route[:position], task, *route[position:]])
    if not timing.feasible:
        return None
    starts = starts_of(timing, len(breaks_of(model, shift)))
    second, third = route_tiers(model, shift, timing, starts)
    person = model.problem.technicians[model.shifts[shift].technician]
    return Place(
        technician=person.id,
        shift=shift_names(model)[shift],
        position=position,
        start=starts[position],
        tier2=second - float(state.tier2[shift]),
        tier3=third - float(state.tier3[shift]),
    )


def _linked_place(state: State, visit: int) -> list[Place]:
    """The one place found for a visit with links; its crew's parts move together."""
    model, names = state.model, shift_names(state.model)
    _, second, third = state.worth()
    if not place_linked(state, visit):
        return []
    parts = []
    for t in model.tasks_of[visit]:
        s = state.route_of[t]
        person = model.problem.technicians[model.shifts[s].technician].id
        parts.append((person, names[s], state.routes[s].index(t), state.start_of(t)))
    _, second_now, third_now = state.worth()
    person, shift, position, start = parts[0]
    gained = (second_now - second, third_now - third)
    return [Place(person, shift, position, start, *gained, others=tuple(parts[1:]))]

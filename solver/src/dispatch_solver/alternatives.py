"""Who else could have served each visit of a plan, and what that would have cost more."""

import time

from dispatch_solver.insert import Place, ranked
from dispatch_solver.links import remove_visits
from dispatch_solver.model import compile_problem
from dispatch_solver.plan import Plan
from dispatch_solver.problem import Problem
from dispatch_solver.validate import ensure_valid
from dispatch_solver.warm import state_of


def alternatives(
    problem: Problem, plan: Plan, *, most: int = 3, seconds: float = 1.0
) -> dict[str, list[Place]]:
    """Per visit the best places with other technicians, everything else as it is in the plan.

    `tier2` and `tier3` of a place are differences against the plan's own choice: below zero it
    would have been better. Visits that are linked with others, pinned or begun have none. What
    `seconds` do not suffice for is missing. Raises InvalidProblem.
    """
    begun = time.monotonic()
    ensure_valid(problem)
    model = compile_problem(problem)
    state = state_of(model, plan)
    found: dict[str, list[Place]] = {}
    for number, tasks in enumerate(model.tasks_of):
        visit = model.problem.visits[number]
        fixed = visit.pinned is not None or visit.started is not None or model.linked[tasks[0]]
        if fixed or number in state.missing:
            continue
        if time.monotonic() - begun > seconds:
            break
        shift = state.route_of[tasks[0]]
        holder = model.problem.technicians[model.shifts[shift].technician].id
        chosen = float(state.tier2[shift]), float(state.tier3[shift])
        state.begin()
        if remove_visits(state, [number]):
            saved = chosen[0] - float(state.tier2[shift]), chosen[1] - float(state.tier3[shift])
            found[visit.id] = [
                Place(
                    place.technician,
                    place.shift,
                    place.position,
                    place.start,
                    place.tier2 - saved[0],
                    place.tier3 - saved[1],
                )
                for place in ranked(state, tasks[0])
                if place.technician != holder
            ][:most]
        state.rollback()
    return found

"""The terms of routes given by hand, at their earliest times, as the search counts them."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from dispatch_solver import Problem, Terms, Weights, objective
from dispatch_solver.model import compile_problem
from dispatch_solver.schedule import breaks_of, starts_of, time_route
from dispatch_solver.terms import TERMS

# A visit's first crew member, or a visit and a crew member.
Part = str | tuple[str, int]


def only(**weights: Any) -> Weights:
    """Weights of nothing but the terms given; leaving out costs as ever."""
    nothing: dict[str, Any] = dict.fromkeys((term.weight for term in TERMS if term.tier > 1), 0.0)
    return Weights(**nothing | weights)


def counted(task: Problem, routes: Mapping[str, Sequence[Part]]) -> Terms:
    """The plan's terms; by the way, the search's quick sums must be those of each route."""
    model = compile_problem(task)
    quick = objective.RouteTiers(model)
    parts, served = [], set()
    for s, data in enumerate(model.shifts):
        person = task.technicians[data.technician]
        named = [(p, 0) if isinstance(p, str) else p for p in routes.get(person.id, ())]
        tasks = [model.tasks_of[model.visit_index[visit]][need] for visit, need in named]
        timing = time_route(model, s, tasks, [model.tasks[t].windows for t in tasks])
        assert timing.feasible, f"the route of {person.id} breaks a rule"
        parts.append(objective.route_terms(model, s, timing))
        starts = starts_of(timing, len(breaks_of(model, s))) if tasks else []
        assert quick(s, timing, starts) == pytest.approx((parts[-1].tier2, parts[-1].tier3))
        served |= {visit for visit, _ in named}
    left = [task.weights.unserved[v.priority] for v in task.visits if v.id not in served]
    return objective.add(parts, task.weights, left)

"""Why a plan leaves a visit out, or why it could not be elsewhere."""

from dispatch_solver.links import remove_visits
from dispatch_solver.model import compile_problem
from dispatch_solver.plan import Plan, Unplaced
from dispatch_solver.problem import Problem
from dispatch_solver.reasons import explain
from dispatch_solver.relax import Relaxed
from dispatch_solver.validate import ensure_valid
from dispatch_solver.warm import state_of


def why_not(problem: Problem, plan: Plan, visit: str) -> Unplaced:
    """Per technician the first rule that keeps the visit away, and by how much.

    A visit that the plan serves is taken out first; those who could take it are then not listed.
    Raises InvalidProblem, and KeyError for a visit the problem does not have.
    """
    ensure_valid(problem)
    model = compile_problem(problem)
    number = model.visit_index[visit]
    state = state_of(model, plan)
    if number not in state.missing:
        remove_visits(state, [number])
    relaxed = Relaxed.of(state)
    return explain(relaxed, number, relaxed.ask([model.tasks_of[number][0]]), 0)

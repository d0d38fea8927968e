"""What a plan is worth, counted from its stops."""

from dispatch_solver.plan import Plan, Terms
from dispatch_solver.problem import Problem
from dispatch_solver.recount import recount


def score(problem: Problem, plan: Plan) -> Terms:
    """Every term of a plan, whatever the plan itself says; its names must be the problem's."""
    return recount(problem, plan)[0]

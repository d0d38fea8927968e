"""What a plan is worth, counted from its stops."""

from dispatch_solver.constraints import Facts
from dispatch_solver.constraints.figures import recount
from dispatch_solver.plan import Plan, Terms
from dispatch_solver.problem import Problem


def score(problem: Problem, plan: Plan) -> Terms:
    """Every term of a plan, whatever the plan itself says; its names must be the problem's."""
    return recount(Facts.of(problem, plan))[0]

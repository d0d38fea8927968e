"""The independent checker: does a plan keep every rule, and are its figures true?

It shares no code with the search: it knows the problem, the plan and the rules, and works every
time and term out again from the order of the stops and the times the plan claims. The rules are
in `constraints`, one file each.
"""

from dispatch_solver.constraints import CONSTRAINTS, Facts, Violation
from dispatch_solver.constraints.known_names import unknown_names
from dispatch_solver.plan import Plan
from dispatch_solver.problem import Problem


def check(problem: Problem, plan: Plan) -> list[Violation]:
    """Every rule the plan breaks and every figure that is not true; empty: the plan is right.

    The problem must be valid (see `validate`); the plan may be anything that `Plan.from_json`
    reads. While a name in the plan is not the problem's, nothing else is looked at.
    """
    unknown = list(unknown_names(problem, plan))
    if unknown:
        return unknown
    facts = Facts.of(problem, plan)
    return [found for constraint in CONSTRAINTS for found in constraint.check(facts)]


__all__ = ["Violation", "check"]

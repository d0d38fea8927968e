"""The questions of `LivePlan`, each for one time: the plan is made ready, asked and forgotten.

All raise InvalidProblem with every fault, and KeyError for a visit the problem does not have.
"""

import time
from collections.abc import Iterable

from dispatch_solver.insert import Place
from dispatch_solver.live import LivePlan
from dispatch_solver.plan import Plan, Unplaced
from dispatch_solver.problem import Problem, Visit, Window
from dispatch_solver.slots import Slot


def insert(problem: Problem, plan: Plan, visit: Visit | str, *, most: int = 10) -> list[Place]:
    """The best places for a visit, at most one per shift, best first: see `LivePlan.insert`."""
    return LivePlan(problem, plan).insert(visit, most=most)


def slots(
    problem: Problem,
    plan: Plan,
    visit: Visit | str,
    windows: Iterable[Window],
    *,
    most: int = 10,
) -> list[Slot]:
    """The windows a customer could be offered, cheapest first: see `LivePlan.slots`."""
    return LivePlan(problem, plan).slots(visit, windows, most=most)


def why_not(problem: Problem, plan: Plan, visit: str) -> Unplaced:
    """Who is kept from a visit by which rule, and what would place it: see `LivePlan.why_not`."""
    return LivePlan(problem, plan).why_not(visit)


def alternatives(
    problem: Problem, plan: Plan, *, most: int = 3, seconds: float = 1.0
) -> dict[str, list[Place]]:
    """Who else could serve each visit, and what that adds: see `LivePlan.alternatives`.

    `seconds` count from the call, making ready included.
    """
    begun = time.monotonic()
    live = LivePlan(problem, plan)
    return live.alternatives(most=most, seconds=seconds - (time.monotonic() - begun))

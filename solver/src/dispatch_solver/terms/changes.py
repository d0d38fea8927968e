"""Changes against the plan in force: other people, or the same person at another time."""

from dispatch_solver.eligibility import TaskData, holder
from dispatch_solver.model import Model
from dispatch_solver.problem import Technician, Visit
from dispatch_solver.terms.term import RouteView, Term


def taken(person: Technician, visit: Visit, need: int) -> int:
    """1 for a crew member's part that somebody else holds now."""
    holding = holder(visit, need)
    return int(holding is not None and holding != person.id)


def moved(route: RouteView) -> int:
    """Visits that keep their first technician but start at another time than they held."""
    return sum(_moved(route, task, start) for task, start in route.stops())


def _moved(route: RouteView, task: TaskData, start: int) -> bool:
    before, problem = task.moved_from, route.model.problem
    if before is None or abs(start - before) <= problem.weights.change_seconds:
        return False
    return holder(problem.visits[task.visit], 0) == route.person.id


def timed(model: Model) -> bool:
    return bool((model.moved_from >= 0).any())


TERM = Term(
    name="changes",
    tier=3,
    unit="changes",
    weight="change",
    sentence="Crew members taken from a visit they held, and visits moved in time.",
    of_route=moved,
    of_person=taken,
    arises=timed,
)

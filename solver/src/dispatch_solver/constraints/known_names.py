"""A plan speaks of the problem's own shifts, visits and crew members.

Looked at first and alone: nothing else can be checked while a name is not known.
"""

from collections.abc import Iterator

from dispatch_solver.constraints.violation import Violation
from dispatch_solver.plan import Plan
from dispatch_solver.problem import Problem

CODES = ("UNKNOWN_SHIFT", "UNKNOWN_VISIT", "UNKNOWN_NEED")


def unknown_names(problem: Problem, plan: Plan) -> Iterator[Violation]:
    shifts = {(p.id, s.id) for p in problem.technicians for s in p.shifts}
    visits = {visit.id: visit for visit in problem.visits}
    for route in plan.routes:
        where = f"route {route.technician}/{route.shift}"
        if (route.technician, route.shift) not in shifts:
            yield Violation("UNKNOWN_SHIFT", where, "no such technician and shift")
        for stop in route.stops:
            visit = visits.get(stop.visit)
            if visit is None:
                yield Violation("UNKNOWN_VISIT", where, f"no visit {stop.visit}")
            elif not 0 <= stop.need < len(visit.needs):
                yield Violation("UNKNOWN_NEED", where, f"{stop.visit} has no need {stop.need}")
    for left in plan.unplaced:
        if left.visit not in visits:
            yield Violation("UNKNOWN_VISIT", "unplaced", f"no visit {left.visit}")

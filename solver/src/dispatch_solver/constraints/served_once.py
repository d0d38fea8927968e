"""Every visit is served once or left out once; every shift has one route at most."""

from collections import Counter
from collections.abc import Iterator

from dispatch_solver.constraints.facts import Constraint, Facts
from dispatch_solver.constraints.violation import Violation


def check(facts: Facts) -> Iterator[Violation]:
    plan, placed = facts.plan, facts.placed
    routes = Counter((route.technician, route.shift) for route in plan.routes)
    for (person, shift), count in routes.items():
        if count > 1:
            yield Violation("ROUTE_TWICE", f"route {person}/{shift}", f"{count} routes")
    stops = Counter((s.visit, s.need) for route in plan.routes for s in route.stops)
    for (visit, need), count in stops.items():
        if count > 1:
            yield Violation("VISIT_TWICE", visit, f"crew member {need} is there {count} times")
    left = Counter(unplaced.visit for unplaced in plan.unplaced)
    for visit in facts.problem.visits:
        if visit.id in placed and left[visit.id]:
            yield Violation("PLACED_AND_LEFT_OUT", visit.id, "is both in a route and left out")
        if visit.id not in placed and left[visit.id] != 1:
            yield Violation("NOT_ACCOUNTED", visit.id, f"is left out {left[visit.id]} times")


CONSTRAINT = Constraint(
    name="served once",
    codes=("ROUTE_TWICE", "VISIT_TWICE", "PLACED_AND_LEFT_OUT", "NOT_ACCOUNTED"),
    sentence="Every visit is made once or left out with a reason.",
    check=check,
)

"""What a route carries for all its stops is within the shift's capacity."""

from collections.abc import Iterator

from dispatch_solver.constraints.facts import Constraint, Facts
from dispatch_solver.constraints.violation import Violation


def check(facts: Facts) -> Iterator[Violation]:
    for route in facts.routes:
        most = route.shift.capacity
        if most is None or route.begun_alone:
            continue
        load = sum(visit.load for visit in route.jobs)
        if load > most:
            yield Violation("CAPACITY", route.where, f"carries {load}, {most} allowed")


CONSTRAINT = Constraint(
    name="capacity",
    codes=("CAPACITY",),
    sentence="Nobody takes along more than the shift's capacity.",
    check=check,
)

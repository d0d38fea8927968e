"""Where technicians are named, one of them leads the visit."""

from collections.abc import Iterator

from dispatch_solver.constraints.facts import Constraint, Facts, free_stops
from dispatch_solver.constraints.violation import Violation


def check(facts: Facts) -> Iterator[Violation]:
    for route, visit, stop in free_stops(facts):
        if visit.named and stop.need == 0 and route.person.id not in visit.named:
            where = f"{visit.id}[{stop.need}]"
            yield Violation("NAMED", where, f"{route.person.id} is not among those named")


CONSTRAINT = Constraint(
    name="named",
    codes=("NAMED",),
    sentence="Where technicians are named, one of them leads the visit.",
    check=check,
)

"""Nobody goes to a visit from which they are refused."""

from collections.abc import Iterator

from dispatch_solver.constraints.facts import Constraint, Facts, free_stops
from dispatch_solver.constraints.violation import Violation


def check(facts: Facts) -> Iterator[Violation]:
    for route, visit, stop in free_stops(facts):
        if route.person.id in visit.refused:
            where = f"{visit.id}[{stop.need}]"
            yield Violation("REFUSED", where, f"{route.person.id} is refused")


CONSTRAINT = Constraint(
    name="refusals",
    codes=("REFUSED",),
    sentence="Nobody is sent where they are refused.",
    check=check,
)

"""A visit does not start before it is released."""

from collections.abc import Iterator

from dispatch_solver.constraints.facts import Constraint, Facts, free_starts
from dispatch_solver.constraints.violation import Violation


def check(facts: Facts) -> Iterator[Violation]:
    for visit, stop in free_starts(facts):
        if stop.start < visit.release:
            yield Violation("RELEASE", visit.id, f"starts at {stop.start}, before {visit.release}")


CONSTRAINT = Constraint(
    name="release",
    codes=("RELEASE",),
    sentence="A visit does not start before its release.",
    check=check,
)

"""A visit starts within one of its windows."""

from collections.abc import Iterator

from dispatch_solver.constraints.facts import Constraint, Facts, free_starts
from dispatch_solver.constraints.violation import Violation


def check(facts: Facts) -> Iterator[Violation]:
    for visit, stop in free_starts(facts):
        if visit.windows and not any(w.start <= stop.start <= w.end for w in visit.windows):
            yield Violation("WINDOW", visit.id, f"starts at {stop.start}, outside its windows")


CONSTRAINT = Constraint(
    name="windows",
    codes=("WINDOW",),
    sentence="A visit starts within one of its windows.",
    check=check,
)

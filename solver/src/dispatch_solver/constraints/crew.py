"""A crew comes whole: one person for each need, all different, within the gaps of their starts."""

from collections.abc import Iterator

from dispatch_solver.constraints.facts import Constraint, Facts
from dispatch_solver.constraints.violation import Violation
from dispatch_solver.plan import Stop
from dispatch_solver.problem import Visit


def check(facts: Facts) -> Iterator[Violation]:
    for name, crew in facts.placed.items():
        visit = facts.visits[name]
        missing = [k for k in range(len(visit.needs)) if k not in crew]
        if missing:
            yield Violation("CREW_INCOMPLETE", name, f"crew members {missing} are missing")
        people = [person for person, _ in crew.values()]
        if len(set(people)) < len(people):
            yield Violation("CREW_SAME_PERSON", name, "one person is there twice")
        if 0 in crew and visit.started is None:
            yield from _gaps(visit, crew)


def _gaps(visit: Visit, crew: dict[int, tuple[str, Stop]]) -> Iterator[Violation]:
    first = crew[0][1].start
    for k, (_, stop) in crew.items():
        need = visit.needs[k]
        gap = stop.start - first
        if k > 0 and not need.gap_least <= gap <= need.gap_most:
            yield Violation("CREW_GAP", visit.id, f"member {k} starts {gap} s after the first")


CONSTRAINT = Constraint(
    name="crew",
    codes=("CREW_INCOMPLETE", "CREW_SAME_PERSON", "CREW_GAP"),
    sentence="A crew comes whole, of different people, at the times apart that were asked for.",
    check=check,
)

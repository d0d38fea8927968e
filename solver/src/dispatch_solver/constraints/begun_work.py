"""Work that has begun stays: first on its technician's route, in its shift, at its start."""

from collections.abc import Iterator

from dispatch_solver.constraints.facts import Constraint, Facts, RouteFacts, must_do
from dispatch_solver.constraints.violation import Violation


def check(facts: Facts) -> Iterator[Violation]:
    for visit in facts.problem.visits:
        if visit.started is not None and visit.id not in facts.placed:
            yield Violation("STARTED", visit.id, "has begun but is left out")
    for route in facts.routes:
        yield from _of_route(route)


def _of_route(route: RouteFacts) -> Iterator[Violation]:
    person = route.person
    for i, (visit, stop) in enumerate(route.stops()):
        if visit.started is None:
            continue
        must = must_do(visit, stop.need)
        if must is not None and person.id != must:
            where = f"{visit.id}[{stop.need}]"
            yield Violation("STARTED", where, f"belongs to {must}, not to {person.id}")
        if stop.start != visit.started.start:
            yield Violation("STARTED", visit.id, f"began at {visit.started.start}")
        if i != 0:
            yield Violation("STARTED", visit.id, "has begun but is not the first stop")
    begun = route.jobs[0].started
    if begun is not None:
        away = {s.id: max(s.start - begun.start, begun.start - s.end, 0) for s in person.shifts}
        if away[route.shift.id] > min(away.values()):
            yield Violation("STARTED", route.jobs[0].id, "is not in the shift in which it began")


CONSTRAINT = Constraint(
    name="begun work",
    codes=("STARTED",),
    sentence="Work that has begun stays with who began it, as the first stop, at its start.",
    check=check,
)

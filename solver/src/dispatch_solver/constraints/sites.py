"""Who serves some sites only goes to no other."""

from collections.abc import Iterator

from dispatch_solver.constraints.facts import Constraint, Facts, free_stops
from dispatch_solver.constraints.violation import Violation


def check(facts: Facts) -> Iterator[Violation]:
    for route, visit, stop in free_stops(facts):
        person = route.person
        if visit.site is not None and person.sites and visit.site not in person.sites:
            where = f"{visit.id}[{stop.need}]"
            yield Violation("SITE", where, f"{person.id} does not serve {visit.site}")


CONSTRAINT = Constraint(
    name="sites",
    codes=("SITE",),
    sentence="Technicians go only to the sites they serve.",
    check=check,
)

"""The time on site: the duration at the person's pace, and set-up on coming from elsewhere."""

import math
from collections.abc import Iterator

from dispatch_solver.constraints.facts import Constraint, Facts
from dispatch_solver.constraints.violation import Violation
from dispatch_solver.problem import Technician, Visit


def check(facts: Facts) -> Iterator[Violation]:
    for route in facts.routes:
        before = None
        for visit, stop in route.stops():
            length = working_time(route.person, visit, stop.need)
            setup = 0 if before == visit.place else visit.setup
            if stop.setup_s != setup:
                yield Violation("SETUP", visit.id, f"set-up is {setup} s, not {stop.setup_s}")
            if stop.end - stop.start != length + setup:
                yield Violation("ON_SITE_TIME", visit.id, f"takes {length + setup} s on site")
            before = visit.place


def working_time(person: Technician, visit: Visit, member: int) -> int:
    """Seconds without set-up, by the greatest pace factor among the trades needed."""
    need = visit.needs[member]
    base = visit.duration if need.duration is None else need.duration
    factors = [person.pace[trade] for trade in need.skills if trade in person.pace]
    return math.floor(base * max(factors, default=1.0) + 0.5)


CONSTRAINT = Constraint(
    name="time on site",
    codes=("SETUP", "ON_SITE_TIME"),
    sentence="Work takes its duration at the person's pace, and set-up on coming from elsewhere.",
    check=check,
)

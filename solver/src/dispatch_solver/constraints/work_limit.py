"""Travel and work on site, with what was done before, stay within the shift's work limit."""

from collections.abc import Iterator

from dispatch_solver.constraints.facts import Constraint, Facts
from dispatch_solver.constraints.violation import Violation


def check(facts: Facts) -> Iterator[Violation]:
    for route in facts.routes:
        limit = route.shift.work_limit
        if limit is None or route.begun_alone:
            continue
        on_site = sum(stop.end - stop.start for stop in route.route.stops)
        work = on_site + route.route.travel_s + route.shift.used_work
        if work > limit:
            yield Violation("WORK_LIMIT", route.where, f"{work} s of work, {limit} s allowed")


CONSTRAINT = Constraint(
    name="work limit",
    codes=("WORK_LIMIT",),
    sentence="Travel and work together stay within the shift's work limit.",
    check=check,
)

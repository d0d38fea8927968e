"""A route lies within its shift and the overtime allowed."""

from collections.abc import Iterator

from dispatch_solver.constraints.facts import Constraint, Facts
from dispatch_solver.constraints.violation import Violation


def check(facts: Facts) -> Iterator[Violation]:
    for route in facts.routes:
        shift, first = route.shift, route.route.stops[0].start
        earliest = min(shift.start, first) if route.begun else shift.start
        if route.route.start < earliest:
            detail = f"sets out at {route.route.start}, before {earliest}"
            yield Violation("SHIFT_START", route.where, detail)
        latest = shift.end + shift.overtime_limit
        if route.route.end > latest and not route.begun_alone:
            detail = f"ends at {route.route.end}, after {latest}"
            yield Violation("SHIFT_END", route.where, detail)


CONSTRAINT = Constraint(
    name="shift",
    codes=("SHIFT_START", "SHIFT_END"),
    sentence="Nobody sets out before the shift or ends after it and its overtime.",
    check=check,
)

"""Between two stops there is time for the way and for the rests taken on it."""

from collections.abc import Iterator

from dispatch_solver.constraints.facts import Constraint, Facts
from dispatch_solver.constraints.violation import Violation


def check(facts: Facts) -> Iterator[Violation]:
    for route in facts.routes:
        for leg in route.legs:
            rested = sum(rest.end - rest.start for rest in leg.rests)
            if leg.until - leg.leave < leg.seconds + rested:
                detail = f"is reached too soon: {leg.seconds} s of travel"
                yield Violation("TRAVEL_TIME", leg.spot, detail)
        for leg, stop in zip(route.legs, route.route.stops, strict=False):
            if not leg.leave + leg.seconds <= stop.arrive <= stop.start:
                yield Violation("ARRIVAL", leg.spot, f"cannot arrive at {stop.arrive}")


CONSTRAINT = Constraint(
    name="travel",
    codes=("TRAVEL_TIME", "ARRIVAL"),
    sentence="Nobody arrives sooner than the way and the rests on it allow.",
    check=check,
)

"""A pinned visit is served as a person decided: by whom, when and where in the route, or not."""

from collections.abc import Iterator

from dispatch_solver.constraints.facts import Constraint, Facts, must_do
from dispatch_solver.constraints.violation import Violation
from dispatch_solver.plan import Stop
from dispatch_solver.problem import Pin


def check(facts: Facts) -> Iterator[Violation]:
    for route in facts.routes:
        person = route.person.id
        for i, (visit, stop) in enumerate(route.stops()):
            if visit.pinned is None or visit.started is not None:
                continue
            must = must_do(visit, stop.need)
            if must is not None and person != must:
                where = f"{visit.id}[{stop.need}]"
                yield Violation("PINNED", where, f"belongs to {must}, not to {person}")
            if stop.need == 0:
                for detail in _moved(visit.pinned, stop, i, person):
                    yield Violation("PINNED", visit.id, detail)


def _moved(pin: Pin, stop: Stop, index: int, person: str) -> Iterator[str]:
    if pin.start is not None and stop.start != pin.start:
        yield f"is to start at {pin.start}"
    if pin.position is not None and index != pin.position:
        yield f"is to be stop {pin.position} of {person}"


CONSTRAINT = Constraint(
    name="pins",
    codes=("PINNED",),
    sentence="What a person has decided about a visit is kept, or the visit is left out.",
    check=check,
)

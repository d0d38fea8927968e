"""A route with a stop takes all the rests of its shift, in order, between stops, in their windows.

Begun work is a fact: a rest whose window it outlasts may start when it ends, one whose window it
follows has been taken, and where there is nothing else on the route no rest is asked for.
"""

from collections.abc import Iterator
from itertools import pairwise

from dispatch_solver.constraints.facts import Constraint, Facts, RouteFacts
from dispatch_solver.constraints.on_site import working_time
from dispatch_solver.constraints.violation import Violation
from dispatch_solver.problem import Break


def check(facts: Facts) -> Iterator[Violation]:
    for route in facts.routes:
        for leg in route.legs:
            edges = [leg.leave, *(t for r in leg.rests for t in (r.start, r.end)), leg.until]
            if any(a > b for a, b in pairwise(edges)):
                detail = f"rests do not fit in between {leg.leave} and {leg.until}"
                yield Violation("BREAK", route.where, detail)
        if not route.begun_alone:
            yield from _taken(route)


def _taken(route: RouteFacts) -> Iterator[Violation]:
    wanted = due_breaks(route)
    if len(route.route.breaks) != len(wanted):
        yield Violation("BREAK", route.where, f"{len(wanted)} rests are due")
        return
    for rest, due in zip(route.route.breaks, wanted, strict=True):
        if rest.end - rest.start != due.duration or not due.earliest <= rest.start <= due.latest:
            detail = f"no rest of {due.duration} s at {rest.start}"
            yield Violation("BREAK", route.where, detail)
        if not 0 <= rest.before_stop <= len(route.jobs):
            yield Violation("BREAK", route.where, f"no stop {rest.before_stop}")


def due_breaks(route: RouteFacts) -> list[Break]:
    """The rests to be taken: begun work may have outlasted or followed some."""
    first = route.jobs[0]
    if first.started is None:
        return list(route.shift.breaks)
    begun = first.started.start
    member = route.route.stops[0].need
    ended = begun + working_time(route.person, first, member) + first.setup
    return [
        Break(rest.earliest, max(rest.latest, ended), rest.duration)
        for rest in route.shift.breaks
        if rest.latest >= begun
    ]


CONSTRAINT = Constraint(
    name="breaks",
    codes=("BREAK",),
    sentence="Everybody who works takes the breaks of the shift, each in its time.",
    check=check,
)

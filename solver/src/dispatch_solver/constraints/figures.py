"""The plan's figures and terms are what its stops say: the checker's own count.

It shares nothing with `terms`, so that a slip there cannot hide here.
"""

import math
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from dispatch_solver.constraints.facts import Constraint, Facts, RouteFacts
from dispatch_solver.constraints.violation import Violation
from dispatch_solver.plan import Route, Stop, Terms
from dispatch_solver.problem import Shift, Visit, Weights

Shifts = dict[tuple[str, str], Terms]
NAMES = tuple(field.name for field in fields(Terms))


def recount(facts: Facts) -> tuple[Terms, Shifts]:
    """The terms of the plan, and of each shift, whatever the plan says they are."""
    problem = facts.problem
    routes = {(found.route.technician, found.route.shift): found for found in facts.routes}
    parts = {
        key: _route_terms(problem.weights, shift, routes.get(key))
        for key, shift in facts.shifts.items()
    }
    lost = [visit for visit in problem.visits if visit.id not in facts.placed]
    sums: dict[str, Any] = {name: sum(getattr(p, name) for p in parts.values()) for name in NAMES}
    sums["unserved"] = len(lost)
    # The worst lateness belongs to the plan as a whole: no route pays for it alone.
    worst = max((part.worst_late_s for part in parts.values()), default=0)
    sums["worst_late_s"] = worst
    sums["cost"] = sums["tier3"] = sums["cost"] + problem.weights.worst_late_second * worst
    sums["tier1"] = math.fsum(problem.weights.unserved[visit.priority] for visit in lost)
    return Terms(**sums), parts


def _route_terms(weights: Weights, shift: Shift, found: RouteFacts | None) -> Terms:
    count: dict[str, Any] = dict.fromkeys(NAMES, 0)
    work = shift.used_work
    if found is not None:
        seconds, metres = _travel(found)
        count |= {"travel_s": seconds, "travel_m": metres, "technicians_used": 1}
        work += seconds + _on_site(found.route)
        count["overtime_s"] = max(0, found.route.end - shift.end)
        for visit, stop in found.stops():
            _count_stop(count, weights, found, visit, stop)
    if shift.fair_share is not None:
        count["imbalance"] = ((work - shift.fair_share) / 3600) ** 2
    count["cost"] = count["tier3"] = math.fsum(
        (
            weights.travel_second * count["travel_s"],
            weights.travel_metre * count["travel_m"],
            weights.imbalance * count["imbalance"],
            weights.overtime_second * count["overtime_s"],
            weights.skill_waste_level * count["skill_waste"],
            weights.continuity * count["continuity"],
            weights.change * count["changes"],
            weights.technician_used * count["technicians_used"],
            weights.late_second * count["late_s"],
        )
    )
    count["tier2"] = (
        weights.promise_broken * count["promises_broken"]
        + weights.lateness_second * count["lateness"]
    )
    return Terms(**count)


def _count_stop(
    count: dict[str, Any], weights: Weights, found: RouteFacts, visit: Visit, stop: Stop
) -> None:
    person = found.person
    late, broken = late_and_broken(visit, stop)
    count["late_s"] += late
    count["worst_late_s"] = max(count["worst_late_s"], late)
    count["lateness"] += late if stop.need == 0 else 0
    count["promises_broken"] += broken
    for trade, level in visit.needs[stop.need].skills.items():
        count["skill_waste"] += max(person.skills.get(trade, 0) - level, 0)
    if visit.preferred:
        count["continuity"] += person.id not in visit.preferred
    count["changes"] += _changes(weights, visit, stop, person.id)


def _changes(weights: Weights, visit: Visit, stop: Stop, person: str) -> int:
    if visit.current is None:
        return 0
    crew = (visit.current.technician, *visit.current.others)
    if stop.need >= len(crew):
        return 0
    if crew[stop.need] != person:
        return 1
    before = visit.current.start
    if stop.need != 0 or before is None:
        return 0
    return int(abs(stop.start - before) > weights.change_seconds)


def late_and_broken(visit: Visit, stop: Stop) -> tuple[int, bool]:
    """Seconds after `due`, and whether the first crew member's start breaks the promise."""
    late = max(0, stop.start - visit.due) if visit.due is not None else 0
    span = visit.promise
    broken = stop.need == 0 and span is not None and not span.start <= stop.start <= span.end
    return late, broken


def _travel(found: RouteFacts) -> tuple[int, int]:
    return sum(leg.seconds for leg in found.legs), sum(leg.metres for leg in found.legs)


def _on_site(route: Route) -> int:
    return sum(stop.end - stop.start for stop in route.stops)


def check(facts: Facts) -> Iterator[Violation]:
    """Figures that are not what the stops say."""
    total, parts = recount(facts)
    yield from _differing("plan", facts.plan.terms, total)
    for route in facts.plan.routes:
        where = f"route {route.technician}/{route.shift}"
        part = parts[route.technician, route.shift]
        yield from _differing(where, route.terms, part)
        work = part.travel_s + _on_site(route) if route.stops else 0
        claimed = (route.travel_s, route.travel_m, route.work_s, route.overtime_s)
        true = (part.travel_s, part.travel_m, work, part.overtime_s)
        if claimed != true:
            yield Violation("FIGURE", where, f"says {claimed}, counted {true}")
    for found in facts.routes:
        for leg, stop in zip(found.legs, found.route.stops, strict=False):
            if (stop.travel_s, stop.travel_m) != (leg.seconds, leg.metres):
                detail = f"travel is {leg.seconds} s, {leg.metres} m"
                yield Violation("FIGURE", leg.spot, detail)
        for visit, stop in found.stops():
            late, broken = late_and_broken(visit, stop)
            if (stop.late_s, stop.promise_broken) != (late, broken):
                yield Violation("FIGURE", visit.id, f"late {late} s, promise broken {broken}")


def _differing(where: str, claimed: Terms, counted: Terms) -> Iterator[Violation]:
    for name in NAMES:
        said, true = getattr(claimed, name), getattr(counted, name)
        if not math.isclose(said, true, rel_tol=1e-6, abs_tol=1e-3):
            yield Violation("TERM", where, f"{name} is {true}, not {said}")


CONSTRAINT = Constraint(
    name="figures",
    codes=("FIGURE", "TERM"),
    sentence="Every figure a plan tells is what its stops say.",
    check=check,
)

"""The checker's own count of every figure and term, from the stops a plan claims."""

import math
from collections.abc import Iterator
from dataclasses import fields
from itertools import pairwise
from typing import Any

from dispatch_solver.plan import Plan, Route, Terms
from dispatch_solver.problem import Problem, Shift, Technician, Visit, Weights
from dispatch_solver.violation import Violation


def recount(problem: Problem, plan: Plan) -> tuple[Terms, dict[tuple[str, str], Terms]]:
    """The terms of the plan, and of each shift, whatever the plan says they are."""
    routes = {(route.technician, route.shift): route for route in plan.routes}
    visits = {visit.id: visit for visit in problem.visits}
    parts: dict[tuple[str, str], Terms] = {}
    for person in problem.technicians:
        for shift in person.shifts:
            route = routes.get((person.id, shift.id))
            parts[person.id, shift.id] = _route_terms(problem, visits, person, shift, route)
    served = {stop.visit for route in plan.routes for stop in route.stops}
    lost = [visit for visit in problem.visits if visit.id not in served]
    sums: dict[str, Any] = {
        field.name: sum(getattr(part, field.name) for part in parts.values())
        for field in fields(Terms)
    }
    sums["unserved"] = len(lost)
    # The worst lateness belongs to the plan as a whole: no route pays for it alone.
    worst = max((part.worst_late_s for part in parts.values()), default=0)
    sums["worst_late_s"] = worst
    sums["cost"] = sums["tier3"] = sums["cost"] + problem.weights.worst_late_second * worst
    sums["tier1"] = math.fsum(problem.weights.unserved[visit.priority] for visit in lost)
    return Terms(**sums), parts


def _route_terms(
    problem: Problem,
    visits: dict[str, Visit],
    person: Technician,
    shift: Shift,
    route: Route | None,
) -> Terms:
    stops = route.stops if route is not None else ()
    count: dict[str, Any] = {field.name: 0 for field in fields(Terms)}
    work = shift.used_work
    if route is not None and stops:
        seconds, metres = _travel(problem, visits, person, shift, route)
        count |= {"travel_s": seconds, "travel_m": metres, "technicians_used": 1}
        work += seconds + sum(stop.end - stop.start for stop in stops)
        count["overtime_s"] = max(0, route.end - shift.end)
    for stop in stops:
        visit = visits[stop.visit]
        need = visit.needs[stop.need]
        if visit.due is not None and stop.start > visit.due:
            late = stop.start - visit.due
            count["late_s"] += late
            count["worst_late_s"] = max(count["worst_late_s"], late)
            count["lateness"] += late if stop.need == 0 else 0
        if stop.need == 0 and visit.promise is not None:
            kept = visit.promise.start <= stop.start <= visit.promise.end
            count["promises_broken"] += 0 if kept else 1
        for trade, level in need.skills.items():
            count["skill_waste"] += max(person.skills.get(trade, 0) - level, 0)
        if visit.preferred:
            count["continuity"] += person.id not in visit.preferred
        count["changes"] += _changes(problem.weights, visit, stop.need, person.id, stop.start)
    if shift.fair_share is not None:
        count["imbalance"] = ((work - shift.fair_share) / 3600) ** 2
    weights = problem.weights
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


def _changes(weights: Weights, visit: Visit, need: int, person: str, start: int) -> int:
    if visit.current is None:
        return 0
    crew = (visit.current.technician, *visit.current.others)
    if need >= len(crew):
        return 0
    if crew[need] != person:
        return 1
    before = visit.current.start
    return int(need == 0 and before is not None and abs(start - before) > weights.change_seconds)


def _travel(
    problem: Problem,
    visits: dict[str, Visit],
    person: Technician,
    shift: Shift,
    route: Route,
) -> tuple[int, int]:
    index = {place: i for i, place in enumerate(problem.places)}
    matrix = problem.travel[person.travel]
    begun = visits[route.stops[0].visit].started is not None
    path = [None if begun else shift.from_place]
    path += [visits[stop.visit].place for stop in route.stops]
    path.append(shift.to_place)
    seconds = metres = 0
    for here, there in pairwise(path):
        if here is not None and there is not None:
            seconds += int(matrix.durations[index[here], index[there]])
            metres += int(matrix.distances[index[here], index[there]])
    return seconds, metres


def check_figures(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """Figures that are not what the stops say."""
    total, parts = recount(problem, plan)
    yield from _differing("plan", plan.terms, total)
    for route in plan.routes:
        where = f"route {route.technician}/{route.shift}"
        part = parts[route.technician, route.shift]
        yield from _differing(where, route.terms, part)
        work = part.travel_s + sum(stop.end - stop.start for stop in route.stops)
        claimed = (route.travel_s, route.travel_m, route.work_s, route.overtime_s)
        true = (part.travel_s, part.travel_m, work if route.stops else 0, part.overtime_s)
        if claimed != true:
            yield Violation("FIGURE", where, f"says {claimed}, counted {true}")
        yield from _stop_figures(problem, route)


def _stop_figures(problem: Problem, route: Route) -> Iterator[Violation]:
    visits = {visit.id: visit for visit in problem.visits}
    for stop in route.stops:
        visit = visits[stop.visit]
        late = max(0, stop.start - visit.due) if visit.due is not None else 0
        broken = False
        if stop.need == 0:
            span = visit.promise
            broken = span is not None and not span.start <= stop.start <= span.end
        if (stop.late_s, stop.promise_broken) != (late, broken):
            yield Violation("FIGURE", stop.visit, f"late {late} s, promise broken {broken}")


def _differing(where: str, claimed: Terms, counted: Terms) -> Iterator[Violation]:
    for field in fields(Terms):
        said, true = getattr(claimed, field.name), getattr(counted, field.name)
        if not math.isclose(said, true, rel_tol=1e-6, abs_tol=1e-3):
            yield Violation("TERM", where, f"{field.name} is {true}, not {said}")

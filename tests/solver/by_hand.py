"""Plans written by hand: who is where when; the figures that follow are filled in here."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from dispatch_solver import BreakTaken, Plan, Problem, Route, Shift, Stop, Technician, Unplaced
from dispatch_solver import check as check_plan
from dispatch_solver.constraints import Facts
from dispatch_solver.constraints.figures import recount

# Visit and start of its first member, or visit, crew member and start.
At = tuple[str, int] | tuple[str, int, int]
Rest = tuple[int, int, int]


def lay_out(
    task: Problem,
    routes: Mapping[str, Sequence[At]],
    *,
    rests: Mapping[str, Sequence[Rest]] | None = None,
    shift: int = 0,
) -> Plan:
    """A plan whose figures are true, whatever rules it breaks; what is in no route is left out.

    `rests` are start, end and the stop they come before. Everybody sets out at the shift's start,
    or comes from the work begun, and takes the shift of the given number.
    """
    people = {person.id: person for person in task.technicians}
    made = tuple(
        _route(task, people[name], people[name].shifts[shift], stops, (rests or {}).get(name, ()))
        for name, stops in routes.items()
    )
    there = {stop.visit for route in made for stop in route.stops}
    left = tuple(Unplaced(visit.id, "LEFT") for visit in task.visits if visit.id not in there)
    return with_figures(task, Plan(made, left))


def with_figures(task: Problem, plan: Plan) -> Plan:
    """The plan with the terms its stops have."""
    total, parts = recount(Facts.of(task, plan))
    routes = tuple(replace(r, terms=parts[r.technician, r.shift]) for r in plan.routes)
    return replace(plan, routes=routes, terms=total)


def codes(task: Problem, plan: Plan) -> set[str]:
    return {violation.code for violation in check_plan(task, plan)}


def _route(
    task: Problem, person: Technician, shift: Shift, at: Sequence[At], rests: Sequence[Rest]
) -> Route:
    visits = {visit.id: visit for visit in task.visits}
    matrix = task.travel[person.travel]
    begun = visits[at[0][0]].started is not None
    leave = min(shift.start, at[0][-1]) if begun else shift.start
    start, place, stops = leave, None if begun else shift.from_place, []

    def way(here: str | None, there: str | None) -> tuple[int, int]:
        if here is None or there is None:
            return 0, 0
        leg = task.places.index(here), task.places.index(there)
        return int(matrix.durations[leg]), int(matrix.distances[leg])

    for i, entry in enumerate(at):
        visit, need, begins = visits[entry[0]], (0, *entry[1:])[-2], entry[-1]
        seconds, metres = way(place, visit.place)
        member = visit.needs[need]
        base = visit.duration if member.duration is None else member.duration
        pace = max((person.pace[t] for t in member.skills if t in person.pace), default=1.0)
        setup = 0 if i and place == visit.place else visit.setup
        ends = begins + math.floor(base * pace + 0.5) + setup
        due, promise = visit.due, visit.promise
        stops.append(
            Stop(
                visit.id,
                need,
                arrive=begins,
                start=begins,
                end=ends,
                travel_s=seconds,
                travel_m=metres,
                setup_s=setup,
                late_s=0 if due is None else max(0, begins - due),
                promise_broken=need == 0
                and promise is not None
                and not promise.start <= begins <= promise.end,
            )
        )
        leave, place = ends, visit.place
    back, metres = way(place, shift.to_place)
    after = sum(b - a for a, b, before in rests if before == len(at))
    travel = sum(stop.travel_s for stop in stops) + back
    end = leave + back + after
    return Route(
        person.id,
        shift.id,
        tuple(stops),
        tuple(BreakTaken(*rest) for rest in rests),
        start=start,
        end=end,
        travel_s=travel,
        travel_m=sum(stop.travel_m for stop in stops) + metres,
        work_s=travel + sum(stop.end - stop.start for stop in stops),
        overtime_s=max(0, end - shift.end),
    )

"""One order more in the running day of a few people: what that makes of their routes (DSP-6)."""

from collections import defaultdict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime

from dispatch.planning.in_force import plan_in_force
from dispatch.planning.inputs import PlanningDay
from dispatch.planning.problem import TravelTimes, build_problem
from dispatch.planning.runner import Planner
from dispatch_solver import Pin, Plan, Problem, Route, Stop, Visit

# Work that was interrupted needs at least this much more.
_REST_LEAST_S = 600
_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Placement:
    """Who does an order, the lead first, from when to when."""

    crew: tuple[int, ...]
    starts_at: datetime
    ends_at: datetime
    travel_s: int
    promise_broken: bool


@dataclass(frozen=True, slots=True)
class Fitted:
    """What became of the orders of a few people; `lost` have no place with them any more."""

    placed: dict[int, Placement]
    lost: frozenset[int]


async def fitted(
    planner: Planner,
    day: PlanningDay,
    *,
    order_id: int,
    crew: Sequence[int],
    travel_times: TravelTimes,
    first: bool = False,
    interrupted: AbstractSet[int] = frozenset(),
) -> Fitted:
    """The day of a few people with an order put in for `crew`, the lead first.

    `first`: before anything else they do; `interrupted` is work they leave for it and take up
    again afterwards.
    """
    problem = build_problem(day, travel_times=travel_times).problem
    plan = plan_in_force(day, problem)
    pin = Pin(technician=str(crew[0]), others=tuple(str(each) for each in crew[1:]))
    visits = tuple(
        _put_in(visit, pin, first=first, now=day.second(day.now))
        if visit.id == str(order_id)
        else _left(visit, day)
        if int(visit.id) in interrupted
        else visit
        for visit in problem.visits
    )
    problem = replace(problem, visits=visits)
    if first:
        plan = _with_first(plan, problem, order_id=order_id, crew=crew, now=day.second(day.now))
    found = await planner.fit(problem, plan, seconds=_SECONDS)
    return Fitted(_placed(day, found), frozenset(int(each.visit) for each in found.unplaced))


def _put_in(visit: Visit, pin: Pin, *, first: bool, now: int) -> Visit:
    if not first:
        return replace(visit, pinned=pin)
    # Whoever is nearest comes at once, whatever anybody wished.
    return replace(visit, pinned=pin, windows=(), named=(), release=now, due=now)


def _left(visit: Visit, day: PlanningDay) -> Visit:
    """Work that somebody leaves: they go on with it later, for as long as it still needs."""
    now = day.second(day.now)
    if visit.started is None:
        pin = visit.pinned
        return replace(visit, pinned=replace(pin, position=None) if pin is not None else None)
    left = max(visit.started.start + visit.duration - now, _REST_LEAST_S)
    return replace(
        visit,
        started=None,
        release=now,
        duration=left,
        pinned=Pin(technician=visit.started.technician, others=visit.started.others),
    )


def _with_first(
    plan: Plan, problem: Problem, *, order_id: int, crew: Sequence[int], now: int
) -> Plan:
    """The plan with the order as the first stop of each of the crew; what has begun stays first."""
    routes = {route.technician: route for route in reversed(plan.routes)}
    shifts = {person.id: person.shifts for person in problem.technicians}
    for need, member in enumerate(crew):
        name = str(member)
        if not shifts.get(name):
            continue
        route = routes.get(name) or Route(name, shifts[name][0].id, ())
        stop = Stop(str(order_id), need, arrive=now, start=now, end=now, travel_s=0, travel_m=0)
        routes[name] = replace(route, stops=(stop, *route.stops))
    changed = {(route.technician, route.shift): route for route in plan.routes}
    changed.update({(route.technician, route.shift): route for route in routes.values()})
    return replace(plan, routes=tuple(changed.values()))


def _placed(day: PlanningDay, plan: Plan) -> dict[int, Placement]:
    stops: defaultdict[int, dict[int, tuple[int, Stop]]] = defaultdict(dict)
    for route in plan.routes:
        for stop in route.stops:
            stops[int(stop.visit)][stop.need] = (int(route.technician), stop)
    return {
        order_id: Placement(
            crew=tuple(needs[need][0] for need in sorted(needs)),
            starts_at=day.moment(needs[0][1].start),
            ends_at=day.moment(needs[0][1].end),
            travel_s=needs[0][1].travel_s,
            promise_broken=needs[0][1].promise_broken,
        )
        for order_id, needs in stops.items()
    }

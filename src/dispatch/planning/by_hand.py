"""A plan changed by a person's hand: times worked out anew, and every rule it breaks (DSP-5)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime

from dispatch.planning.inputs import Person, PlanningDay
from dispatch.planning.runner import Planner
from dispatch.store.plans import PlanLeftOut, PlanRoute, PlanStop
from dispatch_solver import (
    BreakTaken,
    Pin,
    Plan,
    Problem,
    Route,
    Stop,
    Technician,
    Terms,
    Unplaced,
    Visit,
    check,
    score,
)

_SECONDS = 1.0
_ROOM_S = 12 * 3600
# Faults of figures say nothing of the rules: times of routes nobody touched may be older.
_FIGURES = frozenset({"FIGURE", "TERM", "SETUP", "ON_SITE_TIME", "TRAVEL_TIME", "ARRIVAL"})
_NAMES = frozenset({each.name for each in fields(Terms)})


@dataclass(frozen=True, slots=True)
class Wish:
    """Where a person wants an order: with whom, at which place of the route or from when."""

    order_id: int
    technician_id: int
    position: int | None = None
    starts_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Warned:
    """A rule that the plan breaks: at an order, or on somebody's route."""

    code: str
    order_id: int | None
    technician_id: int | None


class NoRoomError(Exception):
    """Not even with every rule bent does the order go there."""


def plan_of_rows(
    day: PlanningDay,
    problem: Problem,
    routes: Sequence[tuple[PlanRoute, Sequence[PlanStop]]],
    left_out: Iterable[PlanLeftOut],
) -> Plan:
    """A kept plan as the optimizer's, as far as the problem still knows its names."""
    known = {visit.id for visit in problem.visits}
    people = {person.technician.id: person for person in day.people}
    made = []
    for row, stops in routes:
        shift = _shift_of(day, people.get(row.technician_id), row)
        if shift is not None:
            kept = tuple(_stop(day, each) for each in stops if str(each.work_order_id) in known)
            made.append(_route(day, row, shift, kept))
    placed = {stop.visit for route in made for stop in route.stops}
    codes = {str(each.work_order_id): each.code for each in left_out}
    return Plan(
        routes=tuple(made),
        unplaced=tuple(
            Unplaced(visit.id, codes.get(visit.id, "ALL_FULL"))
            for visit in problem.visits
            if visit.id not in placed
        ),
    )


async def moved(
    planner: Planner, day: PlanningDay, problem: Problem, plan: Plan, wish: Wish
) -> tuple[Plan, frozenset[int]]:
    """The plan with the order where the person wants it; whose routes are others now.

    Everything else stays in its order; times are worked out anew. Rules are kept where they can
    be, and else bent. Raises NoRoomError.
    """
    visit, target = str(wish.order_id), str(wish.technician_id)
    touched = _touched(plan, visit, target)
    order = [
        stop.visit for route in plan.routes if route.technician == target for stop in route.stops
    ]
    rest = [name for name in dict.fromkeys(order) if name != visit]
    position = _position(day, plan, wish, rest)
    lined_up = rest if position is None else [*rest[:position], visit, *rest[position:]]
    pins = {name: index for index, name in enumerate(lined_up)} if position is not None else {}
    part = _part(problem, plan, touched, visit)
    before = _with_stop(_routes_of(plan, touched), part, target, visit, position)
    start = day.second(wish.starts_at) if wish.starts_at is not None else None
    for bent in (False, True):
        asked = _asked(part, visit, target, pins=pins, start=start, bent=bent)
        found = await planner.fit(asked, before, seconds=_SECONDS)
        if not found.unplaced:
            others = [r for r in plan.routes if r.technician not in touched]
            left = tuple(each for each in plan.unplaced if each.visit != visit)
            whole = replace(plan, routes=(*others, *found.routes), unplaced=left)
            return whole, frozenset(int(each) for each in touched)
    raise NoRoomError


def only(plan: Plan, technicians: Collection[int]) -> Plan:
    """The routes of some people."""
    return _routes_of(plan, {str(each) for each in technicians})


def terms_of_plan(problem: Problem, plan: Plan) -> Terms:
    """What the whole plan is worth now."""
    return score(problem, plan)


def warnings_of(problem: Problem, plan: Plan, technicians: Iterable[int]) -> list[Warned]:
    """Every rule that the routes of these people break, each once; broken promises, too."""
    watched = {str(each) for each in technicians}
    routes = [route for route in plan.routes if route.technician in watched]
    orders = {stop.visit: int(route.technician) for route in routes for stop in route.stops}
    found = [
        Warned("PROMISE", int(stop.visit), int(route.technician))
        for route in routes
        for stop in route.stops
        if stop.promise_broken
    ]
    for each in check(problem, plan):
        if each.code in _FIGURES:
            continue
        if each.where.startswith("route "):
            name = each.where.removeprefix("route ").partition("/")[0]
            if name in watched:
                found.append(Warned(each.code, None, int(name)))
            continue
        visit = each.where.partition("[")[0].partition(",")[0]
        if visit in orders:
            found.append(Warned(each.code, int(visit), orders[visit]))
    return list(dict.fromkeys(found))


def _position(day: PlanningDay, plan: Plan, wish: Wish, rest: Sequence[str]) -> int | None:
    """Its place in the route: as asked, or after what will be done by the time asked for."""
    if wish.position is not None:
        return min(wish.position, len(rest))
    if wish.starts_at is None:
        return None
    start = day.second(wish.starts_at)
    ends = {
        stop.visit: stop.end
        for route in plan.routes
        if route.technician == str(wish.technician_id)
        for stop in route.stops
    }
    return sum(ends[name] <= start for name in rest)


def _touched(plan: Plan, visit: str, target: str) -> set[str]:
    """Whose routes change: who has it, who gets it, and whoever shares work with them."""
    served: defaultdict[str, set[str]] = defaultdict(set)
    holds: defaultdict[str, set[str]] = defaultdict(set)
    for route in plan.routes:
        for stop in route.stops:
            served[stop.visit].add(route.technician)
            holds[route.technician].add(stop.visit)
    found = {target, *served[visit]}
    while True:
        wider = {other for each in found for name in holds[each] for other in served[name]}
        if wider <= found:
            return found
        found |= wider


def _part(problem: Problem, plan: Plan, touched: set[str], visit: str) -> Problem:
    """The problem of these people and what they do alone."""
    kept = _served(_routes_of(plan, touched)) | {visit}
    return replace(
        problem,
        technicians=tuple(each for each in problem.technicians if each.id in touched),
        visits=tuple(each for each in problem.visits if each.id in kept),
        precedences=tuple(
            each for each in problem.precedences if each.before in kept and each.after in kept
        ),
        ties=tuple(each for each in problem.ties if kept.issuperset(each.visits)),
    )


def _routes_of(plan: Plan, touched: set[str]) -> Plan:
    routes = tuple(route for route in plan.routes if route.technician in touched)
    return replace(plan, routes=routes, unplaced=())


def _served(plan: Plan) -> set[str]:
    return {stop.visit for route in plan.routes for stop in route.stops}


def _with_stop(plan: Plan, part: Problem, target: str, visit: str, position: int | None) -> Plan:
    """The routes without the order, and with it where it was asked for."""
    routes = [
        replace(route, stops=tuple(stop for stop in route.stops if stop.visit != visit))
        for route in plan.routes
    ]
    (wanted,) = [each for each in part.visits if each.id == visit]
    if position is None or len(wanted.needs) > 1:
        return replace(plan, routes=tuple(routes))
    index = next((i for i, route in enumerate(routes) if route.technician == target), None)
    if index is not None:
        stops = list(routes[index].stops)
        # It takes the time of the stop it is put before; the real one is worked out.
        start = stops[position].start if position < len(stops) else wanted.release
        stops.insert(position, Stop(visit, 0, start, start, start, travel_s=0, travel_m=0))
        routes[index] = replace(routes[index], stops=tuple(stops))
    return replace(plan, routes=tuple(routes))


def _asked(
    part: Problem,
    visit: str,
    target: str,
    *,
    pins: Mapping[str, int],
    start: int | None,
    bent: bool,
) -> Problem:
    """The part as the person wants it; `bent`: windows, shift ends and work limits give way."""
    visits = tuple(
        _pinned(each, visit, target, position=pins.get(each.id), start=start, bent=bent)
        for each in part.visits
    )
    people = part.technicians
    if bent:
        people = tuple(_with_room(each) for each in people)
    return replace(part, visits=visits, technicians=people)


def _pinned(
    each: Visit, visit: str, target: str, *, position: int | None, start: int | None, bent: bool
) -> Visit:
    if each.started is not None:
        return each
    if bent:
        each = replace(each, windows=())
    alone = len(each.needs) == 1
    if each.id == visit:
        others = tuple(n for n in (each.current.others if each.current else ()) if n != target)
        pin = Pin(target, start, position if alone else None, () if alone else others)
        return replace(each, pinned=pin, named=())
    if position is None or not alone:
        return each
    return replace(each, pinned=Pin(target, position=position), named=())


def _with_room(person: Technician) -> Technician:
    """Shifts may run over as far as the next one begins."""
    shifts = sorted(person.shifts, key=lambda shift: shift.start)
    ends = [shift.start for shift in shifts[1:]]
    rooms = (
        [
            max(0, min(_ROOM_S, end - shift.end))
            for shift, end in zip(shifts, [*ends, shifts[-1].end + _ROOM_S], strict=True)
        ]
        if shifts
        else []
    )
    return replace(
        person,
        shifts=tuple(
            replace(shift, overtime_limit=max(room, shift.overtime_limit), work_limit=None)
            for shift, room in zip(shifts, rooms, strict=True)
        ),
    )


def _shift_of(day: PlanningDay, person: Person | None, row: PlanRoute) -> str | None:
    if person is None:
        return None
    left = [shift for shift in person.shifts if shift.ends_at > day.now]
    for index, shift in enumerate(left):
        if (shift.starts_at, shift.ends_at) == (row.shift_start, row.shift_end):
            return str(index)
    return None


def _route(day: PlanningDay, row: PlanRoute, shift: str, stops: tuple[Stop, ...]) -> Route:
    return Route(
        technician=str(row.technician_id),
        shift=shift,
        stops=stops,
        breaks=tuple(
            BreakTaken(
                day.second(datetime.fromisoformat(each["starts_at"])),
                day.second(datetime.fromisoformat(each["ends_at"])),
                min(each["before_stop"], len(stops)),
            )
            for each in row.breaks
        ),
        start=day.second(row.starts_at),
        end=day.second(row.ends_at),
        travel_s=row.travel_s,
        travel_m=row.travel_m,
        work_s=row.work_s,
        overtime_s=row.overtime_s,
        terms=Terms(**{name: each for name, each in row.terms.items() if name in _NAMES}),
    )


def _stop(day: PlanningDay, row: PlanStop) -> Stop:
    return Stop(
        visit=str(row.work_order_id),
        need=row.crew_index,
        arrive=day.second(row.arrives_at),
        start=day.second(row.starts_at),
        end=day.second(row.ends_at),
        travel_s=row.travel_s,
        travel_m=row.travel_m,
        late_s=row.terms.get("late_s", 0),
        promise_broken=row.terms.get("promise_broken", False),
    )

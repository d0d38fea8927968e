"""The checker's view of one route: who may do it, when, and how long everything takes."""

import math
from collections.abc import Iterator
from itertools import pairwise

from dispatch_solver.plan import Route, Stop
from dispatch_solver.problem import Break, Problem, Shift, Technician, Visit
from dispatch_solver.violation import Violation


def check_route(problem: Problem, route: Route) -> list[Violation]:
    """All rules that concern one route alone."""
    if not route.stops:
        return []
    person = next(p for p in problem.technicians if p.id == route.technician)
    shift = next(s for s in person.shifts if s.id == route.shift)
    visits = {visit.id: visit for visit in problem.visits}
    jobs = [visits[stop.visit] for stop in route.stops]
    found: list[Violation] = []
    for i, (visit, stop) in enumerate(zip(jobs, route.stops, strict=True)):
        found += _who(person, visit, stop)
        found += _when(visit, stop)
        found += _pinned(visit, stop, person, i)
    found += _started_first(person, shift, jobs)
    found += _on_site(person, jobs, route)
    found += _legs(problem, person, shift, jobs, route)
    found += _capacity(shift, jobs, route)
    begun_alone = len(jobs) == 1 and jobs[0].started is not None
    if not begun_alone:
        found += _breaks(person, shift, jobs[0], route)
        found += _limits(shift, route)
    return found


def bound(visit: Visit, need: int) -> str | None:
    """Who has to do this part, by a pin or because it has begun."""
    decision = visit.started if visit.started is not None else visit.pinned
    if decision is None:
        return None
    crew = (decision.technician, *decision.others)
    return crew[need] if need < len(crew) else None


def _who(person: Technician, visit: Visit, stop: Stop) -> Iterator[Violation]:
    must = bound(visit, stop.need)
    where = f"{visit.id}[{stop.need}]"
    if must is not None:
        if person.id != must:
            code = "STARTED" if visit.started is not None else "PINNED"
            yield Violation(code, where, f"belongs to {must}, not to {person.id}")
        return
    for trade, level in visit.needs[stop.need].skills.items():
        if trade not in person.skills or person.skills[trade] < level:
            has = person.skills.get(trade, 0)
            yield Violation("SKILL", where, f"{person.id} has {trade} {has}, needed is {level}")
    if person.id in visit.refused:
        yield Violation("REFUSED", where, f"{person.id} is refused")
    if visit.named and stop.need == 0 and person.id not in visit.named:
        yield Violation("NAMED", where, f"{person.id} is not among those named")
    if visit.site is not None and person.sites and visit.site not in person.sites:
        yield Violation("SITE", where, f"{person.id} does not serve {visit.site}")


def _when(visit: Visit, stop: Stop) -> Iterator[Violation]:
    fixed = visit.started is not None or (
        visit.pinned is not None and visit.pinned.start is not None
    )
    if stop.need != 0 or fixed:
        return
    if stop.start < visit.release:
        yield Violation("RELEASE", visit.id, f"starts at {stop.start}, before {visit.release}")
    if visit.windows and not any(w.start <= stop.start <= w.end for w in visit.windows):
        yield Violation("WINDOW", visit.id, f"starts at {stop.start}, outside its windows")


def _pinned(visit: Visit, stop: Stop, person: Technician, index: int) -> Iterator[Violation]:
    if visit.started is not None:
        if stop.start != visit.started.start:
            yield Violation("STARTED", visit.id, f"began at {visit.started.start}")
        if index != 0:
            yield Violation("STARTED", visit.id, "has begun but is not the first stop")
        return
    pin = visit.pinned
    if pin is None or stop.need != 0:
        return
    if pin.start is not None and stop.start != pin.start:
        yield Violation("PINNED", visit.id, f"is to start at {pin.start}")
    if pin.position is not None and index != pin.position:
        yield Violation("PINNED", visit.id, f"is to be stop {pin.position} of {person.id}")


def _started_first(person: Technician, shift: Shift, jobs: list[Visit]) -> Iterator[Violation]:
    begun = jobs[0].started
    if begun is None:
        return
    away = {s.id: max(s.start - begun.start, begun.start - s.end, 0) for s in person.shifts}
    if away[shift.id] > min(away.values()):
        yield Violation("STARTED", jobs[0].id, "is not in the shift in which it began")


def _on_site(person: Technician, jobs: list[Visit], route: Route) -> Iterator[Violation]:
    for i, (visit, stop) in enumerate(zip(jobs, route.stops, strict=True)):
        need = visit.needs[stop.need]
        base = need.duration if need.duration is not None else visit.duration
        paces = [person.pace[trade] for trade in need.skills if trade in person.pace]
        length = math.floor(base * (max(paces) if paces else 1.0) + 0.5)
        same_place = i > 0 and jobs[i - 1].place == visit.place
        setup = 0 if same_place else visit.setup
        if stop.setup_s != setup:
            yield Violation("SETUP", visit.id, f"set-up is {setup} s, not {stop.setup_s}")
        if stop.end - stop.start != length + setup:
            yield Violation("ON_SITE_TIME", visit.id, f"takes {length + setup} s on site")


def _legs(
    problem: Problem, person: Technician, shift: Shift, jobs: list[Visit], route: Route
) -> Iterator[Violation]:
    """Travel, rests and order of events between one stop and the next."""
    index = {place: i for i, place in enumerate(problem.places)}
    travel = problem.travel[person.travel]
    where = f"route {route.technician}/{route.shift}"
    begun = jobs[0].started is not None
    left, place = route.start, None if begun else shift.from_place
    earliest = min(shift.start, route.stops[0].start) if begun else shift.start
    if route.start < earliest:
        yield Violation("SHIFT_START", where, f"sets out at {route.start}, before {earliest}")
    targets: list[str | None] = [*(visit.place for visit in jobs), shift.to_place]
    for i, target in enumerate(targets):
        known = place is not None and target is not None
        seconds = int(travel.durations[index[place], index[target]]) if known else 0  # type: ignore[index]
        metres = int(travel.distances[index[place], index[target]]) if known else 0  # type: ignore[index]
        rests = [rest for rest in route.breaks if rest.before_stop == i]
        last = i == len(jobs)
        until = route.end if last else route.stops[i].start
        spot = where if last else jobs[i].id
        if until - left < seconds + sum(rest.end - rest.start for rest in rests):
            yield Violation("TRAVEL_TIME", spot, f"is reached too soon: {seconds} s of travel")
        edges = [left, *(t for rest in rests for t in (rest.start, rest.end)), until]
        if any(a > b for a, b in pairwise(edges)):
            yield Violation("BREAK", where, f"rests do not fit in between {left} and {until}")
        if not last:
            stop = route.stops[i]
            if (stop.travel_s, stop.travel_m) != (seconds, metres):
                yield Violation("FIGURE", spot, f"travel is {seconds} s, {metres} m")
            if not left + seconds <= stop.arrive <= stop.start:
                yield Violation("ARRIVAL", spot, f"cannot arrive at {stop.arrive}")
            left, place = stop.end, target


def due_breaks(person: Technician, shift: Shift, first: Visit, member: int) -> list[Break]:
    """The rests to be taken: begun work may have outlasted or followed some."""
    if first.started is None:
        return list(shift.breaks)
    need = first.needs[member]
    base = need.duration if need.duration is not None else first.duration
    paces = [person.pace[trade] for trade in need.skills if trade in person.pace]
    begun = first.started.start
    ended = begun + math.floor(base * max(paces, default=1.0) + 0.5) + first.setup
    return [
        Break(rest.earliest, max(rest.latest, ended), rest.duration)
        for rest in shift.breaks
        if rest.latest >= begun
    ]


def _breaks(person: Technician, shift: Shift, first: Visit, route: Route) -> Iterator[Violation]:
    where = f"route {route.technician}/{route.shift}"
    wanted = due_breaks(person, shift, first, route.stops[0].need)
    if len(route.breaks) != len(wanted):
        yield Violation("BREAK", where, f"{len(wanted)} rests are due")
        return
    for rest, due in zip(route.breaks, wanted, strict=True):
        if rest.end - rest.start != due.duration or not due.earliest <= rest.start <= due.latest:
            yield Violation("BREAK", where, f"no rest of {due.duration} s at {rest.start}")
        if not 0 <= rest.before_stop <= len(route.stops):
            yield Violation("BREAK", where, f"no stop {rest.before_stop}")


def _capacity(shift: Shift, jobs: list[Visit], route: Route) -> Iterator[Violation]:
    load = sum(visit.load for visit in jobs)
    begun_alone = len(jobs) == 1 and jobs[0].started is not None
    if shift.capacity is not None and load > shift.capacity and not begun_alone:
        where = f"route {route.technician}/{route.shift}"
        yield Violation("CAPACITY", where, f"carries {load}, {shift.capacity} allowed")


def _limits(shift: Shift, route: Route) -> Iterator[Violation]:
    where = f"route {route.technician}/{route.shift}"
    latest = shift.end + shift.overtime_limit
    if route.end > latest:
        yield Violation("SHIFT_END", where, f"ends at {route.end}, after {latest}")
    work = sum(stop.end - stop.start for stop in route.stops) + route.travel_s + shift.used_work
    if shift.work_limit is not None and work > shift.work_limit:
        yield Violation("WORK_LIMIT", where, f"{work} s of work, {shift.work_limit} s allowed")

"""From the order of stops to a plan with times: earliest times, rests where they cost least.

Peers differ in what times they report; here they only say who goes where in which order, and all
are timed alike. By Bellman's principle the earliest departure from a stop with so many rests taken
is all that the rest of a route needs to know. Crews are timed together: each start is raised until
all agree, which ends at the least times there are because no step ever goes below them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from benchmarks.entrant import NoAnswer
from benchmarks.peers.view import Ints, View, on_site, spans
from dispatch_solver import (
    BreakTaken,
    Plan,
    Problem,
    Route,
    Shift,
    Stop,
    Technician,
    Unplaced,
    Visit,
)
from dispatch_solver.constraints import Facts
from dispatch_solver.constraints.figures import recount

Key = tuple[str, int]
Rests = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class _Leg:
    """How a stop (or the way home) is reached, and the rests taken on the way."""

    arrive: int
    start: int
    leave: int
    rests: Rests


def plan_of(problem: Problem, orders: Sequence[Sequence[int]], *, engine: str, seed: int) -> Plan:
    """The plan in which shift i of the view does the jobs `orders[i]` in that order.

    Raises NoAnswer when an order cannot be kept within the shift and the windows. Pinned and
    started visits are not known here: no peer takes them.
    """
    return _Timetable(problem, orders).plan(engine, seed)


class _Timetable:
    def __init__(self, problem: Problem, orders: Sequence[Sequence[int]]) -> None:
        self.problem, self.view = problem, View(problem)
        self.orders = [list(order) for order in orders]
        self.least: dict[Key, int] = {}
        self.legs: list[list[_Leg]] = [self._time(s) for s in range(len(self.orders))]
        self._agree()

    def _agree(self) -> None:
        """Raise the starts of crew members until every gap is kept."""
        at = {self._key(j): s for s, order in enumerate(self.orders) for j in order}
        crews = [v for v in self.problem.visits if len(v.needs) > 1 and (v.id, 0) in at]
        late = set(at.values()) if crews else set()
        while late:
            starts = {
                self._key(j): leg.start
                for order, legs in zip(self.orders, self.legs, strict=True)
                for j, leg in zip(order, legs[:-1], strict=True)
            }
            late = {at[key] for visit in crews for key in self._raised(visit, starts)}
            for s in late:
                self.legs[s] = self._time(s)

    def _raised(self, visit: Visit, starts: Mapping[Key, int]) -> list[Key]:
        raised = []
        first = (visit.id, 0)
        for k in range(1, len(visit.needs)):
            key, need = (visit.id, k), visit.needs[k]
            if key not in starts:
                raise NoAnswer(f"{visit.id} is served without crew member {k}")
            wanted = {
                key: starts[first] + need.gap_least,
                first: starts[key] - need.gap_most,
            }
            for whose, start in wanted.items():
                if start > starts[whose]:
                    self.least[whose] = max(start, self.least.get(whose, 0))
                    raised.append(whose)
        return raised

    def _key(self, job: int) -> Key:
        visit, k = self.view.jobs[job]
        return visit.id, k

    def _time(self, s: int) -> list[_Leg]:
        """The legs of a route, the way home last; empty for an empty route."""
        order = self.orders[s]
        if not order:
            return []
        person, shift = self.view.shifts[s]
        travel = self._travel(s)
        # By number of rests taken: when the last stop can be left, and the legs up to there.
        states: dict[int, tuple[int, list[_Leg]]] = {0: (shift.start, [])}
        for i in range(len(order) + 1):
            following: dict[int, tuple[int, list[_Leg]]] = {}
            for taken, (left, legs) in states.items():
                for now in range(taken, len(shift.breaks) + 1):
                    reached = _reach(left, travel[i], shift, taken, now)
                    leg = reached and self._leave(person, shift, order, i, reached)
                    if leg and (now not in following or leg.leave < following[now][0]):
                        following[now] = (leg.leave, [*legs, leg])
            states = following
        if len(shift.breaks) not in states:
            raise NoAnswer(f"the order of {person.id}/{shift.id} cannot be kept in time")
        return states[len(shift.breaks)][1]

    def _leave(
        self, person: Technician, shift: Shift, order: list[int], i: int, reached: tuple[int, Rests]
    ) -> _Leg | None:
        arrive, rests = reached
        if i == len(order):
            home = arrive <= shift.end + shift.overtime_limit
            return _Leg(arrive, arrive, arrive, rests) if home else None
        visit, k = self.view.jobs[order[i]]
        earliest = max(arrive, self.least.get((visit.id, k), 0))
        start = _fit(visit, earliest, self.view.horizon) if k == 0 else earliest
        if start is None:
            return None
        on = on_site(person, visit, visit.needs[k]) + self._setup(order, i)
        return _Leg(arrive, start, start + on, rests)

    def _setup(self, order: list[int], i: int) -> int:
        visit = self.view.jobs[order[i]][0]
        again = i > 0 and self.view.jobs[order[i - 1]][0].place == visit.place
        return 0 if again else visit.setup

    def _travel(self, s: int) -> list[int]:
        return self._along(s, self.view.problem.travel[self.view.shifts[s][0].travel].durations)

    def _along(self, s: int, matrix: Ints) -> list[int]:
        shift, row = self.view.shifts[s][1], self.view.row
        stops = [self.view.jobs[job][0].place for job in self.orders[s]]
        path = [shift.from_place, *stops, shift.to_place]
        return [
            int(matrix[row[a], row[b]]) if a is not None and b is not None else 0
            for a, b in pairwise(path)
        ]

    def plan(self, engine: str, seed: int) -> Plan:
        routes = tuple(self._route(s) for s in range(len(self.orders)))
        served = {stop.visit for route in routes for stop in route.stops}
        unplaced = tuple(
            Unplaced(visit.id, "NOT_PLACED")
            for visit in self.problem.visits
            if visit.id not in served
        )
        plan = Plan(routes, unplaced, engine=engine, seed=seed)
        total, parts = recount(Facts.of(self.problem, plan))
        timed = tuple(replace(r, terms=parts[r.technician, r.shift]) for r in routes)
        return replace(plan, routes=timed, terms=total)

    def _route(self, s: int) -> Route:
        person, shift = self.view.shifts[s]
        order, legs = self.orders[s], self.legs[s]
        if not order:
            return Route(person.id, shift.id, (), start=shift.start, end=shift.start)
        seconds = self._travel(s)
        metres = self._along(s, self.problem.travel[person.travel].distances)
        stops = tuple(
            self._stop(order, i, leg, seconds[i], metres[i]) for i, leg in enumerate(legs[:-1])
        )
        rests = tuple(BreakTaken(a, b, i) for i, leg in enumerate(legs) for a, b in leg.rests)
        return Route(
            person.id,
            shift.id,
            stops,
            rests,
            start=shift.start,
            end=legs[-1].leave,
            travel_s=sum(seconds),
            travel_m=sum(metres),
            work_s=sum(seconds) + sum(stop.end - stop.start for stop in stops),
            overtime_s=max(0, legs[-1].leave - shift.end),
        )

    def _stop(self, order: list[int], i: int, leg: _Leg, seconds: int, metres: int) -> Stop:
        visit, k = self.view.jobs[order[i]]
        promise = visit.promise if k == 0 else None
        return Stop(
            visit.id,
            k,
            arrive=leg.arrive,
            start=leg.start,
            end=leg.leave,
            travel_s=seconds,
            travel_m=metres,
            setup_s=self._setup(order, i),
            late_s=max(0, leg.start - visit.due) if visit.due is not None else 0,
            promise_broken=promise is not None and not promise.start <= leg.start <= promise.end,
        )


def _reach(left: int, travel: int, shift: Shift, taken: int, now: int) -> tuple[int, Rests] | None:
    """When the next place is reached with the rests from `taken` up to `now` on the way."""
    moment, still, rests = left, travel, []
    for rest in shift.breaks[taken:now]:
        begin = max(moment, rest.earliest)
        if begin > rest.latest:
            return None
        # Until the rest may begin the way goes on.
        still = max(0, still - (begin - moment))
        moment = begin + rest.duration
        rests.append((begin, moment))
    return moment + still, tuple(rests)


def _fit(visit: Visit, earliest: int, horizon: int) -> int | None:
    for start, end in spans(visit, horizon):
        if earliest <= end:
            return max(earliest, start)
    return None

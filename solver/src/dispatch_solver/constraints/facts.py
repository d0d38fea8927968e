"""What every constraint looks at: the plan beside the problem, with each name looked up once.

The checker shares no code with the search; this is its own reading of a problem and a plan.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dispatch_solver.constraints.violation import Violation
from dispatch_solver.plan import BreakTaken, Plan, Route, Stop
from dispatch_solver.problem import Problem, Shift, Technician, Visit

Placed = dict[str, dict[int, tuple[str, Stop]]]


@dataclass(frozen=True, slots=True)
class Leg:
    """The way to a stop, or at last to the end of the route: when, how far, and what rests."""

    spot: str
    leave: int
    until: int
    seconds: int
    metres: int
    rests: list[BreakTaken]


@dataclass(frozen=True, slots=True)
class RouteFacts:
    """One route that has stops; `jobs` are the visits of its stops, in order."""

    route: Route
    person: Technician
    shift: Shift
    jobs: list[Visit]
    legs: list[Leg]

    @property
    def where(self) -> str:
        return f"route {self.route.technician}/{self.route.shift}"

    @property
    def begun(self) -> bool:
        """Whether the work at its first stop had begun before the plan was made."""
        return self.jobs[0].started is not None

    @property
    def begun_alone(self) -> bool:
        """Whether it is nothing but begun work: a fact, whatever rest or shift end says."""
        return len(self.jobs) == 1 and self.begun

    def stops(self) -> Iterator[tuple[Visit, Stop]]:
        return zip(self.jobs, self.route.stops, strict=True)


@dataclass(frozen=True, slots=True)
class Facts:
    """A problem and a plan whose names all belong to it; `placed`: visit, need, who and when."""

    problem: Problem
    plan: Plan
    visits: dict[str, Visit]
    people: dict[str, Technician]
    shifts: dict[tuple[str, str], Shift]
    routes: list[RouteFacts]
    placed: Placed

    @staticmethod
    def of(problem: Problem, plan: Plan) -> "Facts":
        visits = {visit.id: visit for visit in problem.visits}
        people = {person.id: person for person in problem.technicians}
        shifts = {(p.id, shift.id): shift for p in problem.technicians for shift in p.shifts}
        index = {place: i for i, place in enumerate(problem.places)}
        routes, placed = [], {}
        for route in plan.routes:
            for stop in route.stops:
                placed.setdefault(stop.visit, {})[stop.need] = (route.technician, stop)
            shift = shifts.get((route.technician, route.shift))
            # A shift that the problem has no longer: its route is worth nothing, breaks nothing.
            if route.stops and shift is not None:
                person = people[route.technician]
                jobs = [visits[stop.visit] for stop in route.stops]
                legs = _legs(problem, index, person, shift, jobs, route)
                routes.append(RouteFacts(route, person, shift, jobs, legs))
        return Facts(problem, plan, visits, people, shifts, routes, placed)


def _legs(
    problem: Problem,
    index: dict[str, int],
    person: Technician,
    shift: Shift,
    jobs: list[Visit],
    route: Route,
) -> list[Leg]:
    """Each way of the route; a way from or to an open place, or to begun work, takes no time."""
    travel = problem.travel[person.travel]
    place = None if jobs[0].started is not None else shift.from_place
    leave, stops = route.start, route.stops
    targets: list[str | None] = [*(visit.place for visit in jobs), shift.to_place]
    legs = []
    for i, target in enumerate(targets):
        seconds = metres = 0
        if place is not None and target is not None:
            way = index[place], index[target]
            seconds, metres = int(travel.durations[way]), int(travel.distances[way])
        rests = [rest for rest in route.breaks if rest.before_stop == i]
        if i < len(jobs):
            legs.append(Leg(jobs[i].id, leave, stops[i].start, seconds, metres, rests))
            leave, place = stops[i].end, target
        else:
            spot = f"route {route.technician}/{route.shift}"
            legs.append(Leg(spot, leave, route.end, seconds, metres, rests))
    return legs


def must_do(visit: Visit, need: int) -> str | None:
    """Who has to do this part, by a pin or because it has begun."""
    decision = visit.started if visit.started is not None else visit.pinned
    if decision is None:
        return None
    crew = (decision.technician, *decision.others)
    return crew[need] if need < len(crew) else None


def free_stops(facts: Facts) -> Iterator[tuple[RouteFacts, Visit, Stop]]:
    """Every stop for which nobody in person is decided on: the rules of who may do it hold."""
    for route in facts.routes:
        for visit, stop in route.stops():
            if must_do(visit, stop.need) is None:
                yield route, visit, stop


def free_starts(facts: Facts) -> Iterator[tuple[Visit, Stop]]:
    """The first crew member's stop of every visit whose start is neither pinned nor a fact."""
    for route in facts.routes:
        for visit, stop in route.stops():
            pin = visit.pinned
            fixed = visit.started is not None or (pin is not None and pin.start is not None)
            if stop.need == 0 and not fixed:
                yield visit, stop


@dataclass(frozen=True, slots=True)
class Constraint:
    """One named rule: the codes it answers with, its sentence for people, and its check."""

    name: str
    codes: tuple[str, ...]
    sentence: str
    check: Callable[[Facts], Iterator[Violation]]

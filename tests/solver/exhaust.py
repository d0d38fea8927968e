"""The best plan there is, by trying everything: small problems without links between visits.

It shares nothing with the library but the format: a schedule of its own, costs of its own. Each
order of each set of visits on each shift is timed as early as it can be, with the rest on each leg
it may lie on; the rules are those of docs/formulation.md, and that promises are waited for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import floor, inf

from dispatch_solver import Problem, Shift, Technician, Visit

Tiers = tuple[float, float, float]
# Tier 2 and 3 of some routes together, and their worst lateness.
Worth = tuple[float, float, int]


def best(problem: Problem) -> Tiers:
    """The three tiers of the best plan; for at most a handful of visits."""
    assert not problem.precedences
    assert not problem.ties
    assert all(len(visit.needs) == 1 and visit.started is None for visit in problem.visits)
    full = 1 << len(problem.visits)
    plans: list[list[Worth]] = [[] for _ in range(full)]
    plans[0] = [(0.0, 0.0, 0)]
    for person in problem.technicians:
        for shift in person.shifts:
            routes = _Routes(problem, person, shift).by_visits()
            plans = [_joined(plans, routes, mask) for mask in range(full)]
    weights = problem.weights
    lost = [weights.unserved[visit.priority] for visit in problem.visits]
    return min(
        (
            sum(cost for v, cost in enumerate(lost) if not mask >> v & 1),
            second,
            third + weights.worst_late_second * worst,
        )
        for mask, found in enumerate(plans)
        for second, third, worst in found
    )


def _joined(plans: list[list[Worth]], routes: list[list[Worth]], mask: int) -> list[Worth]:
    """What one more shift makes of the plans that serve exactly these visits."""
    found: list[Worth] = []
    part = mask
    while True:
        found += [
            (a[0] + b[0], a[1] + b[1], max(a[2], b[2]))
            for a in plans[mask ^ part]
            for b in routes[part]
        ]
        if part == 0:
            return _undominated(found)
        part = (part - 1) & mask


def _undominated(found: list[Worth]) -> list[Worth]:
    kept: list[Worth] = []
    for worth in sorted(found):
        if not kept or worth[2] < kept[-1][2]:
            kept.append(worth)
    return kept


@dataclass(frozen=True, slots=True)
class _Way:
    """A route on its way: where it is, when it may leave, and what it has cost."""

    place: int | None
    leave: int
    rested: int
    served: int = 0
    length: int = 0
    work: int = 0
    metres: int = 0
    load: int = 0
    second: float = 0.0
    third: float = 0.0
    worst: int = 0


class _Routes:
    def __init__(self, problem: Problem, person: Technician, shift: Shift) -> None:
        self.problem, self.person, self.shift = problem, person, shift
        self.weights = problem.weights
        self.travel = problem.travel[person.travel]
        self.index = {place: i for i, place in enumerate(problem.places)}

    def by_visits(self) -> list[list[Worth]]:
        """Per set of visits, what its orders are worth."""
        found: list[list[Worth]] = [[] for _ in range(1 << len(self.problem.visits))]
        found[0] = [(0.0, self._balance(0), 0)]
        origin = self.shift.from_place
        start = _Way(None if origin is None else self.index[origin], self.shift.start, 0)
        open_ways = [start]
        while open_ways:
            way = open_ways.pop()
            for v, visit in enumerate(self.problem.visits):
                if not way.served >> v & 1 and self._may(visit, way.length):
                    for longer in self._after(way, v, visit):
                        open_ways.append(longer)
                        found[longer.served] += self._home(longer)
        return [_undominated(routes) for routes in found]

    def _may(self, visit: Visit, index: int) -> bool:
        person, pin = self.person, visit.pinned
        if pin is not None:
            return pin.technician == person.id and pin.position in (None, index)
        return (
            all(person.skills.get(g, 0) >= level for g, level in visit.needs[0].skills.items())
            and person.id not in visit.refused
            and (not visit.named or person.id in visit.named)
            and (visit.site is None or not person.sites or visit.site in person.sites)
        )

    def _reached(self, way: _Way, goal: str | None) -> Iterator[tuple[int, int, int, int]]:
        """When the goal is reached, with how many rests by then, and seconds and metres to it."""
        seconds = metres = 0
        there = None if goal is None else self.index[goal]
        if way.place is not None and there is not None:
            seconds = int(self.travel.durations[way.place, there])
            metres = int(self.travel.distances[way.place, there])
        moment, still, rested = way.leave, seconds, way.rested
        yield moment + still, rested, seconds, metres
        for rest in self.shift.breaks[rested:]:
            begin = max(moment, rest.earliest)
            if begin > rest.latest:
                return
            # The way goes on until the rest may begin.
            still = max(0, still - (begin - moment))
            moment, rested = begin + rest.duration, rested + 1
            yield moment + still, rested, seconds, metres

    def _after(self, way: _Way, v: int, visit: Visit) -> Iterator[_Way]:
        place, weights = self.index[visit.place], self.weights
        factors = [self.person.pace[g] for g in visit.needs[0].skills if g in self.person.pace]
        base = visit.duration if visit.needs[0].duration is None else visit.needs[0].duration
        onsite = floor(base * max(factors, default=1.0) + 0.5)
        onsite += 0 if way.length and way.place == place else visit.setup
        for ready, rested, seconds, metres in self._reached(way, visit.place):
            start = _first(visit, ready)
            if start is None:
                continue
            late = 0 if visit.due is None else max(0, start - visit.due)
            promise = visit.promise
            broken = promise is not None and not promise.start <= start <= promise.end
            yield _Way(
                place,
                start + onsite,
                rested,
                way.served | 1 << v,
                way.length + 1,
                way.work + seconds + onsite,
                way.metres + metres,
                way.load + visit.load,
                way.second + weights.lateness_second * late + weights.promise_broken * broken,
                way.third
                + weights.late_second * late
                + weights.travel_second * seconds
                + self._by_person(visit),
                max(way.worst, late),
            )

    def _by_person(self, visit: Visit) -> float:
        weights, person = self.weights, self.person
        above = sum(
            max(0, person.skills.get(g, 0) - level) for g, level in visit.needs[0].skills.items()
        )
        strange = bool(visit.preferred) and person.id not in visit.preferred
        taken = visit.current is not None and visit.current.technician != person.id
        return (
            weights.skill_waste_level * above
            + weights.continuity * strange
            + weights.change * taken
        )

    def _home(self, way: _Way) -> list[Worth]:
        """The route ended here, at its best, if it keeps the rules of the whole."""
        shift, weights = self.shift, self.weights
        if shift.capacity is not None and way.load > shift.capacity:
            return []
        found = []
        for end, rested, seconds, metres in self._reached(way, shift.to_place):
            work = way.work + seconds
            if rested < len(shift.breaks) or end > shift.end + shift.overtime_limit:
                continue
            if shift.work_limit is not None and work + shift.used_work > shift.work_limit:
                continue
            third = (
                way.third
                + weights.travel_second * seconds
                + weights.travel_metre * (way.metres + metres)
                + weights.overtime_second * max(0, end - shift.end)
                + weights.technician_used
                + self._balance(work)
            )
            found.append((way.second, third, way.worst))
        return found

    def _balance(self, work: int) -> float:
        share = self.shift.fair_share
        if share is None:
            return 0.0
        return self.weights.imbalance * ((work + self.shift.used_work - share) / 3600) ** 2


def _first(visit: Visit, ready: int) -> int | None:
    """The first start from `ready` on; a promise is waited for where a window allows it."""
    if visit.pinned is not None and visit.pinned.start is not None:
        return visit.pinned.start if ready <= visit.pinned.start else None
    spans = [(w.start, w.end) for w in visit.windows] or [(0, inf)]
    least = visit.release
    if visit.promise is not None:
        wait = max(least, visit.promise.start)
        if any(max(a, wait) <= b for a, b in spans):
            least = wait
    starts = [max(a, least, ready) for a, b in spans if max(a, least, ready) <= b]
    return min(starts, default=None)

"""A certificate checked by other means: every route of a small problem, one by one.

Shares no code with the pricing: routes are enumerated from the problem itself, each with its
cheapest schedule, and the Lagrangian bound is added up anew from the prices.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from dispatch_solver.bound.rates import rounded_up
from dispatch_solver.bound.result import Bound, Certificate
from dispatch_solver.eligibility import bound_to, holder, on_site, qualifies, skill_waste
from dispatch_solver.problem import Break, Need, Problem, Shift, Technician, Visit

MOST_ROUTES = 30_000  # per shift


class TooLarge(ValueError):  # noqa: N818 - says what the problem is
    """The problem has too many routes to enumerate."""


def verify_bound(problem: Problem, bound: Bound) -> Bound:
    """The bound as its certificates alone prove it: compare `value` and `tier1`.

    Where the certificate was priced over routes that never repeat a visit, the numbers are the
    same; where routes might repeat, this recomputes without repeats and can only be higher.
    Raises TooLarge beyond about eight visits that one shift can do in any order.
    """
    value, served = _recompute(problem, bound.certificate)
    sure = _unserved(problem, served)
    tier1 = sure
    if bound.tier1_certificate is not None:
        tier1 = _recompute(problem, bound.tier1_certificate)[0]
        tier1 = max(sure, rounded_up(tier1, problem))
    return replace(bound, value=max(value, bound.rates.tier1 * sure), tier1=tier1)


def _unserved(problem: Problem, served: set[int]) -> float:
    lost, task = [], 0
    for visit in problem.visits:
        if not served.issuperset(range(task, task + len(visit.needs))):
            lost.append(problem.weights.unserved[visit.priority])
        task += len(visit.needs)
    return math.fsum(lost)


@dataclass(frozen=True, slots=True)
class _Part:
    """One crew member's part of a visit, and its price."""

    index: int
    visit: Visit
    number: int  # of the need
    price: float

    @property
    def need(self) -> Need:
        return self.visit.needs[self.number]


def _recompute(problem: Problem, certificate: Certificate) -> tuple[float, set[int]]:
    """The Lagrangian bound of the prices, and the parts that some route serves."""
    rates, weights = certificate.rates, problem.weights
    parts: list[_Part] = []
    total = [price for _, price in certificate.cuts]
    for visit in problem.visits:
        first = len(parts)
        for number in range(len(visit.needs)):
            parts.append(_Part(len(parts), visit, number, certificate.tasks[len(parts)]))
        prices = math.fsum(part.price for part in parts[first:])
        total.append(prices)
        if visit.started is None:
            total.append(min(0.0, rates.tier1 * weights.unserved[visit.priority] - prices))
    served: set[int] = set()
    for person in problem.technicians:
        for shift in person.shifts:
            routes = _Routes(problem, certificate, parts, person, shift)
            empty = routes.balance(0)
            total.append(empty)
            least = 0.0
            for stops, cost in routes.all():
                served.update(part.index for part in stops)
                paid = math.fsum(part.price for part in stops)
                order = [part.index for part in stops]
                cut = math.fsum(cut.times(order) * price for cut, price in certificate.cuts)
                least = min(least, cost - empty - paid - cut)
            total.append(least)
    return math.fsum(total), served


@dataclass(frozen=True, slots=True)
class _At:
    """Where a schedule under construction stands."""

    time: int
    rests: int
    work: int
    load: int
    cost: float


class _Routes:
    """All routes of one shift with their least cost."""

    def __init__(
        self,
        problem: Problem,
        certificate: Certificate,
        parts: list[_Part],
        person: Technician,
        shift: Shift,
    ) -> None:
        self.problem, self.rates, self.weights = problem, certificate.rates, problem.weights
        self.person, self.shift = person, shift
        self.place = {name: i for i, name in enumerate(problem.places)}
        self.matrix = problem.travel[person.travel]
        self.tried = 0
        self.begun = next((p for p in parts if self._has_begun(p)), None)
        self.parts = [p for p in parts if p.visit.started is None and self._may(p)]

    def _has_begun(self, part: _Part) -> bool:
        if part.visit.started is None or bound_to(part.visit, part.number) != self.person.id:
            return False
        start = part.visit.started.start
        away = {s.id: max(s.start - start, start - s.end, 0) for s in self.person.shifts}
        return min(self.person.shifts, key=lambda s: away[s.id]).id == self.shift.id

    def _may(self, part: _Part) -> bool:
        bound = bound_to(part.visit, part.number)
        if bound is not None:
            return bound == self.person.id
        return qualifies(self.person, part.visit, part.number)

    def balance(self, work: int) -> float:
        """The weighed cost of imbalance with this much work in the shift."""
        if self.shift.fair_share is None:
            return 0.0
        hours = (work + self.shift.used_work - self.shift.fair_share) / 3600
        return self.rates.tier3 * self.weights.imbalance * hours * hours

    def all(self) -> Iterator[tuple[list[_Part], float]]:
        """Every route with a stop that keeps the rules of one route, and its least cost."""
        used = self.rates.tier3 * self.weights.technician_used
        if self.begun is None:
            yield from self._longer([], [_At(self.shift.start, 0, 0, 0, used)], self.shift.breaks)
            return
        first = self.begun
        assert first.visit.started is not None
        ended = first.visit.started.start + self._stay(None, first)
        rests = tuple(
            replace(rest, latest=max(rest.latest, ended))
            for rest in self.shift.breaks
            if rest.latest >= first.visit.started.start
        )
        start = min(self.shift.start, first.visit.started.start)
        states = self._onward(None, first, [_At(start, 0, 0, 0, used)], rests)
        yield [first], self._alone(first, used)
        yield from self._longer([first], states, rests)

    def _alone(self, part: _Part, used: float) -> float:
        """What has begun, as the only stop, stands whatever breaks and limits say."""
        assert part.visit.started is not None
        stay, cost = self._stay(None, part), used + self._standing(part)
        begin = part.visit.started.start
        cost += self._start_cost(part, begin)
        seconds, money = self._leg(part, None)
        over = max(0, begin + stay + seconds - self.shift.end)
        cost += money + self.rates.tier3 * self.weights.overtime_second * over
        return cost + self.balance(stay + seconds)

    def _longer(
        self, stops: list[_Part], states: list[_At], rests: tuple[Break, ...]
    ) -> Iterator[tuple[list[_Part], float]]:
        self.tried += 1
        if self.tried > MOST_ROUTES:
            raise TooLarge("too many routes to enumerate")
        if stops:
            ends = [cost for at in states for cost in self._ends(stops[-1], at, rests)]
            if ends:
                yield stops, min(ends)
        visits = {part.visit.id for part in stops}
        for part in self.parts:
            if part.visit.id in visits:
                continue
            onward = self._onward(stops[-1] if stops else None, part, states, rests)
            if onward:
                yield from self._longer([*stops, part], onward, rests)

    def _onward(
        self, before: _Part | None, part: _Part, states: list[_At], rests: tuple[Break, ...]
    ) -> list[_At]:
        """Every way to serve one more stop: breaks on the leg, and the span it starts in."""
        seconds, money = self._leg(before, part)
        stay = self._stay(before, part)
        out = []
        for at in states:
            work, load = at.work + seconds + stay, at.load + part.visit.load
            if part is not self.begun and self._over(work, load):
                continue
            for taken, ready in self._ready(at, seconds, rests):
                for begin in self._begins(part, ready):
                    cost = at.cost + money + self._standing(part) + self._start_cost(part, begin)
                    if begin + stay <= self.shift.end + self.shift.overtime_limit or (
                        part is self.begun
                    ):
                        out.append(_At(begin + stay, taken, work, load, cost))
        return out

    def _ends(self, last: _Part, at: _At, rests: tuple[Break, ...]) -> Iterator[float]:
        seconds, money = self._leg(last, None)
        work = at.work + seconds
        if self._over(work, at.load):
            return
        for taken, end in self._ready(at, seconds, rests):
            if taken == len(rests) and end <= self.shift.end + self.shift.overtime_limit:
                over = self.rates.tier3 * self.weights.overtime_second
                over *= max(0, end - self.shift.end)
                yield at.cost + money + over + self.balance(work)

    def _over(self, work: int, load: int) -> bool:
        most, room = self.shift.work_limit, self.shift.capacity
        too_long = most is not None and work + self.shift.used_work > most
        return too_long or (room is not None and load > room)

    def _ready(self, at: _At, seconds: int, rests: tuple[Break, ...]) -> Iterator[tuple[int, int]]:
        """Breaks taken after the leg and the first moment then, for every number of breaks."""
        rested = at.time
        lengths = 0
        waits = at.time + seconds
        yield at.rests, waits
        for k in range(at.rests, len(rests)):
            if rested > rests[k].latest:
                return
            rested = max(rested, rests[k].earliest) + rests[k].duration
            lengths += rests[k].duration
            waits = max(at.time + seconds + lengths, rested)
            yield k + 1, waits

    def _begins(self, part: _Part, ready: int) -> Iterator[int]:
        """The starts worth trying: the first, and the first at each edge of what a start costs."""
        visit, need = part.visit, part.need
        pin = visit.pinned.start if visit.pinned is not None else None
        if visit.started is not None or pin is not None:
            start = visit.started.start if visit.started is not None else pin
            assert start is not None
            low = 0 if visit.started is not None else need.gap_least * (part.number > 0)
            high = 0 if visit.started is not None else need.gap_most * (part.number > 0)
            spans = [(start + low, start + high)]
        else:
            spans = [(w.start, w.end) for w in visit.windows] or [(0, 1 << 40)]
            spans = [(max(a, visit.release), b) for a, b in spans]
            spans = [(a, b) for a, b in spans if a <= b]
            if part.number > 0:
                spans = [(a + need.gap_least, b + need.gap_most) for a, b in spans]
        moments = {ready, *(a for a, _ in spans)}
        if part.number == 0 and visit.promise is not None:
            moments |= {visit.promise.start, visit.promise.end + 1}
        if part.number == 0 and visit.current is not None and visit.current.start is not None:
            moments |= {
                visit.current.start - self.weights.change_seconds,
                visit.current.start + self.weights.change_seconds + 1,
            }
        for moment in sorted(moments):
            if moment >= ready and any(a <= moment <= b for a, b in spans):
                yield moment

    def _start_cost(self, part: _Part, begin: int) -> float:
        visit, weights = part.visit, self.weights
        second = third = 0.0
        late = max(0, begin - visit.due) if visit.due is not None else 0
        third += weights.late_second * late
        if part.number == 0:
            second += weights.lateness_second * late
            promise = visit.promise
            if promise is not None and not promise.start <= begin <= promise.end:
                second += weights.promise_broken
            current = visit.current
            if current is not None and current.technician == self.person.id:
                held = current.start
                if held is not None and abs(begin - held) > weights.change_seconds:
                    third += weights.change
        return self.rates.tier2 * second + self.rates.tier3 * third

    def _standing(self, part: _Part) -> float:
        weights, visit, name = self.weights, part.visit, self.person.id
        held = holder(visit, part.number)
        cost = weights.skill_waste_level * skill_waste(self.person, part.need)
        cost += weights.continuity * (bool(visit.preferred) and name not in visit.preferred)
        cost += weights.change * (held is not None and held != name)
        return self.rates.tier3 * cost

    def _stay(self, before: _Part | None, part: _Part) -> int:
        same = before is not None and before.visit.place == part.visit.place
        return on_site(part.visit, part.need, self.person) + (0 if same else part.visit.setup)

    def _leg(self, before: _Part | None, part: _Part | None) -> tuple[int, float]:
        """Seconds of travel to a stop (None: start or end of the route) and what they cost."""
        origin = self.shift.from_place if before is None else before.visit.place
        goal = self.shift.to_place if part is None else part.visit.place
        if origin is None or goal is None or (part is not None and part is self.begun):
            return 0, 0.0
        a, b = self.place[origin], self.place[goal]
        seconds = int(self.matrix.durations[a, b])
        metres = int(self.matrix.distances[a, b])
        money = self.weights.travel_second * seconds + self.weights.travel_metre * metres
        return seconds, self.rates.tier3 * money

"""The independent checker: does a plan keep every rule, and are its figures true?

It shares no code with the search: it knows the problem, the plan and the rules, and works every
time and term out again from the order of the stops and the times the plan claims.
"""

from collections import Counter
from collections.abc import Iterator

from dispatch_solver.check_route import check_route
from dispatch_solver.plan import Plan, Stop
from dispatch_solver.problem import Precedence, Problem, Tie, Visit
from dispatch_solver.recount import check_figures
from dispatch_solver.violation import Violation

Placed = dict[str, dict[int, tuple[str, Stop]]]


def check(problem: Problem, plan: Plan) -> list[Violation]:
    """Every rule the plan breaks and every figure that is not true; empty: the plan is right.

    The problem must be valid (see `validate`); the plan may be anything that `Plan.from_json`
    reads.
    """
    unknown = list(_unknown(problem, plan))
    if unknown:
        return unknown
    placed = _placed(plan)
    found = [*_accounted(problem, plan, placed), *_crews(problem, placed)]
    for route in plan.routes:
        found += check_route(problem, route)
    for link in problem.precedences:
        found += _precedence(problem, link, placed)
    for tie in problem.ties:
        found += _tie(tie, placed)
    found += check_figures(problem, plan)
    return found


def _unknown(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """Names the problem does not have; nothing else can be checked while there are some."""
    shifts = {(p.id, s.id) for p in problem.technicians for s in p.shifts}
    visits = {visit.id: visit for visit in problem.visits}
    for route in plan.routes:
        where = f"route {route.technician}/{route.shift}"
        if (route.technician, route.shift) not in shifts:
            yield Violation("UNKNOWN_SHIFT", where, "no such technician and shift")
        for stop in route.stops:
            visit = visits.get(stop.visit)
            if visit is None:
                yield Violation("UNKNOWN_VISIT", where, f"no visit {stop.visit}")
            elif not 0 <= stop.need < len(visit.needs):
                yield Violation("UNKNOWN_NEED", where, f"{stop.visit} has no need {stop.need}")
    for left in plan.unplaced:
        if left.visit not in visits:
            yield Violation("UNKNOWN_VISIT", "unplaced", f"no visit {left.visit}")


def _placed(plan: Plan) -> Placed:
    placed: Placed = {}
    for route in plan.routes:
        for stop in route.stops:
            placed.setdefault(stop.visit, {})[stop.need] = (route.technician, stop)
    return placed


def _accounted(problem: Problem, plan: Plan, placed: Placed) -> Iterator[Violation]:
    """Each shift has one route at most, each visit is served once or left out once."""
    routes = Counter((route.technician, route.shift) for route in plan.routes)
    for (person, shift), count in routes.items():
        if count > 1:
            yield Violation("ROUTE_TWICE", f"route {person}/{shift}", f"{count} routes")
    stops = Counter((s.visit, s.need) for route in plan.routes for s in route.stops)
    for (visit, need), count in stops.items():
        if count > 1:
            yield Violation("VISIT_TWICE", visit, f"crew member {need} is there {count} times")
    left = Counter(unplaced.visit for unplaced in plan.unplaced)
    for visit in problem.visits:
        if visit.id in placed and left[visit.id]:
            yield Violation("PLACED_AND_LEFT_OUT", visit.id, "is both in a route and left out")
        if visit.id not in placed and left[visit.id] != 1:
            yield Violation("NOT_ACCOUNTED", visit.id, f"is left out {left[visit.id]} times")
        if visit.started is not None and visit.id not in placed:
            yield Violation("STARTED", visit.id, "has begun but is left out")


def _crews(problem: Problem, placed: Placed) -> Iterator[Violation]:
    for visit in problem.visits:
        crew = placed.get(visit.id)
        if crew is None:
            continue
        missing = [k for k in range(len(visit.needs)) if k not in crew]
        if missing:
            yield Violation("CREW_INCOMPLETE", visit.id, f"crew members {missing} are missing")
        people = [person for person, _ in crew.values()]
        if len(set(people)) < len(people):
            yield Violation("CREW_SAME_PERSON", visit.id, "one person is there twice")
        if 0 in crew and visit.started is None:
            yield from _gaps(visit, crew)


def _gaps(visit: Visit, crew: dict[int, tuple[str, Stop]]) -> Iterator[Violation]:
    first = crew[0][1].start
    for k, (_, stop) in crew.items():
        need = visit.needs[k]
        gap = stop.start - first
        if k > 0 and not need.gap_least <= gap <= need.gap_most:
            yield Violation("CREW_GAP", visit.id, f"member {k} starts {gap} s after the first")


def _precedence(problem: Problem, link: Precedence, placed: Placed) -> Iterator[Violation]:
    if link.after not in placed:
        return
    if any(visit.id == link.after and visit.started is not None for visit in problem.visits):
        return
    if link.before not in placed:
        yield Violation("PRECEDENCE", link.after, f"is served without {link.before}")
        return
    ended = max(stop.end for _, stop in placed[link.before].values())
    start = min(stop.start for _, stop in placed[link.after].values())
    gap = start - ended
    if gap < link.least_gap or (link.most_gap is not None and gap > link.most_gap):
        yield Violation("PRECEDENCE", link.after, f"starts {gap} s after the end of {link.before}")


def _tie(tie: Tie, placed: Placed) -> Iterator[Violation]:
    first, second = tie.visits
    if first not in placed or second not in placed:
        return
    ours = {person for person, _ in placed[first].values()}
    theirs = {person for person, _ in placed[second].values()}
    if tie.kind == "same" and ours != theirs:
        yield Violation("TIE", f"{first}, {second}", "are not served by the same technicians")
    if tie.kind == "different" and ours & theirs:
        yield Violation("TIE", f"{first}, {second}", f"are both served by {sorted(ours & theirs)}")


__all__ = ["Violation", "check"]

"""Every fault of a problem, each with a code, where it is, its cause and what to do."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise

from dispatch_solver.faults import Fault, InvalidProblem
from dispatch_solver.problem import MOST_METRES, MOST_SECONDS, Problem, Shift, Technician
from dispatch_solver.validate_form import form_faults
from dispatch_solver.validate_visits import visit_faults

MOST_PAIRS = 100_000_000


def validate(problem: Problem) -> list[Fault]:
    """All faults; empty when `solve` can work with the problem.

    Faults of form (wrong types, numbers out of range) are listed first and alone: what the
    fields mean can only be looked at when they are what they should be.
    """
    malformed = form_faults(problem)
    if malformed:
        return malformed
    return [
        *_duplicates("places", problem.places),
        *_duplicates("technicians", [person.id for person in problem.technicians]),
        *_duplicates("visits", [visit.id for visit in problem.visits]),
        *_size_faults(problem),
        *_matrix_faults(problem),
        *_technician_faults(problem),
        *visit_faults(problem),
        *_precedence_faults(problem),
        *_tie_faults(problem),
    ]


def ensure_valid(problem: Problem) -> None:
    """Raise InvalidProblem with all faults, if there are any."""
    faults = validate(problem)
    if faults:
        raise InvalidProblem(faults)


def _duplicates(where: str, names: Iterable[str]) -> Iterator[Fault]:
    for name, count in Counter(names).items():
        if count > 1:
            yield Fault(
                "DUPLICATE_ID",
                f"problem.{where}",
                f"{name!r} is there {count} times",
                "give each its own id",
            )


def _size_faults(problem: Problem) -> Iterator[Fault]:
    tasks = sum(len(visit.needs) for visit in problem.visits)
    shifts = sum(len(person.shifts) for person in problem.technicians)
    if tasks * shifts > MOST_PAIRS:
        yield Fault(
            "TOO_LARGE",
            "problem",
            f"{shifts} shifts x {tasks} stops is more than {MOST_PAIRS}",
            "split the problem by site or day",
        )


def _matrix_faults(problem: Problem) -> Iterator[Fault]:
    wanted = (len(problem.places), len(problem.places))
    for way, matrix in problem.travel.items():
        for name, most in (("durations", MOST_SECONDS), ("distances", MOST_METRES)):
            array = getattr(matrix, name)
            where = f"problem.travel.{way}.{name}"
            if array.shape != wanted and not (array.size == 0 and not problem.places):
                yield Fault(
                    "MATRIX_SHAPE",
                    where,
                    f"is {' x '.join(map(str, array.shape))}, not {wanted[0]} x {wanted[1]}",
                    "give one row and one column per place, in their order",
                )
            elif array.size and (int(array.min()) < 0 or int(array.max()) > most):
                yield Fault(
                    "MATRIX_VALUE",
                    where,
                    f"has values outside 0 … {most}",
                    "use whole seconds and metres; a very large number for no way at all",
                )


def _technician_faults(problem: Problem) -> Iterator[Fault]:
    places = set(problem.places)
    for i, person in enumerate(problem.technicians):
        where = f"problem.technicians[{i}]"
        if person.travel not in problem.travel:
            yield Fault(
                "UNKNOWN_WAY",
                f"{where}.travel",
                f"there is no matrix for {person.travel!r}",
                "add one to `travel`, or choose another way",
            )
        yield from (
            Fault("DUPLICATE_ID", f"{where}.shifts", fault.cause, fault.remedy)
            for fault in _duplicates("shifts", [shift.id for shift in person.shifts])
        )
        for j, shift in enumerate(person.shifts):
            yield from _shift_faults(shift, f"{where}.shifts[{j}]", places)
        yield from _overlaps(person, where)


def _shift_faults(shift: Shift, where: str, places: set[str]) -> Iterator[Fault]:
    if shift.end <= shift.start:
        yield Fault("SHIFT_EMPTY", where, "ends before it starts", "correct start and end")
    for name in ("from_place", "to_place"):
        place = getattr(shift, name)
        if place is not None and place not in places:
            yield Fault(
                "UNKNOWN_PLACE", f"{where}.{name}", f"no place {place!r}", "add it to `places`"
            )
    rested = shift.start
    for k, rest in enumerate(shift.breaks):
        spot = f"{where}.breaks[{k}]"
        if rest.latest < rest.earliest:
            yield Fault("BREAK_EMPTY", spot, "latest is before earliest", "correct its window")
        elif rested > rest.latest:
            yield Fault(
                "BREAK_ORDER",
                spot,
                "cannot start after the shift's start and the breaks before it",
                "put the breaks in order, and each where there is time for it",
            )
        rested = max(rested, rest.earliest) + rest.duration
    if shift.breaks and rested > shift.end + shift.overtime_limit:
        yield Fault(
            "BREAK_OUTSIDE_SHIFT",
            f"{where}.breaks",
            "do not end before the shift does",
            "move or shorten the breaks",
        )


def _overlaps(person: Technician, where: str) -> Iterator[Fault]:
    spans = sorted((s.start, s.end + s.overtime_limit, s.id) for s in person.shifts)
    for (_, end, first), (start, _, second) in pairwise(spans):
        if start < end:
            yield Fault(
                "SHIFTS_OVERLAP",
                f"{where}.shifts",
                f"{first!r} with its overtime runs into {second!r}",
                "nobody works two shifts at once: cut one of them",
            )


def _precedence_faults(problem: Problem) -> Iterator[Fault]:
    visits = {visit.id for visit in problem.visits}
    edges: dict[str, list[str]] = {}
    for i, link in enumerate(problem.precedences):
        where = f"problem.precedences[{i}]"
        unknown = [name for name in (link.before, link.after) if name not in visits]
        for name in unknown:
            yield Fault("UNKNOWN_VISIT", where, f"no visit {name!r}", "add it, or drop the link")
        if link.most_gap is not None and link.most_gap < link.least_gap:
            yield Fault("GAP_EMPTY", where, "most_gap is less than least_gap", "correct them")
        if not unknown:
            edges.setdefault(link.before, []).append(link.after)
    cycle = _on_cycles(edges)
    if cycle:
        yield Fault(
            "PRECEDENCE_CYCLE",
            "problem.precedences",
            f"{', '.join(sorted(cycle)[:10])} wait for each other",
            "remove one link of the circle",
        )


def _on_cycles(edges: dict[str, list[str]]) -> set[str]:
    """Nodes that remain when all without a predecessor are taken away, again and again."""
    count = Counter(after for targets in edges.values() for after in targets)
    nodes = set(edges) | set(count)
    ready = [node for node in nodes if count[node] == 0]
    while ready:
        node = ready.pop()
        nodes.discard(node)
        for after in edges.get(node, ()):
            count[after] -= 1
            if count[after] == 0:
                ready.append(after)
    return nodes


def _tie_faults(problem: Problem) -> Iterator[Fault]:
    crews = {visit.id: len(visit.needs) for visit in problem.visits}
    for i, tie in enumerate(problem.ties):
        where = f"problem.ties[{i}]"
        for name in tie.visits:
            if name not in crews:
                yield Fault("UNKNOWN_VISIT", where, f"no visit {name!r}", "add it, or drop the tie")
        if len(tie.visits) != 2 or tie.visits[0] == tie.visits[1]:
            yield Fault("TIE_PAIR", where, "does not name two visits", "name two visits")
        elif tie.kind == "same" and len({crews.get(name) for name in tie.visits}) > 1:
            yield Fault(
                "TIE_CREWS", where, "the crews differ in size", "tie visits with equal crews"
            )

"""Faults of single visits."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from dispatch_solver.faults import Fault
from dispatch_solver.problem import Current, Pin, Problem, Started, Visit

MOST_CREW = 50


def visit_faults(problem: Problem) -> Iterator[Fault]:
    known = Known.of(problem)
    for i, visit in enumerate(problem.visits):
        yield from faults_of_one(visit, f"problem.visits[{i}]", known)
    yield from _begun_twice(problem)


@dataclass(frozen=True, slots=True)
class Known:
    """What a visit may name."""

    places: set[str]
    people: dict[str, int]  # to their number of shifts
    priorities: Collection[int]

    @staticmethod
    def of(problem: Problem) -> "Known":
        people = {person.id: len(person.shifts) for person in problem.technicians}
        return Known(set(problem.places), people, problem.weights.unserved)


def faults_of_one(visit: Visit, where: str, known: Known) -> Iterator[Fault]:
    """The faults of a well-formed visit by itself."""
    if visit.place not in known.places:
        yield Fault(
            "UNKNOWN_PLACE", f"{where}.place", f"no place {visit.place!r}", "add it to `places`"
        )
    if visit.priority not in known.priorities:
        yield Fault(
            "UNKNOWN_PRIORITY",
            f"{where}.priority",
            f"weights.unserved has no {visit.priority}",
            "add its weight, or use a priority that has one",
        )
    yield from _time_faults(visit, where)
    yield from _crew_faults(visit, where)
    yield from _people_faults(visit, where, known.people)


def _time_faults(visit: Visit, where: str) -> Iterator[Fault]:
    for j, window in enumerate(visit.windows):
        if window.end < window.start:
            yield Fault("WINDOW_EMPTY", f"{where}.windows[{j}]", "ends before it starts", "swap")
    if visit.promise is not None and visit.promise.end < visit.promise.start:
        yield Fault("WINDOW_EMPTY", f"{where}.promise", "ends before it starts", "swap")


def _crew_faults(visit: Visit, where: str) -> Iterator[Fault]:
    if not 1 <= len(visit.needs) <= MOST_CREW:
        yield Fault(
            "CREW_SIZE",
            f"{where}.needs",
            f"{len(visit.needs)} crew members",
            f"give one need per crew member, 1 to {MOST_CREW}",
        )
    for k, need in enumerate(visit.needs):
        if need.gap_most < need.gap_least:
            yield Fault(
                "GAP_EMPTY", f"{where}.needs[{k}]", "gap_most is less than gap_least", "correct"
            )
        if k == 0 and (need.gap_least, need.gap_most) != (0, 0):
            yield Fault(
                "FIRST_GAP",
                f"{where}.needs[0]",
                "the first member's gap is counted from itself",
                "leave its gaps at 0",
            )


def _people_faults(visit: Visit, where: str, people: dict[str, int]) -> Iterator[Fault]:
    for name in ("preferred", "refused", "named"):
        for person in getattr(visit, name):
            if person not in people:
                yield _unknown(person, f"{where}.{name}")
    size = len(visit.needs)
    for name in ("current", "pinned", "started"):
        bond = getattr(visit, name)
        if bond is None:
            continue
        crew = (bond.technician, *bond.others)
        for person in crew:
            if person not in people:
                yield _unknown(person, f"{where}.{name}")
            elif isinstance(bond, Started) and people[person] == 0:
                yield Fault(
                    "STARTED_OFF_DUTY",
                    f"{where}.started",
                    f"{person!r} has no shift",
                    "give the shift in which the work began",
                )
        too_many = isinstance(bond, Pin) and len(crew) > size
        if too_many or (isinstance(bond, Started) and len(crew) != size):
            yield Fault(
                "CREW_MISMATCH",
                f"{where}.{name}",
                f"names {len(crew)} people for {size} needs",
                "name one technician per crew member",
            )
        if not isinstance(bond, Current) and len(set(crew)) < len(crew):
            yield Fault("CREW_MISMATCH", f"{where}.{name}", "names one person twice", "correct")


def _unknown(person: str, where: str) -> Fault:
    return Fault("UNKNOWN_TECHNICIAN", where, f"no technician {person!r}", "add or remove them")


def _begun_twice(problem: Problem) -> Iterator[Fault]:
    begun = Counter(
        person
        for visit in problem.visits
        if visit.started is not None
        for person in (visit.started.technician, *visit.started.others)
    )
    for person, count in begun.items():
        if count > 1:
            yield Fault(
                "STARTED_TWICE",
                "problem.visits",
                f"{person!r} has begun {count} visits",
                "only the one under way is started; others are paused, and free to be planned",
            )

"""Seeded technician days for tests: trades, levels, lunch, windows, and the rarer things."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from dispatch_solver import (
    Break,
    Current,
    Need,
    Pin,
    Precedence,
    Problem,
    Shift,
    Started,
    Technician,
    Tie,
    TravelMatrix,
    Visit,
    Weights,
    Window,
)

HOUR = 3600
TRADES = ("electrical", "plumbing", "carpentry", "hvac", "lift")


def day(
    people: int,
    visits: int,
    seed: int = 0,
    *,
    lunch: bool = True,
    side: float = 20.0,
    **weights: Any,
) -> Problem:
    """A plain day: one shift each, two-level skills, hard windows, a lunch break."""
    rng = np.random.default_rng((seed, people, visits))
    places, travel = _places(rng, visits + people, side)
    technicians = []
    for i in range(people):
        known = rng.choice(5, size=int(rng.integers(1, 4)), replace=False)
        skills = {TRADES[k]: int(rng.integers(1, 4)) for k in known}
        start = int(rng.choice([7, 8, 8, 8])) * HOUR
        home = places[visits + i]
        technicians.append(
            Technician(
                f"t{i}",
                (
                    Shift(
                        "day",
                        start,
                        17 * HOUR,
                        home,
                        home,
                        (Break(41400, 48600, 1800),) if lunch else (),
                        overtime_limit=HOUR if i % 3 == 0 else 0,
                        fair_share=27_000,
                    ),
                ),
                dict.fromkeys(TRADES, 3) if i == 0 else skills,
            )
        )
    jobs = []
    for i in range(visits):
        trade = TRADES[int(rng.choice(5, p=[0.3, 0.25, 0.2, 0.15, 0.1]))]
        level = int(rng.choice([1, 2, 3], p=[0.6, 0.3, 0.1]))
        jobs.append(
            Visit(
                f"v{i}",
                places[i],
                int(rng.integers(3, 16)) * 300,
                setup=300 if rng.random() < 0.3 else 0,
                windows=_windows(rng),
                needs=(Need({trade: level}),),
                priority=int(rng.choice([1, 2, 3, 4], p=[0.35, 0.35, 0.2, 0.1])),
            )
        )
    return Problem(places, travel, tuple(technicians), tuple(jobs), weights=Weights(**weights))


def _places(
    rng: np.random.Generator, count: int, side: float
) -> tuple[tuple[str, ...], dict[str, TravelMatrix]]:
    points = rng.random((count, 2)) * side
    # Some visits share a place, so that set-up times matter.
    points[rng.random(count) < 0.2] = points[0]
    km = np.sqrt(((points[:, None] - points[None]) ** 2).sum(-1)) * 1.3
    seconds = np.where(km > 0, np.round(km / 32 * 3600 + 120), 0).astype(np.int64)
    metres = np.round(km * 1000).astype(np.int64)
    return tuple(f"p{i}" for i in range(count)), {"car": TravelMatrix(seconds, metres)}


def _windows(rng: np.random.Generator) -> tuple[Window, ...]:
    draw = rng.random()
    if draw < 0.35:
        return (Window(8 * HOUR, 17 * HOUR),)
    if draw < 0.55:
        return (Window(8 * HOUR, 12 * HOUR),)
    if draw < 0.75:
        return (Window(12 * HOUR, 17 * HOUR),)
    if draw < 0.9:
        start = int(rng.integers(8, 16)) * HOUR
        return (Window(start, start + 2 * HOUR),)
    return (Window(8 * HOUR, 10 * HOUR), Window(15 * HOUR, 17 * HOUR))


def rich_day(people: int, visits: int, seed: int = 0) -> Problem:
    """A day with all the format knows: crews, precedences, ties, pins, promises, two shifts."""
    rng = np.random.default_rng((seed, people, visits, 7))
    plain = day(people, visits, seed, travel_metre=0.05, technician_used=100.0)
    technicians = tuple(_rich_person(rng, i, person) for i, person in enumerate(plain.technicians))
    names = [person.id for person in technicians]
    jobs = [_rich_visit(rng, visit, names) for visit in plain.visits]
    if visits > 3 and rng.random() < 0.7:
        jobs[0] = _begun(jobs[0], technicians[0])
    order = [f"v{i}" for i in rng.permutation(visits)]
    precedences = tuple(
        Precedence(a, b, int(rng.integers(0, 2)) * 900, int(rng.choice([7200, 30000])))
        if rng.random() < 0.5
        else Precedence(a, b)
        for a, b in pairwise(order[: visits // 5 + 1])
        if a != "v0" and b != "v0"
    )
    single = [visit.id for visit in jobs if len(visit.needs) == 1]
    ties = tuple(
        Tie("same" if rng.random() < 0.5 else "different", (a, b))
        for a, b in zip(single[:4:2], single[1:4:2], strict=False)
    )
    return Problem(
        plain.places, plain.travel, technicians, tuple(jobs), precedences, ties, plain.weights
    )


def _rich_person(rng: np.random.Generator, i: int, person: Technician) -> Technician:
    shift = person.shifts[0]
    first = Shift(
        "day",
        shift.start,
        shift.end,
        shift.from_place if rng.random() < 0.8 else None,
        shift.to_place if rng.random() < 0.8 else None,
        (Break(9 * HOUR, 11 * HOUR, 900), *shift.breaks) if rng.random() < 0.3 else shift.breaks,
        overtime_limit=shift.overtime_limit,
        work_limit=int(rng.choice([18_000, 36_000])) if rng.random() < 0.5 else None,
        fair_share=shift.fair_share if rng.random() < 0.8 else None,
        used_work=int(rng.choice([0, 3600])),
    )
    late = Shift("night", 19 * HOUR, 22 * HOUR, shift.from_place, None)
    return Technician(
        person.id,
        (first, late) if rng.random() < 0.2 else (first,),
        person.skills,
        pace={trade: float(rng.choice([0.8, 1.0, 1.3])) for trade in person.skills},
        sites=("north",) if rng.random() < 0.2 else (),
    )


def _rich_visit(rng: np.random.Generator, visit: Visit, names: list[str]) -> Visit:
    def sometimes(share: float) -> bool:
        return bool(rng.random() < share)

    someone = str(rng.choice(names))
    needs = visit.needs
    if sometimes(0.15):
        gap = int(rng.choice([0, 600]))
        needs = (*needs, Need({}, gap, gap + int(rng.choice([0, 900])), 900))
    start = int(rng.integers(8, 16)) * HOUR
    return Visit(
        visit.id,
        visit.place,
        visit.duration,
        visit.setup,
        visit.windows if sometimes(0.8) else (),
        release=9 * HOUR if sometimes(0.2) else 0,
        due=start if sometimes(0.3) else None,
        needs=needs,
        priority=visit.priority,
        site=str(rng.choice(["north", "south"])) if sometimes(0.2) else None,
        preferred=(someone,) if sometimes(0.2) else (),
        refused=(str(rng.choice(names)),) if sometimes(0.2) else (),
        named=(someone, names[0]) if sometimes(0.1) else (),
        promise=Window(start, start + 2 * HOUR) if sometimes(0.3) else None,
        current=Current(someone, start) if sometimes(0.3) else None,
        pinned=Pin(someone, start if sometimes(0.5) else None, 0 if sometimes(0.2) else None)
        if sometimes(0.08)
        else None,
    )


def _begun(visit: Visit, person: Technician) -> Visit:
    return Visit(
        visit.id,
        visit.place,
        visit.duration,
        needs=visit.needs[:1],
        priority=visit.priority,
        started=Started(person.id, 9 * HOUR),
    )


def laden_day(people: int, visits: int, seed: int = 0) -> Problem:
    """A rich day on which loads are carried and lateness is weighed against travel."""
    rng = np.random.default_rng((seed, people, visits, 11))
    rich = rich_day(people, visits, seed)
    technicians = tuple(
        replace(
            person,
            shifts=tuple(
                replace(shift, capacity=int(rng.integers(0, 12)) if rng.random() < 0.7 else None)
                for shift in person.shifts
            ),
        )
        for person in rich.technicians
    )
    jobs = tuple(
        replace(
            visit, load=int(rng.integers(0, 5)), due=visit.due or int(rng.integers(8, 16)) * HOUR
        )
        for visit in rich.visits
    )
    weights = replace(
        rich.weights,
        lateness_second=float(rng.choice([0.0, 1.0])),
        late_second=float(rng.choice([0.0, 0.5])),
        worst_late_second=float(rng.choice([0.0, 2.0])),
    )
    return replace(rich, technicians=technicians, visits=jobs, weights=weights)


def loose_day(people: int, visits: int, seed: int = 0) -> Problem:
    """A laden day without links between visits, begun work and held times: each stands alone.

    It has rests, or due times and promises: where they meet, the schedule takes the rest by which
    the route ends soonest, and that need not be the one by which its stops are least late.
    """
    laden = laden_day(people, visits, seed)
    hasty = seed % 2 == 0
    jobs = tuple(
        replace(
            visit,
            needs=visit.needs[:1],
            started=None,
            current=None if visit.current is None else Current(visit.current.technician),
            due=visit.due if hasty else None,
            promise=_within(visit) if hasty else None,
        )
        for visit in laden.visits
    )
    technicians = tuple(
        replace(
            person,
            shifts=tuple(
                replace(shift, breaks=() if hasty else shift.breaks) for shift in person.shifts
            ),
        )
        for person in laden.technicians
    )
    return replace(laden, visits=jobs, technicians=technicians, precedences=(), ties=())


def _within(visit: Visit) -> Window | None:
    """The visit's promise, where waiting for it leads into one of its windows."""
    promise = visit.promise
    if promise is None or (visit.windows and promise.start > max(w.end for w in visit.windows)):
        return None
    return promise

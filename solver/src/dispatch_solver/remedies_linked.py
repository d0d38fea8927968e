"""Single changes that would place a visit with links: tried by placing it, crew and all.

Not every time and crew is tried for linked visits, so what is told works, but a cheaper change may
have been overlooked.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from dispatch_solver.extend import with_visit
from dispatch_solver.insert import Place, linked_place, put_in, ranked
from dispatch_solver.problem import Visit, Window
from dispatch_solver.relax import MORE_OVERTIME, anytime, with_level, with_overtime
from dispatch_solver.remedy_costs import (
    ASKING,
    LOWER_LEVEL,
    OVERTIME_SECOND,
    SMALLER_CREW,
    WAITING_SECOND,
    Option,
)
from dispatch_solver.routes import Routes
from dispatch_solver.timetable import LIMIT, candidate
from dispatch_solver.trial import ENDS

# Each is a whole placing of the crew.
MOST_LATE = 4


def linked_options(routes: Routes, visit: int) -> Iterator[Option]:
    """Later, with overtime, at a lower level for one crew member, or with one fewer."""
    wanted = routes.state.model.problem.visits[visit]
    if wanted.pinned is not None:
        return
    yield from _later(routes, visit, wanted)
    yield from _lower(routes, visit, wanted)
    yield from _fewer(routes, visit, wanted)
    yield from _longer(routes, visit, wanted)


def _place(routes: Routes, number: int, visit: Visit) -> Place | None:
    """Where the visit would go if it were so."""
    state = with_visit(routes.state, visit, number)
    if state.model.linked[state.model.tasks_of[number][0]]:
        return linked_place(state, number)
    return next(iter(ranked(routes, candidate(routes.state.model, visit), most=1)), None)


def _option(place: Place, own: float, code: str, **data: Any) -> Option:
    names = {"technician": place.technician, "shift": place.shift}
    return Option((0.0, round(place.tier2, 6), place.tier3 + own), code, {**names, **data})


def _later(routes: Routes, number: int, visit: Visit) -> Iterator[Option]:
    ((first, last),) = anytime(visit)
    place = _place(routes, number, replace(visit, windows=(Window(first, last),)))
    if place is not None:
        waited = max(0, place.start - max((w.end for w in visit.windows), default=place.start))
        own = ASKING + WAITING_SECOND * waited
        yield _option(place, own, "LATER_WINDOW", start=place.start)


def _lower(routes: Routes, number: int, visit: Visit) -> Iterator[Option]:
    for k, need in enumerate(visit.needs):
        for trade, level in need.skills.items():
            place = (
                _place(routes, number, with_level(visit, k, trade, level - 1))
                if level > 1
                else None
            )
            if place is not None:
                data = {"trade": trade, "level": level - 1, "need": k}
                yield _option(place, LOWER_LEVEL, "LOWER_LEVEL", **data)


def _fewer(routes: Routes, number: int, visit: Visit) -> Iterator[Option]:
    """Without one of those who do not lead."""
    for k in range(1, len(visit.needs)):
        place = _place(routes, number, without_member(visit, k))
        if place is not None:
            yield _option(place, SMALLER_CREW, "SMALLER_CREW", needed=len(visit.needs) - 1, need=k)


def without_member(visit: Visit, need: int) -> Visit:
    """The visit for a crew without one of its members, who must not be the first."""
    needs = (*visit.needs[:need], *visit.needs[need + 1 :])
    current = visit.current
    if current is not None and need <= len(current.others):
        others = (*current.others[: need - 1], *current.others[need:])
        current = replace(current, others=others)
    return replace(visit, needs=needs, current=current)


def _longer(routes: Routes, number: int, visit: Visit) -> Iterator[Option]:
    """With one route ending later than it may: those tried that would need least for one part."""
    for s, seconds in _late_shifts(routes, visit):
        shifts = list(routes.state.model.shifts)
        limit = shifts[s].limit
        shifts[s] = replace(shifts[s], limit=limit + seconds)
        state = routes.state.aside(replace(routes.state.model, shifts=shifts))
        state.begin()
        state.set_route(s, state.routes[s])
        place = put_in(state, number)
        over = state.timings[s].end - limit
        state.rollback()
        if place is not None and over > 0:
            own = OVERTIME_SECOND * over
            option = _option(place, own, "OVERTIME", seconds=over)
            technician, shift = routes.names[s]
            yield replace(option, data={**option.data, "technician": technician, "shift": shift})


def _late_shifts(routes: Routes, visit: Visit) -> list[tuple[int, int]]:
    """Shifts whose overtime could let one of the crew in, and the most that may be needed."""
    found: list[tuple[float, int]] = []
    for k in range(len(visit.needs)):
        answers = with_overtime(routes, candidate(routes.state.model, visit, k))
        over = answers[:, ENDS] - routes.table.shift[:, LIMIT]
        found += [(float(over[s]), int(s)) for s in np.flatnonzero(np.isfinite(over) & (over > 0))]
    chosen = dict.fromkeys(s for _, s in sorted(found))
    return [(s, MORE_OVERTIME) for s in list(chosen)[:MOST_LATE]]

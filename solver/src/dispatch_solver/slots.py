"""The windows a customer could be offered for one visit, cheapest first."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from dispatch_solver.extend import with_visit
from dispatch_solver.insert import Place, best_shifts, linked_place, place_at
from dispatch_solver.problem import Visit, Window
from dispatch_solver.routes import Routes
from dispatch_solver.state import State
from dispatch_solver.timetable import candidate


@dataclass(frozen=True, slots=True)
class Slot:
    """A window with room: the place in it that adds least, and what it adds (exact).

    `others`: the further crew members' parts, as in `Place`. `able`: all who could lead it in the
    window, who adds least first; of a visit with links the one found alone.
    """

    window: Window
    technician: str
    shift: str
    position: int
    start: int
    tier2: float
    tier3: float
    others: tuple[tuple[str, str, int, int], ...] = ()
    able: tuple[str, ...] = ()


def offered(visit: Visit, window: Window) -> Visit:
    """The visit as it would be once the customer has taken the window.

    It stands for the windows, the promise and the pinned start that the visit may have had.
    """
    pinned = None if visit.pinned is None else replace(visit.pinned, start=None, position=None)
    return replace(visit, windows=(window,), promise=None, pinned=pinned)


def slots_of(
    routes: Routes, visit: Visit, number: int | None, windows: Iterable[Window], *, linked: bool
) -> list[Slot]:
    """The windows with a place, by what the best place in each adds; equals in their order."""
    found: list[Slot] = []
    for window in dict.fromkeys(windows):
        wanted = offered(visit, window)
        if linked:
            place = linked_place(*_as_state(routes, wanted, number))
            found += [_slot(window, place, (place.technician,))] if place is not None else []
        else:
            found += _best(routes, wanted, window)
    return sorted(found, key=lambda each: (round(each.tier2, 6), round(each.tier3, 6)))


def _best(routes: Routes, visit: Visit, window: Window) -> list[Slot]:
    answers = routes.best(candidate(routes.state.model, visit))
    shifts = best_shifts(routes, answers)
    able = tuple(dict.fromkeys(routes.names[s][0] for s in shifts))
    places = [place_at(routes, s, answers[s]) for s in shifts[:1]]
    return [_slot(window, place, able) for place in places]


def _as_state(routes: Routes, visit: Visit, number: int | None) -> tuple[State, int]:
    state = with_visit(routes.state, visit, number)
    return state, state.model.visit_index[visit.id]


def _slot(window: Window, place: Place, able: tuple[str, ...]) -> Slot:
    return Slot(
        window,
        place.technician,
        place.shift,
        place.position,
        place.start,
        place.tier2,
        place.tier3,
        place.others,
        able,
    )

"""Where one visit could go in a plan, best place first."""

from dataclasses import dataclass

import numpy as np

from dispatch_solver.eligibility import Floats
from dispatch_solver.links import place_linked
from dispatch_solver.model import shift_names
from dispatch_solver.routes import Routes
from dispatch_solver.state import State
from dispatch_solver.timetable import Candidate
from dispatch_solver.trial import ADDED2, ADDED3, AT, STARTS


@dataclass(frozen=True, slots=True)
class Place:
    """One place for a visit: a position in a route, the start there, what it adds.

    `tier2` and `tier3` are differences of the plan's tiers, exact. A visit with a crew has one
    part per member in `others` (technician, shift, position, start).
    """

    technician: str
    shift: str
    position: int
    start: int
    tier2: float
    tier3: float
    others: tuple[tuple[str, str, int, int], ...] = ()


def ranked(routes: Routes, item: Candidate, *, most: int | None = None) -> list[Place]:
    """Places for one task that is in no route, at most one per shift, best first."""
    answers = routes.best(item)
    return [place_at(routes, s, answers[s]) for s in best_shifts(routes, answers)[:most]]


def best_shifts(routes: Routes, answers: Floats) -> list[int]:
    """Shifts with a place, least added first; equals by the name of the technician."""
    found = np.flatnonzero(np.isfinite(answers[:, ADDED2]))
    added2, added3 = answers[found, ADDED2].round(6), answers[found, ADDED3].round(6)
    return found[np.lexsort((routes.by_name[found], added3, added2))].tolist()


def place_at(routes: Routes, shift: int, answer: Floats) -> Place:
    technician, name = routes.names[shift]
    return Place(
        technician,
        name,
        position=int(answer[AT]),
        start=int(answer[STARTS]),
        tier2=float(answer[ADDED2]),
        tier3=float(answer[ADDED3]),
    )


def linked_place(state: State, visit: int) -> Place | None:
    """The place found for a visit with links, whose crew moves together; the state is left as is.

    What it adds is exact, but not all places are looked at.
    """
    trial = state.aside()
    trial.begin()
    place = put_in(trial, visit)
    trial.rollback()
    return place


def put_in(state: State, visit: int) -> Place | None:
    """Place a visit with links, and say where; None: there was no place for it."""
    model, names = state.model, shift_names(state.model)
    _, second, third = state.worth()
    if not place_linked(state, visit):
        return None
    parts = []
    for t in model.tasks_of[visit]:
        s = state.route_of[t]
        person = model.problem.technicians[model.shifts[s].technician].id
        parts.append((person, names[s], state.routes[s].index(t), state.start_of(t)))
    _, second_now, third_now = state.worth()
    person, shift, position, start = parts[0]
    gained = (second_now - second, third_now - third)
    return Place(person, shift, position, start, *gained, others=tuple(parts[1:]))

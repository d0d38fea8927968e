"""The single change that would place a visit: each kind tried on the routes, the cheapest told.

Changes compare as plans do, tier by tier: who is left out for it, promises and lateness, then
seconds. Besides what the routes themselves cost more, each kind has a price of its own: see
`remedy_costs`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dispatch_solver.eligibility import Floats
from dispatch_solver.plan import Remedy
from dispatch_solver.problem import Visit
from dispatch_solver.relax import Relaxed, WhatIfs, fits, lacking_level
from dispatch_solver.remedies_linked import linked_options
from dispatch_solver.remedy_costs import ASKING, EXTRA_PERSON, LEAVING, LOWER_LEVEL, MOVING, Option
from dispatch_solver.timetable import LIMIT, VISIT, candidate, unmanned
from dispatch_solver.trial import ADDED2, ADDED3, ENDS, STARTS
from dispatch_solver.words import words

# Of all exchanges only the most promising are followed to where the other visit goes.
MOST_MOVES = 24


def remedy_for(relaxed: Relaxed, visit: int, answers: WhatIfs) -> Remedy | None:
    """The cheapest single change that would place the visit; None: none was found."""
    state = relaxed.routes.state
    wanted = state.model.problem.visits[visit]
    if state.model.linked[state.model.tasks_of[visit][0]]:
        found = list(linked_options(relaxed.routes, visit))
    else:
        found = [
            *_later(relaxed, answers),
            *_longer(relaxed, answers),
            *_lower(relaxed, wanted, answers),
            *_extra_person(relaxed, wanted),
            *_exchanges(relaxed, wanted, answers),
        ]
    if not found:
        return None
    best = min(found, key=lambda option: option.cost)
    return Remedy(best.code, best.data, words(best.code, best.data))


def _cheapest(answers: Floats) -> int | None:
    """The shift with the least added; None: there is no place."""
    if not fits(answers).any():
        return None
    return int(np.lexsort((answers[:, ADDED3], answers[:, ADDED2].round(6)))[0])


def _names(relaxed: Relaxed, shift: int) -> dict[str, Any]:
    technician, name = relaxed.routes.names[shift]
    return {"technician": technician, "shift": name}


def _cost(answer: Floats, own: float) -> tuple[float, float, float]:
    return 0.0, round(float(answer[ADDED2]), 6), float(answer[ADDED3]) + own


def _later(relaxed: Relaxed, answers: WhatIfs) -> Iterator[Option]:
    s = _cheapest(answers.anytime)
    if s is not None:
        answer = answers.anytime[s]
        data = {**_names(relaxed, s), "start": int(answer[STARTS])}
        yield Option(_cost(answer, ASKING), "LATER_WINDOW", data)


def _longer(relaxed: Relaxed, answers: WhatIfs) -> Iterator[Option]:
    s = _cheapest(answers.overtime)
    if s is not None:
        answer = answers.overtime[s]
        seconds = int(answer[ENDS]) - int(relaxed.routes.table.shift[s, LIMIT])
        if seconds > 0:
            data = {**_names(relaxed, s), "seconds": seconds}
            yield Option(_cost(answer, 0.0), "OVERTIME", data)


def _lower(relaxed: Relaxed, wanted: Visit, answers: WhatIfs) -> Iterator[Option]:
    s = _cheapest(answers.lower)
    if s is not None:
        model = relaxed.routes.state.model
        need = wanted.needs[0]
        trade = lacking_level(model.problem.technicians[model.owner[s]], need)
        assert trade is not None
        data = {**_names(relaxed, s), "trade": trade, "level": need.skills[trade] - 1, "need": 0}
        yield Option(_cost(answers.lower[s], LOWER_LEVEL), "LOWER_LEVEL", data)


def _extra_person(relaxed: Relaxed, wanted: Visit) -> Iterator[Option]:
    """Somebody new, who can what a technician of the problem can and works the same shift."""
    if wanted.named or wanted.pinned is not None:
        return
    # A stranger is neither preferred nor the one who holds the visit now.
    current = None if wanted.current is None else replace(wanted.current, technician="")
    stranger = replace(wanted, preferred=("",) if wanted.preferred else (), current=current)
    routes = relaxed.routes
    table = unmanned(routes.state.model, routes.table)
    answers = routes.best(candidate(routes.state.model, stranger), table=table)
    s = _cheapest(answers)
    if s is not None:
        yield Option(_cost(answers[s], EXTRA_PERSON), "EXTRA_PERSON", _names(relaxed, s))


def _exchanges(relaxed: Relaxed, wanted: Visit, answers: WhatIfs) -> Iterator[Option]:
    """The visit in the place of another, which goes elsewhere or, weighing less, is left out."""
    model = relaxed.routes.state.model
    mine = model.problem.weights.unserved[wanted.priority]
    lightest: Option | None = None
    for rank, swap in enumerate(_swaps(relaxed, answers)):
        if rank < MOST_MOVES:
            yield from _moved(relaxed, answers, swap)
        weight = float(model.unserved[swap.visit])
        if weight < mine:
            data = {**_names(relaxed, swap.shift), "visit": model.problem.visits[swap.visit].id}
            cost = (weight, round(swap.tier2, 6), swap.tier3 + LEAVING)
            if lightest is None or cost < lightest.cost:
                lightest = Option(cost, "LEAVE_VISIT", data)
    if lightest is not None:
        yield lightest


@dataclass(frozen=True, slots=True)
class _Swap:
    """The wanted visit at index `at` of a route, without the stop `drop` that has `visit`."""

    shift: int
    drop: int
    visit: int
    at: int
    tier2: float
    tier3: float


def _swaps(relaxed: Relaxed, answers: WhatIfs) -> Iterator[_Swap]:
    """Those that keep all rules, the cheapest first."""
    found = relaxed.routes.swaps(answers.item)
    shifts, stops = np.nonzero(np.isfinite(found[:, :, ADDED2]))
    added = found[shifts, stops]
    for i in np.lexsort((added[:, ADDED3], added[:, ADDED2].round(6))).tolist():
        s, drop = int(shifts[i]), int(stops[i])
        visit = int(relaxed.routes.table.stop[s, drop, VISIT])
        second, third, at = added[i].tolist()
        yield _Swap(s, drop, visit, int(at), second, third)


def _moved(relaxed: Relaxed, answers: WhatIfs, swap: _Swap) -> Iterator[Option]:
    """The other visit goes where that adds least."""
    routes = relaxed.routes
    model = routes.state.model
    other = model.problem.visits[swap.visit]
    with routes.exchanged(swap.shift, swap.drop, answers.item, swap.at):
        places = routes.best(candidate(model, other))
    to = _cheapest(places)
    if to is None:
        return
    technician, shift = routes.names[to]
    data = {
        **_names(relaxed, swap.shift),
        "visit": other.id,
        "to": technician,
        "to_shift": shift,
        "start": int(places[to, STARTS]),
    }
    second = round(swap.tier2 + float(places[to, ADDED2]), 6)
    third = swap.tier3 + float(places[to, ADDED3]) + MOVING
    yield Option((0.0, second, third), "MOVE_VISIT", data)

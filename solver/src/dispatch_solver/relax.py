"""What-ifs for a visit that is left out: at any time, with overtime, on an empty day, lower level.

Each is one trial of all routes.
"""

from dataclasses import dataclass, replace

import numpy as np

from dispatch_solver.eligibility import Flags, Floats, Span, has_skills
from dispatch_solver.model import Model
from dispatch_solver.problem import MOST_SECONDS, Need, Technician, Visit
from dispatch_solver.remedy_costs import OVERTIME_SECOND, WAITING_SECOND
from dispatch_solver.routes import Routes
from dispatch_solver.timetable import LIMIT, Candidate, candidate, emptied, tireless, within
from dispatch_solver.trial import ADDED2, LEAST_END, Extra

MORE_OVERTIME = 12 * 3600


@dataclass(slots=True)
class WhatIfs:
    """What `Routes.best` answers by shift, under the plan's rules and under relaxed ones."""

    item: Candidate
    now: Floats
    anytime: Floats
    overtime: Floats
    empty: Floats
    no_limit: Floats
    lower: Floats


@dataclass(frozen=True, slots=True)
class Relaxed:
    """Routes that can be asked about under relaxed rules."""

    routes: Routes

    def ask(self, visit: Visit, need: int = 0) -> WhatIfs:
        """The what-ifs for one crew member's part of a visit that is in no route."""
        routes, model = self.routes, self.routes.state.model
        item = candidate(model, visit, need)
        anyone = item._replace(allowed=one_level_short(model, visit, need))
        return WhatIfs(
            item,
            now=routes.best(item),
            anytime=routes.best(within(item, anytime(visit)), extra=waiting(item)),
            overtime=with_overtime(routes, item),
            empty=routes.best(item, table=emptied(routes.table)),
            no_limit=routes.best(item, table=tireless(routes.table)),
            lower=routes.best(anyone),
        )


def with_overtime(routes: Routes, item: Candidate) -> Floats:
    """The best places when routes may end after their limit, at a price."""
    answers = routes.best(item, extra=Extra(OVERTIME_SECOND, 0.0, 0))
    # A night's work is no overtime.
    answers[answers[:, LEAST_END] - routes.table.shift[:, LIMIT] > MORE_OVERTIME] = np.inf
    return answers


def fits(answers: Floats) -> Flags:
    """By shift: whether there is a place at all."""
    return np.isfinite(answers[:, ADDED2])


def waiting(item: Candidate) -> Extra:
    """The price of starting after the last window."""
    last = int(item.window[-1, 1]) if len(item.window) else 0
    return Extra(-1.0, WAITING_SECOND, last)


def anytime(visit: Visit) -> list[Span]:
    """From the visit's first window on."""
    first = min((w.start for w in visit.windows), default=0)
    return [(max(first, visit.release), MOST_SECONDS)]


def one_level_short(model: Model, visit: Visit, need: int) -> Flags:
    """By shift: whether its technician could do it if one level were one lower, and only then."""
    able = model.people.allowed(visit, need)
    short = np.zeros_like(able)
    for trade, level in visit.needs[need].skills.items():
        if level > 1:
            eased = with_level(visit, need, trade, level - 1)
            short |= model.people.allowed(eased, need) & ~able
    return short[model.owner]


def with_level(visit: Visit, need: int, trade: str, level: int) -> Visit:
    """The visit with another level of one trade for one crew member."""
    needs = list(visit.needs)
    needs[need] = replace(needs[need], skills={**needs[need].skills, trade: level})
    return replace(visit, needs=tuple(needs))


def lacking_level(person: Technician, need: Need) -> str | None:
    """The one trade in which the person is exactly one level short; None: none, or more."""
    short = [trade for trade, level in need.skills.items() if person.skills.get(trade, 0) < level]
    if len(short) != 1 or has_skills(person, need):
        return None
    trade = short[0]
    known = person.skills.get(trade, 0)
    return trade if known >= 1 and known + 1 == need.skills[trade] else None

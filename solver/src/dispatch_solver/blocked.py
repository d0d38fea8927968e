"""Per technician: the first rule that keeps a visit away, and by how much."""

import numpy as np

from dispatch_solver.plan import Blocked
from dispatch_solver.problem import Technician, Visit
from dispatch_solver.relax import Relaxed, WhatIfs, fits
from dispatch_solver.state import State
from dispatch_solver.timetable import (
    GOAL,
    LIMIT,
    ORIGIN,
    PLACE,
    SETUP,
    START,
    WAY,
    Candidate,
    Timetable,
)
from dispatch_solver.trial import LEAST_END, STARTS


def blocked_by(
    relaxed: Relaxed, wanted: Visit, answers: WhatIfs, most: int | None
) -> list[Blocked]:
    """Per technician who has the trades: the first rule that stands in the way.

    With `most`, so many of them only: first those whom nothing lasting keeps away.
    """
    model = relaxed.routes.state.model
    trades = wanted.needs[0].skills
    rules = [
        (i, _person_rule(person, wanted))
        for i, person in enumerate(model.problem.technicians)
        if all(trade in person.skills for trade in trades)
    ]
    if most is not None:
        rules = sorted(rules, key=lambda rule: rule[1] is not None)[:most]
    found = []
    for i, lasting in rules:
        rule = lasting or _shift_rule(relaxed, wanted, answers, model.shifts_of[i])
        if rule is not None:
            found.append(Blocked(model.problem.technicians[i].id, *rule))
    return found


def _person_rule(person: Technician, visit: Visit) -> tuple[str, int | None] | None:
    if visit.pinned is not None:
        return None if visit.pinned.technician == person.id else ("PINNED", None)
    short = [level - person.skills.get(trade, 0) for trade, level in visit.needs[0].skills.items()]
    if max(short, default=0) > 0:
        return "LEVEL", max(short)
    if person.id in visit.refused:
        return "REFUSED", None
    if visit.named and person.id not in visit.named:
        return "NAMED", None
    if visit.site is not None and person.sites and visit.site not in person.sites:
        return "SITE", None
    return None


def _shift_rule(
    relaxed: Relaxed, wanted: Visit, answers: WhatIfs, shifts: list[int]
) -> tuple[str, int | None] | None:
    table = relaxed.routes.table
    if not shifts:
        return "NO_SHIFT", None
    if fits(answers.now[shifts]).any():
        return None
    heavy = _too_heavy(relaxed.routes.state, wanted.load, shifts)
    if heavy > 0:
        return "CAPACITY", heavy
    if not fits(answers.empty[shifts]).any():
        near = any(_in_time(table, answers.item, s, travel=True) for s in shifts)
        on_duty = any(_in_time(table, answers.item, s, travel=False) for s in shifts)
        return ("TOO_FAR" if on_duty and not near else "NO_SHIFT"), None
    if fits(answers.no_limit[shifts]).any():
        return "WORK_LIMIT", None
    late = answers.anytime[shifts, STARTS].min()
    if np.isfinite(late) and len(answers.item.window):
        return "WINDOW", max(0, int(late) - int(answers.item.window[:, 1].max())) or None
    over = (answers.overtime[shifts, LEAST_END] - table.shift[shifts, LIMIT]).min()
    return "FULL", max(0, int(over)) if np.isfinite(over) else None


def _too_heavy(state: State, load: int, shifts: list[int]) -> int:
    """Units of load by which it is too much even for the shift with most room."""
    model = state.model
    room = (
        model.shifts[s].capacity - sum(model.tasks[t].load for t in state.routes[s]) for s in shifts
    )
    return load - max(room)


def _in_time(table: Timetable, item: Candidate, shift: int, *, travel: bool) -> bool:
    """Whether an empty shift without breaks has room for the task, travel counted or not."""
    data, place = table.shift[shift], item.stop[PLACE]
    first, last = data[START], data[LIMIT] - item.service[shift] - item.stop[SETUP]
    if travel:
        first += table.seconds[data[WAY], data[ORIGIN], place]
        last -= table.seconds[data[WAY], place, data[GOAL]]
    return any(max(a, first) <= min(b, last) for a, b in item.window.tolist())

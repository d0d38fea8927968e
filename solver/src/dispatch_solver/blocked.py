"""Per technician: the first rule that keeps a visit away, and by how much."""

import numpy as np

from dispatch_solver.model import Model
from dispatch_solver.plan import Blocked
from dispatch_solver.problem import Technician, Visit
from dispatch_solver.relax import Relaxed, WhatIfs, try_with


def blocked_by(
    relaxed: Relaxed, visit: int, answers: WhatIfs, column: int, most: int | None
) -> list[Blocked]:
    """Per technician who has the trades: the first rule that stands in the way.

    With `most`, so many of them only: first those whom nothing lasting keeps away.
    """
    model = relaxed.state.model
    wanted = model.problem.visits[visit]
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
        rule = lasting or _shift_rule(relaxed, visit, answers, column, model.shifts_of[i])
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
    relaxed: Relaxed, visit: int, answers: WhatIfs, column: int, shifts: list[int]
) -> tuple[str, int | None] | None:
    model = relaxed.state.model
    task = model.tasks_of[visit][0]
    if not shifts:
        return "NO_SHIFT", None
    if np.isfinite(answers.now.cost[shifts, column]).any():
        return None
    if not np.isfinite(answers.empty.cost[shifts, column]).any():
        near = any(_in_time(model, task, s, travel=True) for s in shifts)
        on_duty = any(_in_time(model, task, s, travel=False) for s in shifts)
        return ("TOO_FAR" if on_duty and not near else "NO_SHIFT"), None
    if np.isfinite(answers.no_limit.cost[shifts, column]).any():
        return "WORK_LIMIT", None
    late = [s for s in shifts if np.isfinite(answers.anytime.cost[s, column])]
    ends = [b for _, b in model.tasks[task].windows]
    if late and ends:
        first = min(int(answers.anytime.start[s, column]) for s in late)
        return "WINDOW", max(0, first - max(ends)) or None
    over = [
        seconds
        for s in shifts
        if (seconds := overtime_needed(relaxed, task, s, answers, column)) is not None
    ]
    return "FULL", min(over, default=None)


def _in_time(model: Model, task: int, shift: int, *, travel: bool) -> bool:
    """Whether an empty shift without breaks has room for the task, travel counted or not."""
    data = model.shifts[shift]
    place = model.tasks[task].place
    length = model.service(shift, task) + model.tasks[task].setup
    first, last = data.start, data.limit - length
    if travel:
        first += int(model.durations[data.way, data.origin, place])
        last -= int(model.durations[data.way, place, data.goal])
    return any(max(a, first) <= min(b, last) for a, b in model.tasks[task].windows)


def overtime_needed(
    relaxed: Relaxed, task: int, shift: int, answers: WhatIfs, column: int
) -> int | None:
    """Seconds of overtime beyond the limit that would let the task in; None: no amount does."""
    if not np.isfinite(answers.overtime.cost[shift, column]):
        return None
    model = relaxed.state.model
    data = relaxed.late.model.shifts[shift]
    timing = try_with(
        relaxed.late,
        task=task,
        shift=shift,
        position=int(answers.overtime.position[shift, column]),
        spans=list(model.tasks[task].windows),
        limit=data.limit,
    )
    return None if timing is None else max(0, timing.end - model.shifts[shift].limit)

"""The single change that would place a visit: tried, and the mildest kind first."""

from typing import Any

import numpy as np

from dispatch_solver.blocked import overtime_needed
from dispatch_solver.model import Model, shift_names
from dispatch_solver.plan import Remedy
from dispatch_solver.relax import Relaxed, WhatIfs, anytime, lacking_level, try_with
from dispatch_solver.schedule import starts_of
from dispatch_solver.words import words

MOST_TRIED = 12


def remedy_for(relaxed: Relaxed, visit: int, answers: WhatIfs, column: int) -> Remedy | None:
    """The single change that would place the visit: tried, and cheapest of its kind."""
    return (
        _later(relaxed, visit, answers, column)
        or _longer(relaxed, visit, answers, column)
        or _lower(relaxed, visit, answers, column)
    )


def _best(cost: np.ndarray) -> int | None:
    return int(cost.argmin()) if len(cost) and np.isfinite(cost.min()) else None


def _names(model: Model, shift: int) -> dict[str, Any]:
    person = model.problem.technicians[model.shifts[shift].technician]
    return {"technician": person.id, "shift": shift_names(model)[shift]}


def _later(relaxed: Relaxed, visit: int, answers: WhatIfs, column: int) -> Remedy | None:
    state, model = relaxed.state, relaxed.state.model
    s = _best(answers.anytime.cost[:, column])
    if s is None or model.problem.visits[visit].pinned is not None:
        return None
    task = model.tasks_of[visit][0]
    position = int(answers.anytime.position[s, column])
    timing = try_with(
        state,
        task=task,
        shift=s,
        position=position,
        spans=anytime(model, task),
        limit=model.shifts[s].limit,
    )
    if timing is None:
        return None
    start = starts_of(timing, len(timing.depart[0]) - 1)[position]
    data = {**_names(model, s), "start": start}
    return Remedy("LATER_WINDOW", data, words("LATER_WINDOW", data))


def _longer(relaxed: Relaxed, visit: int, answers: WhatIfs, column: int) -> Remedy | None:
    model = relaxed.state.model
    task = model.tasks_of[visit][0]
    cost = answers.overtime.cost[:, column]
    cheapest = np.argsort(cost, kind="stable")[:MOST_TRIED]
    options = [
        (seconds, s)
        for s in cheapest[np.isfinite(cost[cheapest])].tolist()
        if (seconds := overtime_needed(relaxed, task, s, answers, column)) is not None
    ]
    if not options:
        return None
    seconds, s = min(options)
    data = {**_names(model, s), "seconds": seconds}
    return Remedy("OVERTIME", data, words("OVERTIME", data))


def _lower(relaxed: Relaxed, visit: int, answers: WhatIfs, column: int) -> Remedy | None:
    state, model = relaxed.state, relaxed.state.model
    s = _best(answers.lower.cost[:, column])
    if s is None:
        return None
    task = model.tasks_of[visit][0]
    timing = try_with(
        state,
        task=task,
        shift=s,
        position=int(answers.lower.position[s, column]),
        spans=list(model.tasks[task].windows),
        limit=model.shifts[s].limit,
    )
    person = model.problem.technicians[model.shifts[s].technician]
    need = model.problem.visits[visit].needs[0]
    trade = lacking_level(person, need)
    if timing is None or trade is None:
        return None
    data = {**_names(model, s), "trade": trade, "level": need.skills[trade] - 1}
    return Remedy("LOWER_LEVEL", data, words("LOWER_LEVEL", data))

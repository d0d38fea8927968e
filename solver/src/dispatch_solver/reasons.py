"""Why a visit is left out, per technician and in all, and what would place it."""

from collections.abc import Callable

import numpy as np

from dispatch_solver.links import allowed_spans
from dispatch_solver.model import Model, has_skills, start_windows
from dispatch_solver.plan import Blocked, Remedy, Unplaced
from dispatch_solver.problem import Technician, Visit
from dispatch_solver.relax import (
    Relaxed,
    WhatIfs,
    anytime,
    lacking_level,
    try_with,
)
from dispatch_solver.schedule import starts_of
from dispatch_solver.state import State
from dispatch_solver.words import words

BATCH = 64


def explain_all(state: State, *, time_left: Callable[[], float]) -> tuple[Unplaced, ...]:
    """A reason for each visit left out; without time left, the short one."""
    missing = sorted(state.missing)
    found: list[Unplaced] = []
    relaxed: Relaxed | None = None
    for first in range(0, len(missing), BATCH):
        batch = missing[first : first + BATCH]
        if time_left() <= 0:
            found += [_plain(state, v, "UNEXPLAINED", {}) for v in batch]
            continue
        relaxed = relaxed or Relaxed.of(state)
        answers = relaxed.ask([state.model.tasks_of[v][0] for v in batch])
        found += [explain(relaxed, v, answers, i) for i, v in enumerate(batch)]
    return tuple(found)


def explain(relaxed: Relaxed, visit: int, answers: WhatIfs, column: int) -> Unplaced:
    """The reason for one visit; `column` is its place among the what-ifs."""
    state = relaxed.state
    static = _static_reason(state, visit)
    blocked = _blocked(relaxed, visit, answers, column)
    if static is not None:
        code, data = static
    else:
        code, data = _dynamic_reason(relaxed, visit, answers, column, blocked)
    remedy = None
    if len(state.model.tasks_of[visit]) == 1 and code not in ("PRECEDENCE", "NOT_TRIED", "TIE"):
        remedy = _remedy(relaxed, visit, answers, column)
    if remedy is not None and remedy.code == "OVERTIME":
        data = {**data, "overtime_s": remedy.data["seconds"]}
    problem_visit = state.model.problem.visits[visit]
    return Unplaced(
        problem_visit.id, code, data, words(code, data), tuple(blocked), remedy
    )


def _plain(state: State, visit: int, code: str, data: dict[str, object]) -> Unplaced:
    return Unplaced(state.model.problem.visits[visit].id, code, data, words(code, data))


def _static_reason(state: State, visit: int) -> tuple[str, dict[str, object]] | None:
    """Reasons that do not depend on what else is planned."""
    model = state.model
    wanted = model.problem.visits[visit]
    for i in model.befores.get(visit, ()):
        before = model.problem.precedences[i].before
        if model.visit_index[before] in state.missing:
            return "PRECEDENCE", {"before": before}
    if not start_windows(wanted, 0):
        return "WINDOW_TOO_NARROW", {"release": wanted.release}
    if wanted.pinned is not None:
        return "PIN_BLOCKED", {"technician": wanted.pinned.technician}
    people = model.problem.technicians
    for k, need in enumerate(wanted.needs):
        skilled = [person for person in people if has_skills(person, need)]
        if not skilled:
            return "NO_TRADE", _missing_trade(people, wanted, k)
        willing = [person for person in skilled if person.id not in wanted.refused]
        if not willing:
            return "REFUSED", {"technicians": [person.id for person in skilled]}
        here = [p for p in willing if not wanted.site or not p.sites or wanted.site in p.sites]
        if not here:
            return "NO_SITE", {"site": wanted.site}
        if k == 0 and wanted.named and not any(p.id in wanted.named for p in here):
            return "NAMED_UNAVAILABLE", {"technicians": list(wanted.named)}
    if len(wanted.needs) > 1:
        able = model.can[:, model.tasks_of[visit]].any(axis=1)
        crew = {model.shifts[int(s)].technician for s in np.flatnonzero(able)}
        if len(crew) < len(wanted.needs):
            return "CREW_TOO_SMALL", {"needed": len(wanted.needs), "able": len(crew)}
    if not allowed_spans(state, visit):
        links = [model.problem.precedences[i].before for i in model.befores.get(visit, ())]
        return "PRECEDENCE", {"before": links[0] if links else None}
    return None


def _missing_trade(people: tuple[Technician, ...], visit: Visit, k: int) -> dict[str, object]:
    for trade, level in visit.needs[k].skills.items():
        best = max((person.skills.get(trade, 0) for person in people), default=0)
        if best < level:
            return {"trade": trade, "level": level, "best_level": best}
    return {"trades": dict(visit.needs[k].skills)}


def _dynamic_reason(
    relaxed: Relaxed, visit: int, answers: WhatIfs, column: int, blocked: list[Blocked]
) -> tuple[str, dict[str, object]]:
    model = relaxed.state.model
    wanted = model.problem.visits[visit]
    if not np.isfinite(answers.empty.cost[:, column]).any():
        rules = {block.rule for block in blocked}
        if "TOO_FAR" in rules:
            return "TOO_FAR", {}
        return ("NAMED_UNAVAILABLE", {"technicians": list(wanted.named)}) if wanted.named else (
            "NO_SHIFT",
            {},
        )
    if len(wanted.needs) > 1:
        return "NO_COMMON_TIME", {"needed": len(wanted.needs)}
    if np.isfinite(answers.now.cost[:, column]).any():
        if visit in model.ties:
            return "TIE", {}
        if visit in model.befores:
            return "PRECEDENCE", {
                "before": model.problem.precedences[model.befores[visit][0]].before
            }
        return "NOT_TRIED", {}
    if np.isfinite(answers.anytime.cost[:, column]).any():
        return "WINDOW_TOO_NARROW", {}
    if wanted.named:
        return "NAMED_UNAVAILABLE", {"technicians": list(wanted.named)}
    return "ALL_FULL", {}


def _blocked(relaxed: Relaxed, visit: int, answers: WhatIfs, column: int) -> list[Blocked]:
    """Per technician who has the trades: the first rule that stands in the way."""
    model = relaxed.state.model
    wanted = model.problem.visits[visit]
    need = wanted.needs[0]
    shifts_of: dict[int, list[int]] = {}
    for s, data in enumerate(model.shifts):
        shifts_of.setdefault(data.technician, []).append(s)
    found = []
    for i, person in enumerate(model.problem.technicians):
        if any(trade not in person.skills for trade in need.skills):
            continue
        rule = _person_rule(person, wanted) or _shift_rule(
            relaxed, visit, answers, column, shifts_of.get(i, [])
        )
        if rule is not None:
            found.append(Blocked(person.id, *rule))
    return found


def _person_rule(person: Technician, visit: Visit) -> tuple[str, int | None] | None:
    if visit.pinned is not None:
        return None if visit.pinned.technician == person.id else ("PINNED", None)
    short = [
        level - person.skills.get(trade, 0) for trade, level in visit.needs[0].skills.items()
    ]
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
        reachable = any(_overlaps(model, task, s) for s in shifts)
        return ("TOO_FAR", None) if reachable else ("NO_SHIFT", None)
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
        if (seconds := _overtime(relaxed, task, s, answers, column)) is not None
    ]
    return "FULL", min(over, default=None)


def _overlaps(model: Model, task: int, shift: int) -> bool:
    """Whether the shift has room for the task in its windows, travel aside."""
    data = model.shifts[shift]
    length = int(model.service[shift, task])
    return any(
        max(a, data.start) <= min(b, data.limit - length) for a, b in model.tasks[task].windows
    )


def _overtime(
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


def _remedy(relaxed: Relaxed, visit: int, answers: WhatIfs, column: int) -> Remedy | None:
    """The single change that would place the visit: tried, and cheapest of its kind."""
    return (
        _later(relaxed, visit, answers, column)
        or _longer(relaxed, visit, answers, column)
        or _lower(relaxed, visit, answers, column)
    )


def _best(cost: np.ndarray) -> int | None:
    return int(cost.argmin()) if len(cost) and np.isfinite(cost.min()) else None


def _names(model: Model, shift: int) -> dict[str, object]:
    person = model.problem.technicians[model.shifts[shift].technician]
    first = next(s for s, d in enumerate(model.shifts) if d.technician == model.shifts[shift].technician)
    return {"technician": person.id, "shift": person.shifts[shift - first].id}


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
    options = [
        (seconds, s)
        for s in np.flatnonzero(np.isfinite(answers.overtime.cost[:, column])).tolist()
        if (seconds := _overtime(relaxed, task, s, answers, column)) is not None
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

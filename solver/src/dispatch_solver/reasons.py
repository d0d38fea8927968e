"""Why a visit is left out, and what would place it."""

from collections.abc import Callable
from typing import Any

import numpy as np

from dispatch_solver.blocked import blocked_by
from dispatch_solver.ineligible import Reason, lasting_reason
from dispatch_solver.plan import Blocked, Unplaced
from dispatch_solver.relax import Relaxed, WhatIfs
from dispatch_solver.remedies import remedy_for
from dispatch_solver.state import State
from dispatch_solver.words import words

BATCH = 32
# How long after its time explaining may still look for reasons that need no pricing.
LAST_WORDS = 0.1
# A plan names so many technicians per visit left out; `why_not` names them all.
MOST_PEOPLE = 12
# Whoever waits for another visit, or could be placed as it is, is not helped by bending a rule.
WITHOUT_REMEDY = ("PRECEDENCE", "NOT_TRIED", "TIE", "PIN_BLOCKED")


def explain_all(state: State, *, time_left: Callable[[], float]) -> tuple[Unplaced, ...]:
    """A reason for each visit left out; without time left, the short one."""
    missing = sorted(state.missing)
    found: list[Unplaced] = []
    relaxed: Relaxed | None = None
    for first in range(0, len(missing), BATCH):
        batch = missing[first : first + BATCH]
        if time_left() <= 0:
            found += [_short(state, v, time_left() > -LAST_WORDS) for v in batch]
            continue
        relaxed = relaxed or Relaxed.of(state)
        answers = relaxed.ask([state.model.tasks_of[v][0] for v in batch])
        for i, v in enumerate(batch):
            if time_left() > 0:
                found.append(explain(relaxed, v, answers, i, most=MOST_PEOPLE))
            else:
                found.append(_short(state, v, time_left() > -LAST_WORDS))
    return tuple(found)


def _short(state: State, visit: int, look: bool) -> Unplaced:
    """What can be said without pricing anything, if there is time to look at all."""
    code, data = (lasting_reason(state, visit) if look else None) or ("UNEXPLAINED", {})
    return Unplaced(state.model.problem.visits[visit].id, code, data, words(code, data))


def explain(
    relaxed: Relaxed, visit: int, answers: WhatIfs, column: int, *, most: int | None = None
) -> Unplaced:
    """The reason for one visit; `column` is its place among the what-ifs.

    At most `most` technicians are named; None: all.
    """
    state = relaxed.state
    blocked = blocked_by(relaxed, visit, answers, column, most)
    code, data = lasting_reason(state, visit) or _passing_reason(
        relaxed, visit, answers, column, blocked
    )
    remedy = None
    if len(state.model.tasks_of[visit]) == 1 and code not in WITHOUT_REMEDY:
        remedy = remedy_for(relaxed, visit, answers, column)
    if remedy is not None and remedy.code == "OVERTIME":
        data = {**data, "overtime_s": remedy.data["seconds"]}
    name = state.model.problem.visits[visit].id
    return Unplaced(name, code, data, words(code, data), tuple(blocked), remedy)


def _passing_reason(
    relaxed: Relaxed, visit: int, answers: WhatIfs, column: int, blocked: list[Blocked]
) -> Reason:
    """Why somebody could do the visit, but not in this plan."""
    wanted = relaxed.state.model.problem.visits[visit]
    named: dict[str, Any] = {"technicians": list(wanted.named)}
    if not np.isfinite(answers.empty.cost[:, column]).any():
        if any(block.rule == "TOO_FAR" for block in blocked):
            return "TOO_FAR", {}
        return ("NAMED_UNAVAILABLE", named) if wanted.named else ("NO_SHIFT", {})
    if len(wanted.needs) > 1:
        return "NO_COMMON_TIME", {"needed": len(wanted.needs)}
    if np.isfinite(answers.now.cost[:, column]).any():
        return _kept_away_by_links(relaxed, visit)
    if np.isfinite(answers.anytime.cost[:, column]).any():
        return "WINDOW_TOO_NARROW", {}
    return ("NAMED_UNAVAILABLE", named) if wanted.named else ("ALL_FULL", {})


def _kept_away_by_links(relaxed: Relaxed, visit: int) -> Reason:
    model = relaxed.state.model
    if visit in model.ties:
        return "TIE", {}
    if visit in model.befores:
        link = model.problem.precedences[model.befores[visit][0]]
        return "PRECEDENCE", {"before": link.before}
    return "NOT_TRIED", {}

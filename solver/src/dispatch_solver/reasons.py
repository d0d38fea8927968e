"""Why a visit is left out, and what would place it."""

from collections.abc import Callable
from typing import Any

from dispatch_solver.blocked import blocked_by
from dispatch_solver.ineligible import Reason, lasting_reason
from dispatch_solver.model import Model
from dispatch_solver.plan import Blocked, Unplaced
from dispatch_solver.problem import Visit
from dispatch_solver.relax import Relaxed, WhatIfs, fits
from dispatch_solver.remedies import remedy_for
from dispatch_solver.routes import Routes
from dispatch_solver.state import State
from dispatch_solver.words import words

# How long after its time explaining may still look for reasons that need no pricing; the first
# few visits get theirs however late it is: that costs a millisecond, and a short list that says
# nothing helps nobody.
LAST_WORDS = 0.1
ALWAYS = 20
# A plan names so many technicians per visit left out; `why_not` names them all.
MOST_PEOPLE = 12
# What could be placed as it is, or was decided by a person, is not helped by bending a rule.
WITHOUT_REMEDY = ("NOT_TRIED", "PIN_BLOCKED")


def explain_all(state: State, *, time_left: Callable[[], float]) -> tuple[Unplaced, ...]:
    """A reason for each visit left out; without time left, the short one."""
    found: list[Unplaced] = []
    relaxed: Relaxed | None = None
    for v in sorted(state.missing):
        if time_left() > 0:
            relaxed = relaxed or Relaxed(Routes(state))
            found.append(explain(relaxed, v, most=MOST_PEOPLE))
        else:
            look = len(found) < ALWAYS or time_left() > -LAST_WORDS
            found.append(_short(state, v, look=look))
    return tuple(found)


def unexplained(state: State) -> tuple[Unplaced, ...]:
    """The visits left out, for whoever asks for no reason."""
    return tuple(_short(state, visit, look=False) for visit in sorted(state.missing))


def _short(state: State, visit: int, *, look: bool) -> Unplaced:
    """What can be said without pricing anything, if there is time to look at all."""
    code, data = (lasting_reason(state, visit) if look else None) or ("UNEXPLAINED", {})
    return Unplaced(state.model.problem.visits[visit].id, code, data, words(code, data))


def explain(relaxed: Relaxed, visit: int, *, most: int | None = None) -> Unplaced:
    """The reason for one visit that is in no route; at most `most` technicians are named."""
    state = relaxed.routes.state
    wanted = state.model.problem.visits[visit]
    answers = relaxed.ask(wanted)
    blocked = blocked_by(relaxed, wanted, answers, most)
    code, data = lasting_reason(state, visit) or _passing_reason(
        state, visit, wanted, answers, blocked
    )
    remedy = None if code in WITHOUT_REMEDY else remedy_for(relaxed, visit, answers)
    if remedy is not None and remedy.code == "OVERTIME":
        data = {**data, "overtime_s": remedy.data["seconds"]}
    return Unplaced(wanted.id, code, data, words(code, data), tuple(blocked), remedy)


def _passing_reason(
    state: State, visit: int, wanted: Visit, answers: WhatIfs, blocked: list[Blocked]
) -> Reason:
    """Why somebody could do the visit, but not in this plan."""
    named: dict[str, Any] = {"technicians": list(wanted.named)}
    if not fits(answers.empty).any():
        if any(block.rule == "TOO_FAR" for block in blocked):
            return "TOO_FAR", {}
        return ("NAMED_UNAVAILABLE", named) if wanted.named else ("NO_SHIFT", {})
    if len(wanted.needs) > 1:
        return "NO_COMMON_TIME", {"needed": len(wanted.needs)}
    if fits(answers.now).any():
        return _kept_away_by_links(state.model, visit)
    if fits(answers.anytime).any():
        return "WINDOW_TOO_NARROW", {}
    return ("NAMED_UNAVAILABLE", named) if wanted.named else ("ALL_FULL", {})


def _kept_away_by_links(model: Model, visit: int) -> Reason:
    if visit in model.ties:
        return "TIE", {}
    if visit in model.befores:
        link = model.problem.precedences[model.befores[visit][0]]
        return "PRECEDENCE", {"before": link.before}
    return "NOT_TRIED", {}

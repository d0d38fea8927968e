"""Reasons that do not depend on what else is planned: nobody could ever do the visit."""

from typing import Any

import numpy as np

from dispatch_solver.eligibility import has_skills
from dispatch_solver.links import allowed_spans
from dispatch_solver.model import start_windows
from dispatch_solver.problem import Technician, Visit
from dispatch_solver.state import State

Reason = tuple[str, dict[str, Any]]


def lasting_reason(state: State, visit: int) -> Reason | None:
    """Why nobody could do the visit at all; None: somebody could."""
    wanted = state.model.problem.visits[visit]
    return (
        _unmet_before(state, visit)
        or (None if start_windows(wanted, 0) else ("WINDOW_TOO_NARROW", {}))
        or (("PIN_BLOCKED", {"technician": wanted.pinned.technician}) if wanted.pinned else None)
        or _no_crew(state, visit, wanted)
        or _no_time_after(state, visit)
    )


def _unmet_before(state: State, visit: int) -> Reason | None:
    model = state.model
    for i in model.befores.get(visit, ()):
        before = model.problem.precedences[i].before
        if model.visit_index[before] in state.missing:
            return "PRECEDENCE", {"before": before}
    return None


def _no_time_after(state: State, visit: int) -> Reason | None:
    model = state.model
    links = model.befores.get(visit, ())
    if links and not allowed_spans(state, visit):
        return "PRECEDENCE", {"before": model.problem.precedences[links[0]].before}
    return None


def _no_crew(state: State, visit: int, wanted: Visit) -> Reason | None:
    model = state.model
    for k in range(len(wanted.needs)):
        reason = _nobody(model.problem.technicians, wanted, k)
        if reason is not None:
            return reason
    able = model.allowed[model.kind[model.tasks_of[visit]]].any(axis=0)
    crew = {model.shifts[int(s)].technician for s in np.flatnonzero(able)}
    if len(wanted.needs) > 1 and len(crew) < len(wanted.needs):
        return "CREW_TOO_SMALL", {"needed": len(wanted.needs), "able": len(crew)}
    return None


def _nobody(people: tuple[Technician, ...], visit: Visit, k: int) -> Reason | None:
    """The rule that leaves nobody for one crew member's part."""
    skilled = [person for person in people if has_skills(person, visit.needs[k])]
    if not skilled:
        return "NO_TRADE", _missing_trade(people, visit, k)
    willing = [person for person in skilled if person.id not in visit.refused]
    if not willing:
        return "REFUSED", {"technicians": [person.id for person in skilled]}
    here = [p for p in willing if not visit.site or not p.sites or visit.site in p.sites]
    if not here:
        return "NO_SITE", {"site": visit.site}
    if k == 0 and visit.named and not any(person.id in visit.named for person in here):
        return "NAMED_UNAVAILABLE", {"technicians": list(visit.named)}
    return None


def _missing_trade(people: tuple[Technician, ...], visit: Visit, k: int) -> dict[str, Any]:
    for trade, level in visit.needs[k].skills.items():
        best = max((person.skills.get(trade, 0) for person in people), default=0)
        if best < level:
            return {"trade": trade, "level": level, "best_level": best}
    # Each trade is known to somebody, all of them together to nobody.
    return {"trades": dict(visit.needs[k].skills)}

"""What a plan is worth: every term by its name, and the three tiers they add up to."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from dispatch_solver.eligibility import holder, skill_waste
from dispatch_solver.model import Model
from dispatch_solver.plan import Terms
from dispatch_solver.problem import Weights
from dispatch_solver.schedule import Timing, breaks_of, starts_of

HOUR = 3600.0
COUNTED = (
    "unserved",
    "promises_broken",
    "lateness",
    "travel_s",
    "travel_m",
    "imbalance",
    "overtime_s",
    "skill_waste",
    "continuity",
    "changes",
    "technicians_used",
    "late_s",
)


@dataclass(frozen=True, slots=True)
class Scales:
    """What one unit of tier 1 and of tier 2 is worth in tier 3, for the search's own steering.

    Plans are compared tier by tier; only moves on the way are weighed with these.
    """

    tier1: float
    tier2: float


def scales_of(weights: Weights) -> Scales:
    least = min((w for w in weights.unserved.values() if w > 0), default=1.0)
    return Scales(tier1=20_000.0 / least, tier2=5.0)


def imbalance(work: int, fair_share: int | None) -> float:
    """Squared hours between a shift's work and its fair share."""
    return 0.0 if fair_share is None else ((work - fair_share) / HOUR) ** 2


def tier2(weights: Weights, *, broken: int, lateness: int) -> float:
    return weights.promise_broken * broken + weights.lateness_second * lateness


def tier3(weights: Weights, terms: Terms) -> float:
    return (
        weights.travel_second * terms.travel_s
        + weights.travel_metre * terms.travel_m
        + weights.imbalance * terms.imbalance
        + weights.overtime_second * terms.overtime_s
        + weights.skill_waste_level * terms.skill_waste
        + weights.continuity * terms.continuity
        + weights.change * terms.changes
        + weights.technician_used * terms.technicians_used
        + weights.late_second * terms.late_s
    )


def work_of(timing: Timing) -> int:
    """Seconds of travel and work on site, without waits and breaks."""
    return sum(timing.legs) + sum(timing.onsite) if timing.tasks else 0


def promises_and_lateness(model: Model, tasks: list[int], starts: list[int]) -> tuple[int, int]:
    broken = lateness = 0
    for t, start in zip(tasks, starts, strict=True):
        task = model.tasks[t]
        if task.due is not None and task.need == 0:
            lateness += max(0, start - task.due)
        if task.promise is not None:
            broken += not task.promise[0] <= start <= task.promise[1]
    return broken, lateness


def late_stops(model: Model, tasks: list[int], starts: list[int]) -> tuple[int, int]:
    """Seconds after `due` over all stops: their sum, and the greatest."""
    late = [
        start - due
        for t, start in zip(tasks, starts, strict=True)
        if (due := model.tasks[t].due) is not None and start > due
    ]
    return sum(late), max(late, default=0)


def moved(model: Model, shift: int, task: int, start: int) -> bool:
    """Whether the visit keeps its technician but starts at another time than it held."""
    before = model.tasks[task].moved_from
    if before is None or abs(start - before) <= model.problem.weights.change_seconds:
        return False
    person = model.problem.technicians[model.shifts[shift].technician].id
    return holder(model.problem.visits[model.tasks[task].visit], 0) == person


def route_tiers(model: Model, shift: int, timing: Timing, starts: list[int]) -> tuple[float, float]:
    """Tier 2 and tier 3 of one route: the quick way to the figures of `route_terms`."""
    data, weights = model.shifts[shift], model.problem.weights
    tasks = timing.tasks
    balance = weights.imbalance * imbalance(work_of(timing) + data.used_work, data.fair_share)
    if not tasks:
        return 0.0, balance
    cost = balance + weights.travel_second * sum(timing.legs) + weights.technician_used
    cost += weights.overtime_second * max(0, timing.end - data.end)
    if weights.travel_metre:
        cost += weights.travel_metre * metres(model, shift, timing)
    cost += float(model.standings(shift, tasks).sum())
    for t, start in zip(tasks, starts, strict=True):
        if model.tasks[t].moved_from is not None:
            cost += weights.change * moved(model, shift, t, start)
    if weights.late_second:
        cost += weights.late_second * late_stops(model, tasks, starts)[0]
    broken, lateness = promises_and_lateness(model, tasks, starts)
    return tier2(weights, broken=broken, lateness=lateness), cost


def metres(model: Model, shift: int, timing: Timing) -> int:
    return sum(leg_metres(model, shift, timing))


def leg_metres(model: Model, shift: int, timing: Timing) -> list[int]:
    data = model.shifts[shift]
    stops = [model.tasks[t].place for t in timing.tasks]
    begun = bool(stops) and data.started == timing.tasks[0]
    places = [model.open_place if begun else data.origin, *stops, data.goal]
    return model.leg_metres(data.way, places)


def route_terms(model: Model, shift: int, timing: Timing) -> Terms:
    """Every term of one route."""
    data, problem = model.shifts[shift], model.problem
    person = problem.technicians[data.technician]
    work = work_of(timing) + data.used_work
    terms = Terms(imbalance=imbalance(work, data.fair_share))
    if timing.tasks:
        starts = starts_of(timing, len(breaks_of(model, shift)))
        broken, lateness = promises_and_lateness(model, timing.tasks, starts)
        late, worst = late_stops(model, timing.tasks, starts)
        waste = kept = changes = 0
        for t, start in zip(timing.tasks, starts, strict=True):
            visit, need = problem.visits[model.tasks[t].visit], model.tasks[t].need
            holding = holder(visit, need)
            waste += skill_waste(person, visit.needs[need])
            kept += bool(visit.preferred) and person.id not in visit.preferred
            changes += holding is not None and holding != person.id
            changes += moved(model, shift, t, start)
        terms = replace(
            terms,
            promises_broken=broken,
            lateness=lateness,
            travel_s=sum(timing.legs),
            travel_m=metres(model, shift, timing),
            overtime_s=max(0, timing.end - data.end),
            skill_waste=waste,
            continuity=kept,
            changes=changes,
            technicians_used=1,
            late_s=late,
            worst_late_s=worst,
        )
    return with_tiers(terms, problem.weights, unserved=0.0)


def with_tiers(terms: Terms, weights: Weights, *, unserved: float) -> Terms:
    cost = tier3(weights, terms)
    second = tier2(weights, broken=terms.promises_broken, lateness=terms.lateness)
    return replace(terms, cost=cost, tier1=unserved, tier2=second, tier3=cost)


def add(parts: Iterable[Terms], weights: Weights, left_out: Iterable[float]) -> Terms:
    """A plan's terms from its routes' terms and the weights of the visits left out."""
    sums: dict[str, Any] = dict.fromkeys(COUNTED, 0)
    worst = 0
    for part in parts:
        worst = max(worst, part.worst_late_s)
        for name in COUNTED:
            sums[name] += getattr(part, name)
    lost = list(left_out)
    sums["unserved"] = len(lost)
    total = with_tiers(Terms(**sums, worst_late_s=worst), weights, unserved=sum(lost))
    cost = total.cost + weights.worst_late_second * worst
    return replace(total, cost=cost, tier3=cost)

"""From the optimizer's plan back to rows: who goes where and when, what is left out and why."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, TypeAlias

from dispatch.planning.changes import changes_of
from dispatch.planning.inputs import NotPlanned, Person, PlanningDay
from dispatch.planning.problem import DayProblem
from dispatch.planning.solving import Alternative, Answer
from dispatch_solver import Plan, Route, Stop, Terms, Unplaced

Values: TypeAlias = dict[str, Any]
"""The columns of a row that is still to be written, without those that tie it to others: a plan of
a large site has hundreds of rows, which are written all at once."""

# Figures of a reason that are moments of the optimizer's clock.
_MOMENTS = frozenset({"start", "release", "earliest", "latest"})
_PEOPLE = frozenset({"technician", "technicians"})
_ORDERS = frozenset({"before", "after"})
_BLOCKED_MOST = 20
_TERMS = tuple(each.name for each in fields(Terms))


def terms_of(terms: Terms) -> dict[str, Any]:
    """Every term of the objective, by name (DSP-3)."""
    return {name: getattr(terms, name) for name in _TERMS}


@dataclass(frozen=True, slots=True)
class PlanRows:
    """All that is kept of an answer, ready to be written."""

    engine: str
    figures: dict[str, Any]
    terms: dict[str, Any]
    routes: Sequence[tuple[Values, Sequence[Values]]]
    left_out: Sequence[Values]


def rows_of(day: PlanningDay, made: DayProblem, answer: Answer) -> PlanRows:
    """What is kept of an answer to the problem made of a day; it takes a large site some hundredths
    of a second, in which nobody should have to wait for the database."""
    plan = answer.plan
    changes = changes_of(day, plan, within_s=made.problem.weights.change_seconds)
    return PlanRows(
        engine=plan.engine,
        figures={**figures_of(plan), "changes": changes},
        terms=terms_of(plan.terms),
        routes=routes_of(day, answer),
        left_out=left_out_of(day, plan.unplaced, made.not_planned),
    )


def figures_of(plan: Plan) -> dict[str, Any]:
    """How the run went (ANL-6)."""
    return {
        "seconds": plan.seconds,
        "iterations": plan.iterations,
        "stops": sum(len(route.stops) for route in plan.routes),
        "left_out": len(plan.unplaced),
        "history": [asdict(milestone) for milestone in plan.history],
    }


def of_orders(answer: Answer) -> Answer:
    """The answer without what merely stands for a slot that is held: no order, a negative id.

    Its room is kept, and nobody is told to go there.
    """
    plan = answer.plan
    routes = tuple(
        replace(route, stops=tuple(stop for stop in route.stops if int(stop.visit) > 0))
        for route in plan.routes
    )
    unplaced = tuple(each for each in plan.unplaced if int(each.visit) > 0)
    return replace(answer, plan=replace(plan, routes=routes, unplaced=unplaced))


def routes_of(day: PlanningDay, answer: Answer) -> list[tuple[Values, list[Values]]]:
    """A route with its stops per shift that is left of the day, empty ones too."""
    people = {person.technician.id: person for person in day.people}
    made = []
    for route in answer.plan.routes:
        person = people[int(route.technician)]
        row = _route_row(day, route, person=person)
        stops = [
            _stop_row(
                day,
                stop,
                position=position,
                technician_id=person.technician.id,
                alternatives=answer.alternatives.get(stop.visit, ()),
            )
            for position, stop in enumerate(route.stops)
        ]
        made.append((row, stops))
    return made


def left_out_of(
    day: PlanningDay, unplaced: Sequence[Unplaced], not_planned: Sequence[NotPlanned]
) -> list[Values]:
    """What the plan does without, with the reason in data and what would place it (DSP-4).

    Orders under way are not among them: somebody is at it, whatever the plan could do.
    """
    open_ids = {each.order.id for each in day.orders}
    rows = [
        {
            "work_order_id": int(each.visit),
            "code": each.code,
            "data": {
                **told(day, each.data),
                "technicians": [
                    {"technician_id": int(b.technician), "rule": b.rule, "by": b.by}
                    for b in each.technicians[:_BLOCKED_MOST]
                ],
            },
            "remedy": {"code": each.remedy.code, **told(day, each.remedy.data)}
            if each.remedy is not None
            else None,
        }
        for each in unplaced
        if int(each.visit) in open_ids
    ]
    rows += [
        {
            "work_order_id": each.work_order_id,
            "code": each.code,
            "data": told(day, each.data),
            "remedy": None,
        }
        for each in not_planned
    ]
    return rows


def _route_row(day: PlanningDay, route: Route, *, person: Person) -> Values:
    shift = [each for each in person.shifts if each.ends_at > day.now][int(route.shift)]
    return {
        "technician_id": person.technician.id,
        "shift_start": shift.starts_at,
        "shift_end": shift.ends_at,
        "starts_at": day.moment(route.start),
        "ends_at": day.moment(route.end),
        "travel_s": route.travel_s,
        "travel_m": route.travel_m,
        "work_s": route.work_s,
        "overtime_s": route.overtime_s,
        "breaks": [
            {
                "starts_at": day.moment(rest.start).isoformat(),
                "ends_at": day.moment(rest.end).isoformat(),
                "before_stop": rest.before_stop,
            }
            for rest in route.breaks
        ],
        "terms": terms_of(route.terms),
    }


def _stop_row(
    day: PlanningDay,
    stop: Stop,
    *,
    position: int,
    technician_id: int,
    alternatives: Sequence[Alternative],
) -> Values:
    return {
        "technician_id": technician_id,
        "work_order_id": int(stop.visit),
        "position": position,
        "crew_index": stop.need,
        "arrives_at": day.moment(stop.arrive),
        "starts_at": day.moment(stop.start),
        "ends_at": day.moment(stop.end),
        "travel_s": stop.travel_s,
        "travel_m": stop.travel_m,
        "terms": {
            "travel_s": stop.travel_s,
            "travel_m": stop.travel_m,
            "late_s": stop.late_s,
            "promise_broken": stop.promise_broken,
        },
        "alternatives": [
            {
                "technician_id": int(each.technician),
                "starts_at": day.moment(each.start).isoformat(),
                "extra_lateness": round(each.extra_lateness, 1),
                "extra_cost": round(each.extra_cost, 1),
            }
            for each in alternatives
        ]
        if stop.need == 0
        else [],
    }


def told(day: PlanningDay, data: dict[str, Any]) -> dict[str, Any]:
    """Figures of a reason with the service's ids and times for the optimizer's."""
    said: dict[str, Any] = {}
    for name, value in data.items():
        if name in _MOMENTS and isinstance(value, int):
            said[name] = day.moment(value).isoformat()
        elif name in ("shift", "to_shift"):
            continue
        elif name == "to":
            said["to_technician_id"] = int(value)
        elif name == "visit":
            said["other_order_id"] = int(value)
        elif name in _PEOPLE and value is not None:
            said[f"{name}_named" if name == "technicians" else "technician_id"] = (
                [int(each) for each in value] if isinstance(value, list) else int(value)
            )
        elif name in _ORDERS and value is not None:
            said["waits_for_id"] = int(value)
        else:
            said[name] = value
    return said

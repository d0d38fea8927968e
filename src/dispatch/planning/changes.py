"""What a plan changes for the people: who comes, and when (DSP-5, DSP-7)."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dispatch.planning.inputs import OpenOrder, PlanningDay
from dispatch_solver import Plan


@dataclass(frozen=True, slots=True)
class _Holding:
    """Who holds an order, the lead first, and when it starts; nobody, never: it is not held."""

    crew: tuple[int, ...] = ()
    start: datetime | None = None

    def differs(self, other: "_Holding", *, within_s: int) -> bool:
        if self.crew[:1] != other.crew[:1] or set(self.crew) != set(other.crew):
            return True
        if self.start is None or other.start is None:
            return False
        return abs((self.start - other.start).total_seconds()) > within_s


def changes_of(day: PlanningDay, plan: Plan, *, within_s: int) -> list[dict[str, Any]]:
    """What the plan changes against who holds what now, as data, by id of the order.

    Other people, a start moved by more than `within_s` seconds, newly placed, placed no longer.
    """
    planned = _planned(day, plan)
    judged = planned.keys() | {int(each.visit) for each in plan.unplaced}
    changes = []
    for each in day.orders:
        before, after = _held(each), planned.get(each.order.id, _Holding())
        if each.order.id in judged and after.differs(before, within_s=within_s):
            changes.append(
                {
                    "work_order_id": each.order.id,
                    "was_crew": before.crew,
                    "was_starts_at": _text(before.start),
                    "crew": after.crew,
                    "starts_at": _text(after.start),
                }
            )
    return changes


def _planned(day: PlanningDay, plan: Plan) -> dict[int, _Holding]:
    stops: defaultdict[int, dict[int, tuple[int, datetime]]] = defaultdict(dict)
    for route in plan.routes:
        for stop in route.stops:
            stops[int(stop.visit)][stop.need] = (int(route.technician), day.moment(stop.start))
    return {
        order_id: _Holding(tuple(needs[need][0] for need in sorted(needs)), needs[0][1])
        for order_id, needs in stops.items()
    }


def _held(each: OpenOrder) -> _Holding:
    if each.assignment is None:
        return _Holding()
    crew = (each.assignment.technician_id, *each.helpers)
    return _Holding(crew, each.assignment.planned_start)


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None

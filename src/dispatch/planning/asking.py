"""Questions about a day's plan in force, in the service's words: orders, technicians, moments."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from dispatch.domain.travel import Spot
from dispatch.planning.in_force import LiveDay, open_order
from dispatch.planning.inputs import OpenOrder, PlanningDay
from dispatch.planning.plan import told
from dispatch.planning.runner import Planner
from dispatch.planning.visits import prospect, visit_of
from dispatch_solver import Place, Visit, Window


@dataclass(frozen=True, slots=True)
class Prospect:
    """Work that nobody has ordered yet, or one more visit for an order."""

    spot: Spot
    trade: str
    level: int
    duration_s: int
    crew_size: int
    refused: frozenset[int] = frozenset()
    """Who shall not come."""


@dataclass(frozen=True, slots=True)
class SlotFound:
    """A window that the plan in force could keep, and who could: who adds least first.

    What the best of them adds to tier 2 (lateness, promises) and tier 3 (cost) of the plan.
    """

    starts_at: datetime
    ends_at: datetime
    technician_ids: tuple[int, ...]
    extra_lateness: float
    extra_cost: float


@dataclass(frozen=True, slots=True)
class PlaceFound:
    """Somebody who could take an order, from when, and what that adds, as in `SlotFound`.

    `helper_ids`: who would go with them.
    """

    technician_id: int
    starts_at: datetime
    extra_lateness: float
    extra_cost: float
    helper_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class BlockedFound:
    """The first rule that keeps a technician from an order, and by how much (None: no measure)."""

    technician_id: int
    rule: str
    by: int | None


@dataclass(frozen=True, slots=True)
class WhyFound:
    """Why an order has no place, in code and data; `code` None: it has one, see `places`."""

    code: str | None
    data: dict[str, Any]
    remedy: dict[str, Any] | None
    blocked: tuple[BlockedFound, ...]
    places: tuple[PlaceFound, ...]


async def slots_for(
    planner: Planner,
    live: LiveDay,
    wanted: int | Prospect,
    windows: Sequence[tuple[datetime, datetime]],
) -> list[SlotFound]:
    """Of the windows those that could be kept on the day for an open order or a prospect.

    No window is kept for what nobody can plan: an order without a point or a trade, or one that
    waits for work of which nobody knows when it ends.
    """
    visit = _visit(live, wanted)
    asked = {_window(live.day, window): window for window in windows}
    if visit is None:
        return []
    return [
        SlotFound(
            *asked[slot.window],
            technician_ids=tuple(int(each) for each in slot.able),
            extra_lateness=slot.tier2,
            extra_cost=slot.tier3,
        )
        for slot in await planner.slots(live, visit, list(asked))
    ]


async def why_not(planner: Planner, live: LiveDay, order_id: int) -> WhyFound:
    """What keeps whom from an open order on the day, what would place it, and who could take it.

    An order that the plan serves is taken out of it first: who could take it then is in `places`,
    with whoever has it now.
    """
    kept_out = next((n for n in live.not_planned if n.work_order_id == order_id), None)
    if kept_out is not None:
        return WhyFound(kept_out.code, told(live.day, kept_out.data), None, (), ())
    if not live.holds(str(order_id)):
        visit = _visit(live, order_id)
        places = [] if visit is None else await planner.places(live, visit)
        return WhyFound(None, {}, None, (), _places(live.day, places))
    unplaced, places = await planner.why_not(live, str(order_id))
    remedy = unplaced.remedy
    return WhyFound(
        code=None if places else unplaced.code,
        data={} if places else told(live.day, unplaced.data),
        remedy=None
        if places or remedy is None
        else {"code": remedy.code, **told(live.day, remedy.data)},
        blocked=tuple(
            BlockedFound(int(each.technician), each.rule, each.by) for each in unplaced.technicians
        ),
        places=_places(live.day, places),
    )


def _visit(live: LiveDay, wanted: int | Prospect) -> Visit | str | None:
    """By its id what the day's problem has; else the visit as it would be on that day."""
    day, places = live.day, live.places
    if isinstance(wanted, Prospect):
        return prospect(
            day,
            wanted.spot,
            places=places,
            trade=wanted.trade,
            level=wanted.level,
            duration_s=wanted.duration_s,
            crew_size=wanted.crew_size,
            refused=wanted.refused,
        )
    if live.holds(str(wanted)):
        return str(wanted)
    each = open_order(day, wanted)
    if each is None or not each.order.trade:
        return None
    visit, free_at = visit_of(day, each, places=places), _free_at(day, each)
    if visit is None or free_at is None:
        return None
    return replace(visit, release=max(visit.release, free_at))


def _free_at(day: PlanningDay, each: OpenOrder) -> int | None:
    """When the order it waits for will have ended, as far as anybody knows; None: nobody does."""
    if not each.waits_for_open:
        return 0
    before = open_order(day, each.order.after_id or 0)
    if before is None:
        return None
    if before.assignment is not None and before.assignment.planned_end is not None:
        return day.second(before.assignment.planned_end)
    if before.appointment is not None:
        latest = before.appointment.ends_at + timedelta(seconds=before.order.duration_s)
        return day.second(latest)
    return None


def _window(day: PlanningDay, window: tuple[datetime, datetime]) -> Window:
    return Window(day.second(window[0]), day.second(window[1]))


def _places(day: PlanningDay, places: Sequence[Place]) -> tuple[PlaceFound, ...]:
    return tuple(
        PlaceFound(
            int(each.technician),
            day.moment(each.start),
            each.tier2,
            each.tier3,
            tuple(int(technician) for technician, *_ in each.others),
        )
        for each in places
    )

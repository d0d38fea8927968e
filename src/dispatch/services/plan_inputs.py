"""Reads what a plan rests on: the day's open orders and the people who serve the site."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, bindparam, or_, select, true
from sqlalchemy.orm import aliased

from dispatch.domain.appointments import STANDING_STATES
from dispatch.domain.technicians import skills_in_force
from dispatch.domain.travel import Spot
from dispatch.domain.work_orders import (
    ENDED_STATES,
    HELD_STATES,
    PLANNABLE_STATES,
    AssignmentEnd,
    WorkOrderState,
)
from dispatch.planning.inputs import OpenOrder, Person, PlanningDay, spot_of
from dispatch.services import duty, overtime
from dispatch.services.action import Tx
from dispatch.services.known_people import asking_known, known_people
from dispatch.services.policies import policy_of
from dispatch.store.among import among
from dispatch.store.plans_in_force import Whereabouts
from dispatch.store.sites import Site
from dispatch.store.technicians import Leave, Technician
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import (
    Appointment,
    Assignment,
    CrewMember,
    Refusal,
    WorkOrder,
)

HELD = (
    select(Assignment.work_order_id)
    .join(CrewMember, CrewMember.assignment_id == Assignment.id)
    .where(among(CrewMember.technician_id, "people"), Assignment.ended_at.is_(None))
)
"""Orders that the `people` hold now, alone or in a crew."""

_WITH_CREWS = (
    select(CrewMember.technician_id)
    .join(Assignment, Assignment.id == CrewMember.assignment_id)
    .where(Assignment.work_order_id.in_(HELD), Assignment.ended_at.is_(None))
    .distinct()
)


_WAS_OPEN = and_(
    WorkOrder.created_at < bindparam("ends_at"),
    or_(WorkOrder.ended_at.is_(None), WorkOrder.ended_at >= bindparam("starts_at")),
    WorkOrder.state != WorkOrderState.AWAITING_APPROVAL,
)


@dataclass(frozen=True, slots=True)
class Part:
    """Of a day only these people, what they hold, and these orders."""

    technician_ids: frozenset[int]
    order_ids: frozenset[int] = frozenset()


async def with_crews(tx: Tx, technician_ids: Iterable[int]) -> frozenset[int]:
    """The people, and whoever shares an order with them, directly or through others."""
    found = frozenset(technician_ids)
    while True:
        together = await tx.session.execute(_WITH_CREWS, {"people": found})
        wider = found | set(together.scalars())
        if wider == found:
            return found
        found = wider


async def load_day(
    tx: Tx,
    site: Site,
    day: date,
    *,
    part: Part | None = None,
    orders: Sequence[OpenOrder] | None = None,
) -> PlanningDay:
    """A site's day, or a part of it, as it stands now; one that is over, as on its morning.

    `orders`: what `open_orders` read, of a day that is not over; without it they are read here.
    """
    zone = ZoneInfo(site.time_zone)
    starts_at = datetime.combine(day, time.min, zone)
    ends_at = datetime.combine(day + timedelta(days=1), time.min, zone)
    is_past = ends_at <= tx.now
    now = starts_at if is_past else max(starts_at, tx.now)
    policy = await policy_of(tx, site.id)
    if orders is None and is_past:
        orders = await _orders_of_past(tx, site, starts_at, ends_at, part)
    elif orders is None:
        orders = await open_orders(tx, site, part=part)
    people = await _people(
        tx,
        site=site,
        day=day,
        since=starts_at if starts_at <= tx.now and not is_past else None,
        orders=orders,
        only=part.technician_ids if part else None,
        seen_within_s=policy.live.seen_within_s,
    )
    return PlanningDay(
        site_id=site.id,
        day=day,
        starts_at=starts_at,
        ends_at=ends_at,
        now=now,
        is_past=is_past,
        policy=policy,
        orders=tuple(orders),
        people=people,
    )


async def open_orders(tx: Tx, site: Site, *, part: Part | None = None) -> Sequence[OpenOrder]:
    """What is open at a site now, or a part of it, whatever day it is for."""
    return await _orders(tx, site, part)


async def _orders_of_past(
    tx: Tx, site: Site, starts_at: datetime, ends_at: datetime, part: Part | None
) -> Sequence[OpenOrder]:
    """What was open on a day that is over."""
    return await _orders(tx, site, part, past=(starts_at, ends_at))


@dataclass(frozen=True, slots=True)
class _Asking:
    """What is asked about open orders."""

    orders: Select[WorkOrder, int | None]
    appointments: Select[Appointment]
    assignments: Select[Assignment]
    helpers: Select[int, int]
    refusals: Select[int, int]
    waiting: Select[int]
    known: Select[int, int, str]


@cache
def _asking(*, is_past: bool, of_part: bool) -> _Asking:
    """Asked for every plan and fitting: put together once for each kind of day."""
    is_open = and_(
        WorkOrder.site_id == bindparam("site"),
        _WAS_OPEN if is_past else WorkOrder.state.in_(PLANNABLE_STATES | HELD_STATES),
        or_(among(WorkOrder.id, "orders"), WorkOrder.id.in_(HELD)) if of_part else true(),
    )
    ids = select(WorkOrder.id).where(is_open)
    earlier = aliased(WorkOrder)
    return _Asking(
        orders=select(WorkOrder, Ticket.party_id)
        .join(Ticket, Ticket.id == WorkOrder.ticket_id)
        .where(is_open)
        .order_by(WorkOrder.id),
        appointments=select(Appointment).where(
            Appointment.work_order_id.in_(ids), Appointment.state.in_(STANDING_STATES)
        ),
        assignments=select(Assignment).where(
            Assignment.work_order_id.in_(ids), Assignment.ended_at.is_(None)
        ),
        helpers=select(Assignment.work_order_id, CrewMember.technician_id)
        .join(CrewMember, CrewMember.assignment_id == Assignment.id)
        .where(
            Assignment.work_order_id.in_(ids),
            Assignment.ended_at.is_(None),
            CrewMember.is_lead.is_(False),
        ),
        # Refusals made since a past day are unknown to it.
        refusals=select(Refusal.work_order_id, Refusal.technician_id).where(
            Refusal.work_order_id.in_(ids),
            Refusal.at < bindparam("starts_at") if is_past else true(),
        ),
        # Orders whose predecessor has not ended.
        waiting=select(WorkOrder.id)
        .join(earlier, WorkOrder.after_id == earlier.id)
        .where(is_open, earlier.state.not_in(ENDED_STATES)),
        known=asking_known(is_open),
    )


async def _orders(
    tx: Tx, site: Site, part: Part | None, *, past: tuple[datetime, datetime] | None = None
) -> Sequence[OpenOrder]:
    """Open orders in order of id; `past` set: on a day that was over then."""
    session = tx.session
    asking = _asking(is_past=past is not None, of_part=part is not None)
    until = tx.now
    asked: dict[str, Any] = {"site": site.id}
    if part is not None:
        asked |= {"orders": part.order_ids, "people": part.technician_ids}
    if past is not None:
        until = past[0]
        asked |= {"starts_at": past[0], "ends_at": past[1]}
    rows = (await session.execute(asking.orders, asked)).all()
    appointments = {
        each.work_order_id: each
        for each in (await session.execute(asking.appointments, asked)).scalars()
    }
    assignments = {
        each.work_order_id: each
        for each in (await session.execute(asking.assignments, asked)).scalars()
    }
    helpers = _grouped(await session.execute(asking.helpers, asked))
    refused = _grouped(await session.execute(asking.refusals, asked))
    waiting = set((await session.execute(asking.waiting, asked)).scalars())
    known_for_s = (await policy_of(tx, site.id)).planning.known_for_s
    asked |= {"since": until - timedelta(seconds=known_for_s), "until": until}
    known = await known_people(tx, asking.known, asked)
    return tuple(
        OpenOrder(
            order=order,
            appointment=appointments.get(order.id),
            assignment=assignments.get(order.id) if past is None else None,
            helpers=tuple(sorted(helpers[order.id])) if past is None else (),
            refused=frozenset(refused[order.id]),
            served_before=known.to(order.building_id, party_id),
            waits_for_open=order.id in waiting,
        )
        for order, party_id in rows
    )


async def _people(
    tx: Tx,
    *,
    site: Site,
    day: date,
    since: datetime | None,
    orders: Sequence[OpenOrder],
    only: frozenset[int] | None,
    seen_within_s: int,
) -> tuple[Person, ...]:
    """Everyone who serves the site; `since` set: the day is running since then."""
    technicians = [
        each for each in await duty.serving(tx, site.id) if only is None or each.id in only
    ]
    ids = [each.id for each in technicians]
    skills = await duty.skills_of(tx, ids)
    shifts = await duty.shifts_of(tx, ids, site=site, day=day)
    away = await _leaves(tx, technicians)
    room = await overtime.room_of(tx, technicians, site_id=site.id, day=day)
    done = await done_since(tx, ids, since) if since is not None else {}
    heading = _heading(orders) if since is not None else {}
    known = await whereabouts_of(tx, ids) if since is not None else {}
    seen = {each: spot_seen(row, now=tx.now, within_s=seen_within_s) for each, row in known.items()}
    return tuple(
        Person(
            technician=each,
            skills=skills_in_force(skills[each.id], on=day),
            shifts=tuple(shifts[each.id]),
            away=tuple(away[each.id]),
            at=seen.get(each.id) or heading.get(each.id) or done.get(each.id, (0, None))[1],
            free_from=known[each.id].busy_until if each.id in known else None,
            worked_s=done.get(each.id, (0, None))[0],
            overtime_s=room.get(each.id),
        )
        for each in technicians
    )


async def _leaves(
    tx: Tx, technicians: Sequence[Technician]
) -> defaultdict[int, list[tuple[datetime, datetime]]]:
    ids = [each.id for each in technicians if each.overtime_limit_s]
    statement = select(Leave).where(Leave.technician_id.in_(ids)).order_by(Leave.starts_at)
    found: defaultdict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    for leave in (await tx.session.execute(statement)).scalars():
        found[leave.technician_id].append((leave.starts_at, leave.ends_at))
    return found


async def done_since(
    tx: Tx, ids: Sequence[int], since: datetime
) -> dict[int, tuple[int, Spot | None]]:
    """Seconds of work done since a moment, and where the last of it was."""
    statement = (
        select(CrewMember, WorkOrder)
        .join(Assignment, Assignment.id == CrewMember.assignment_id)
        .join(WorkOrder, WorkOrder.id == Assignment.work_order_id)
        .where(
            CrewMember.technician_id.in_(ids),
            Assignment.end == AssignmentEnd.DONE,
            Assignment.ended_at >= since,
        )
        .order_by(Assignment.ended_at)
    )
    found: dict[int, tuple[int, Spot | None]] = {}
    for member, order in await tx.session.execute(statement):
        worked, at = found.get(member.technician_id, (0, None))
        spent = member.worked_s if member.worked_s is not None else order.duration_s
        found[member.technician_id] = (worked + spent, spot_of(order) or at)
    return found


async def whereabouts_of(tx: Tx, ids: Sequence[int]) -> dict[int, Whereabouts]:
    """What people's devices and words last said, by technician."""
    statement = select(Whereabouts).where(Whereabouts.technician_id.in_(ids))
    return {each.technician_id: each for each in (await tx.session.execute(statement)).scalars()}


def spot_seen(row: Whereabouts, *, now: datetime, within_s: int) -> Spot | None:
    """Where somebody is, while what their device said is fresh."""
    if row.latitude is None or row.longitude is None or row.seen_at is None:
        return None
    is_fresh = now - row.seen_at <= timedelta(seconds=within_s)
    return Spot(row.latitude, row.longitude) if is_fresh else None


def _heading(orders: Sequence[OpenOrder]) -> dict[int, Spot | None]:
    """Where those on the way or at the door are as good as already."""
    return {
        member: spot_of(each.order)
        for each in orders
        if each.order.state in (WorkOrderState.EN_ROUTE, WorkOrderState.ARRIVED)
        and each.assignment is not None
        for member in (each.assignment.technician_id, *each.helpers)
    }


def _grouped(pairs: Iterable[tuple[int, int]]) -> defaultdict[int, set[int]]:
    grouped: defaultdict[int, set[int]] = defaultdict(set)
    for key, value in pairs:
        grouped[key].add(value)
    return grouped

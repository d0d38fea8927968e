"""Reads what a plan rests on: the day's open orders and the people who serve the site."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, or_, select
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
from dispatch.services import duty
from dispatch.services.action import Tx
from dispatch.services.policies import policy_of
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

# How far back a technician counts as known to a building or a customer.
_KNOWN_SINCE = timedelta(days=180)


async def load_day(tx: Tx, site: Site, day: date) -> PlanningDay:
    """A site's day, as it stands now; a day that is over, as it stood on its morning."""
    zone = ZoneInfo(site.time_zone)
    starts_at = datetime.combine(day, time.min, zone)
    ends_at = datetime.combine(day + timedelta(days=1), time.min, zone)
    is_past = ends_at <= tx.now
    now = starts_at if is_past else max(starts_at, tx.now)
    if is_past:
        is_open = and_(
            WorkOrder.created_at < ends_at,
            or_(WorkOrder.ended_at.is_(None), WorkOrder.ended_at >= starts_at),
            WorkOrder.state != WorkOrderState.AWAITING_APPROVAL,
        )
    else:
        is_open = WorkOrder.state.in_(PLANNABLE_STATES | HELD_STATES)
    is_open = and_(WorkOrder.site_id == site.id, is_open)
    orders = await _orders(tx, is_open, before=starts_at if is_past else None, until=now)
    people = await _people(
        tx,
        site=site,
        day=day,
        since=starts_at if starts_at <= tx.now and not is_past else None,
        orders=orders,
    )
    return PlanningDay(
        site_id=site.id,
        day=day,
        starts_at=starts_at,
        ends_at=ends_at,
        now=now,
        is_past=is_past,
        policy=await policy_of(tx, site.id),
        orders=orders,
        people=people,
    )


async def _orders(
    tx: Tx, is_open: ColumnElement[bool], *, before: datetime | None, until: datetime
) -> tuple[OpenOrder, ...]:
    """Open orders in order of id; `before` set: a past day, refusals made since are unknown."""
    session = tx.session
    ids = select(WorkOrder.id).where(is_open)
    statement = select(WorkOrder).where(is_open).order_by(WorkOrder.id)
    orders = list((await session.execute(statement)).scalars())
    appointments = {
        each.work_order_id: each
        for each in (
            await session.execute(
                select(Appointment).where(
                    Appointment.work_order_id.in_(ids), Appointment.state.in_(STANDING_STATES)
                )
            )
        ).scalars()
    }
    assignments = {
        each.work_order_id: each
        for each in (
            await session.execute(
                select(Assignment).where(
                    Assignment.work_order_id.in_(ids), Assignment.ended_at.is_(None)
                )
            )
        ).scalars()
    }
    helpers = await _helpers(tx, ids)
    refusals = select(Refusal.work_order_id, Refusal.technician_id).where(
        Refusal.work_order_id.in_(ids)
    )
    if before is not None:
        refusals = refusals.where(Refusal.at < before)
    refused = _grouped(await session.execute(refusals))
    waiting = await _waiting(tx, is_open)
    known = await _served_before(tx, is_open, until=until)
    return tuple(
        OpenOrder(
            order=order,
            appointment=appointments.get(order.id),
            assignment=assignments.get(order.id) if before is None else None,
            helpers=tuple(sorted(helpers[order.id])) if before is None else (),
            refused=frozenset(refused[order.id]),
            served_before=frozenset(known[order.id]),
            waits_for_open=order.id in waiting,
        )
        for order in orders
    )


async def _helpers(tx: Tx, ids: Select[int]) -> defaultdict[int, set[int]]:
    statement = (
        select(Assignment.work_order_id, CrewMember.technician_id)
        .join(CrewMember, CrewMember.assignment_id == Assignment.id)
        .where(
            Assignment.work_order_id.in_(ids),
            Assignment.ended_at.is_(None),
            CrewMember.is_lead.is_(False),
        )
    )
    return _grouped(await tx.session.execute(statement))


async def _waiting(tx: Tx, is_open: ColumnElement[bool]) -> set[int]:
    """Orders whose predecessor has not ended."""
    earlier = aliased(WorkOrder)
    statement = (
        select(WorkOrder.id)
        .join(earlier, WorkOrder.after_id == earlier.id)
        .where(is_open, earlier.state.not_in(ENDED_STATES))
    )
    return set((await tx.session.execute(statement)).scalars())


async def _served_before(
    tx: Tx, is_open: ColumnElement[bool], *, until: datetime
) -> defaultdict[int, set[int]]:
    """Who did work for the same customer, or in the same building, in the last half year."""
    earlier, report = aliased(WorkOrder), aliased(Ticket)
    statement = (
        select(WorkOrder.id, Assignment.technician_id)
        .join(Ticket, Ticket.id == WorkOrder.ticket_id)
        .join(earlier, earlier.site_id == WorkOrder.site_id)
        .join(report, report.id == earlier.ticket_id)
        .join(Assignment, Assignment.work_order_id == earlier.id)
        .where(
            is_open,
            or_(Ticket.party_id == report.party_id, WorkOrder.building_id == earlier.building_id),
            Assignment.end == AssignmentEnd.DONE,
            Assignment.ended_at < until,
            Assignment.ended_at >= until - _KNOWN_SINCE,
        )
        .distinct()
    )
    return _grouped(await tx.session.execute(statement))


async def _people(
    tx: Tx,
    *,
    site: Site,
    day: date,
    since: datetime | None,
    orders: Sequence[OpenOrder],
) -> tuple[Person, ...]:
    """Everyone who serves the site; `since` set: the day is running since then."""
    technicians = await duty.serving(tx, site.id)
    ids = [each.id for each in technicians]
    skills = await duty.skills_of(tx, ids)
    shifts = await duty.shifts_of(tx, ids, site=site, day=day)
    away = await _leaves(tx, technicians)
    done = await _done_since(tx, ids, since) if since is not None else {}
    heading = _heading(orders) if since is not None else {}
    return tuple(
        Person(
            technician=each,
            skills=skills_in_force(skills[each.id], on=day),
            shifts=tuple(shifts[each.id]),
            away=tuple(away[each.id]),
            at=heading.get(each.id) or done.get(each.id, (0, None))[1],
            worked_s=done.get(each.id, (0, None))[0],
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


async def _done_since(
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

"""What the deadlines of orders depend on, read for many orders at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, bindparam, select

from dispatch.domain.appointments import AppointmentState
from dispatch.domain.deadlines import OrderFacts
from dispatch.services.action import Tx
from dispatch.store.among import among
from dispatch.store.sites import Site
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import Appointment, Assignment, WorkOrder

# Asked with every step of every order: put together once. A slot that is only held is no promise.
_FACTS = (
    select(
        WorkOrder.id,
        Ticket.kind,
        Site.time_zone,
        Assignment.created_at.label("held_since"),
        Assignment.planned_start,
        Appointment.starts_at,
        Appointment.ends_at,
    )
    .join(Ticket, Ticket.id == WorkOrder.ticket_id)
    .join(Site, Site.id == WorkOrder.site_id)
    .outerjoin(
        Assignment, and_(Assignment.work_order_id == WorkOrder.id, Assignment.ended_at.is_(None))
    )
    .outerjoin(
        Appointment,
        and_(
            Appointment.work_order_id == WorkOrder.id,
            Appointment.state == AppointmentState.CONFIRMED,
        ),
    )
)
# Nearly always it is one. PostgreSQL, which cannot know how long a list will be, would plan anew
# for every list.
_OF_ONE = _FACTS.where(WorkOrder.id == bindparam("order"))
_OF_MANY = _FACTS.where(among(WorkOrder.id, "ids"))


async def facts_of(
    tx: Tx, orders: Sequence[WorkOrder], stepped_at: Mapping[int, datetime]
) -> dict[int, OrderFacts]:
    """The facts of each order, by its id; `stepped_at` is when each took its last step."""
    if not orders:
        return {}
    ids = [order.id for order in orders]
    rows = (
        await tx.session.execute(_OF_ONE, {"order": ids[0]})
        if len(ids) == 1
        else await tx.session.execute(_OF_MANY, {"ids": ids})
    )
    read = {row.id: row for row in rows}
    return {order.id: _facts(order, read[order.id], stepped_at[order.id]) for order in orders}


def _facts(order: WorkOrder, read: Any, stepped_at: datetime) -> OrderFacts:
    window = (
        (read.starts_at, read.ends_at)
        if read.starts_at is not None
        else (order.wished_from, order.wished_to or order.due_at)
    )
    expected = read.planned_start or window[0]
    dispatched = read.held_since or stepped_at
    visit = max(dispatched, expected or dispatched)
    zone = ZoneInfo(read.time_zone)
    return OrderFacts(
        kind=read.kind,
        state=order.state,
        priority=order.priority,
        stepped_at=stepped_at,
        held_since=read.held_since,
        expected_at=expected,
        window_ends=window[1],
        resume_on=order.resume_on,
        is_same_day=visit.astimezone(zone).date() == dispatched.astimezone(zone).date(),
    )

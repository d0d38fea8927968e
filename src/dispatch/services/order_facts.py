"""What the deadlines of orders depend on, read for many orders at once."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from dispatch.domain.appointments import AppointmentState
from dispatch.domain.deadlines import OrderFacts
from dispatch.services.action import Tx
from dispatch.store.sites import Site
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import Appointment, Assignment, WorkOrder


async def facts_of(
    tx: Tx, orders: Sequence[WorkOrder], stepped_at: Mapping[int, datetime]
) -> dict[int, OrderFacts]:
    """The facts of each order, by its id; `stepped_at` is when each took its last step."""
    if not orders:
        return {}
    ids = [order.id for order in orders]
    held = await _by_order(tx, Assignment, ids, Assignment.ended_at.is_(None))
    # A slot that is only held is no promise yet.
    promised = await _by_order(
        tx, Appointment, ids, Appointment.state == AppointmentState.CONFIRMED
    )
    tickets = await _by_id(tx, Ticket, {order.ticket_id for order in orders})
    sites = await _by_id(tx, Site, {order.site_id for order in orders})
    return {
        order.id: _facts(
            order,
            ticket=tickets[order.ticket_id],
            zone=ZoneInfo(sites[order.site_id].time_zone),
            held=held.get(order.id),
            promised=promised.get(order.id),
            stepped_at=stepped_at[order.id],
        )
        for order in orders
    }


def _facts(
    order: WorkOrder,
    *,
    ticket: Ticket,
    zone: ZoneInfo,
    held: Assignment | None,
    promised: Appointment | None,
    stepped_at: datetime,
) -> OrderFacts:
    window = (
        (promised.starts_at, promised.ends_at)
        if promised is not None
        else (order.wished_from, order.wished_to or order.due_at)
    )
    planned = held.planned_start if held is not None else None
    expected = planned or window[0]
    dispatched = held.created_at if held is not None else stepped_at
    visit = max(dispatched, expected or dispatched)
    return OrderFacts(
        kind=ticket.kind,
        state=order.state,
        priority=order.priority,
        stepped_at=stepped_at,
        held_since=held.created_at if held is not None else None,
        expected_at=expected,
        window_ends=window[1],
        resume_on=order.resume_on,
        is_same_day=visit.astimezone(zone).date() == dispatched.astimezone(zone).date(),
    )


async def _by_order(tx: Tx, row: type[Any], ids: Sequence[int], condition: Any) -> dict[int, Any]:
    statement = select(row).where(row.work_order_id.in_(ids), condition)
    return {each.work_order_id: each for each in (await tx.session.execute(statement)).scalars()}


async def _by_id(tx: Tx, row: type[Any], ids: Iterable[int]) -> dict[int, Any]:
    """Asks only for what the transaction has not read yet."""
    session = tx.session.sync_session
    found = {each: session.identity_map.get(session.identity_key(row, each)) for each in ids}
    if missing := [each for each, known in found.items() if known is None]:
        rows = await tx.session.execute(select(row).where(row.id.in_(missing)))
        found |= {each.id: each for each in rows.scalars()}
    return found

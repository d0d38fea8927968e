"""Goods and services that customers order (特约服务): who delivers them, and when (CMP-5)."""

from datetime import datetime

from sqlalchemy import select

from dispatch.domain.cases import ServiceOrderState
from dispatch.domain.clocks import ClockKind
from dispatch.domain.errors import Code, refuse
from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.rights import Action, Role
from dispatch.domain.sizes import demand_text
from dispatch.domain.tickets import Channel, TicketKind
from dispatch.services import clocks, visible
from dispatch.services.action import Tx
from dispatch.services.policies import policy_of
from dispatch.services.telling import tell
from dispatch.store.cases import ServiceOrder
from dispatch.store.clocks import Clock
from dispatch.store.tickets import Ticket

_ONLINE = (Channel.WEB, Channel.APP, Channel.WECHAT)


async def open_for(tx: Tx, ticket: Ticket) -> None:
    """An order that came in waits for its provider's word; one placed online against the clock."""
    if ticket.kind is not TicketKind.SERVICE:
        return
    order = ServiceOrder(
        site_id=ticket.site_id,
        ticket_id=ticket.id,
        state=ServiceOrderState.PLACED,
        is_online=ticket.channel in _ONLINE,
        created_at=tx.now,
    )
    await tx.save(order, "service_order.placed")
    if order.is_online and ticket.source is None:
        policy = await policy_of(tx, ticket.site_id)
        await clocks.start(
            tx,
            ClockKind.SERVICE_CONFIRM,
            order,
            site_id=ticket.site_id,
            after_s=policy.cases.confirm_s,
        )


async def confirm(
    tx: Tx,
    *,
    ticket_id: int,
    provider: str,
    confirmed_with: str,
    starts_at: datetime,
    ends_at: datetime,
    note: str | None = None,
) -> ServiceOrder:
    """The provider has agreed to deliver within a window; the customer is told who and when. May
    be said again when the provider or the window changes."""
    ticket, order = await _find(tx, ticket_id)
    demand_text("provider", provider)
    demand_text("confirmed_with", confirmed_with)
    if starts_at >= ends_at:
        raise refuse(Code.OUT_OF_RANGE, field="ends_at", least=starts_at.isoformat(), most="")
    if ends_at <= tx.now:
        raise refuse(Code.OUT_OF_RANGE, field="ends_at", least=tx.now.isoformat(), most="")
    order.state = ServiceOrderState.CONFIRMED
    order.provider = provider
    order.confirmed_with = confirmed_with
    order.starts_at, order.ends_at = starts_at, ends_at
    order.note = note
    await _answered(tx, order, "service_order.confirmed")
    await tell(
        tx,
        MessageKind.SERVICE_CONFIRMED,
        Audience(reporter=True),
        site_id=ticket.site_id,
        ticket_id=ticket.id,
        number=ticket.number,
        provider=provider,
        starts_at=starts_at,
        ends_at=ends_at,
        note=note or "",
    )
    return order


async def decline(tx: Tx, *, ticket_id: int, reason: str) -> ServiceOrder:
    """No provider can deliver; the customer is told why."""
    ticket, order = await _find(tx, ticket_id)
    demand_text("reason", reason)
    order.state = ServiceOrderState.DECLINED
    order.note = reason
    await _answered(tx, order, "service_order.declined")
    await tell(
        tx,
        MessageKind.SERVICE_DECLINED,
        Audience(reporter=True),
        site_id=ticket.site_id,
        ticket_id=ticket.id,
        number=ticket.number,
        reason=reason,
    )
    return order


async def unconfirmed(tx: Tx, clock: Clock) -> None:
    """No provider's word in time: the desk and the supervisor are chased."""
    order = await tx.session.get_one(ServiceOrder, clock.subject_id)
    if order.state is not ServiceOrderState.PLACED:
        return
    ticket = await tx.session.get_one(Ticket, order.ticket_id)
    await tell(
        tx,
        MessageKind.SERVICE_UNCONFIRMED,
        Audience(roles=(Role.DESK, Role.SUPERVISOR), owner=True),
        site_id=order.site_id,
        ticket_id=ticket.id,
        number=ticket.number,
        description=ticket.description,
    )


async def _answered(tx: Tx, order: ServiceOrder, kind: str) -> None:
    order.answered_at = order.told_at = tx.now
    order.answered_by_name = tx.actor.name
    await tx.save(order, kind)
    await clocks.stop(tx, order, ClockKind.SERVICE_CONFIRM)


async def _find(tx: Tx, ticket_id: int) -> tuple[Ticket, ServiceOrder]:
    ticket = await visible.find_ticket(tx, ticket_id, Action.HANDLE_CASE)
    statement = select(ServiceOrder).where(ServiceOrder.ticket_id == ticket.id).with_for_update()
    order = (await tx.session.execute(statement)).scalar_one_or_none()
    if order is None:
        raise refuse(Code.NOT_FOUND, field="ticket_id", id=ticket_id)
    return ticket, order

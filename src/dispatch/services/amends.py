"""What follows from a customer's answer: the ticket closes, is mended again, or complained of."""

from sqlalchemy import bindparam, select

from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.rights import Role
from dispatch.domain.tickets import STEPS, TicketStep
from dispatch.domain.work_orders import DONE_STATES, WorkOrderState, WorkOrderStep
from dispatch.domain.work_orders import STEPS as ORDER_STEPS
from dispatch.services import rework
from dispatch.services.action import Tx
from dispatch.services.answers import answer_merged
from dispatch.services.linked_tickets import open_complaint
from dispatch.services.telling import tell
from dispatch.services.work_orders import create_for
from dispatch.store.callbacks import Callback
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import WorkOrder

_ORDERS = (
    select(WorkOrder)
    .where(WorkOrder.ticket_id == bindparam("ticket"))
    .order_by(WorkOrder.id)
    .with_for_update()
)
_DONE = _ORDERS.where(WorkOrder.state.in_(DONE_STATES))
_NOT_CLOSED = _ORDERS.where(WorkOrder.state == WorkOrderState.COMPLETED)


async def close(tx: Tx, callback: Callback) -> None:
    """The ticket and its orders are accepted by the customer, or nobody could be asked."""
    ticket = await _ticket(tx, callback)
    ticket.state = STEPS.after(state=ticket.state, step=TicketStep.CLOSE)
    ticket.closed_at = tx.now
    await tx.save(ticket, "ticket.closed", callback_id=callback.id)
    await answer_merged(tx, ticket)
    orders = (await tx.session.execute(_NOT_CLOSED, {"ticket": ticket.id})).scalars().all()
    for order in orders:
        order.state = ORDER_STEPS.after(state=order.state, step=WorkOrderStep.CLOSE)
    await tx.save_all((order, "work_order.closed", {}) for order in orders)


async def reopen(tx: Tx, callback: Callback) -> None:
    """A rework is made for the supervisor to send, linked to the order that failed (CBK-4)."""
    ticket = await _ticket(tx, callback)
    reason = callback.dissatisfaction_reason
    ticket.state = STEPS.after(state=ticket.state, step=TicketStep.REOPEN)
    ticket.resolved_at = None
    await tx.save(ticket, "ticket.reopened", callback_id=callback.id, reason=reason)
    failed = (await tx.session.execute(_DONE, {"ticket": ticket.id})).scalars().all()
    if ticket.trade is not None:
        order = await create_for(tx, ticket, instructions=reason, is_rework=True)
        order.rework_of_id = failed[-1].id if failed else None
        await tx.save(order, "work_order.is_rework", rework_of_id=order.rework_of_id)
        tx.note(order, "supervisor.told", reason=reason)
        callback.rework_id = order.id
        await tx.save(callback, "callback.led_to_rework", work_order_id=order.id)
        await rework.watch(tx, ticket)
    await _tell_supervisor(tx, ticket, reason=reason or "")


async def complain(tx: Tx, callback: Callback, *, reason: str) -> Ticket:
    """A complaint of its own, linked to the ticket it is about (CBK-4)."""
    about = await _ticket(tx, callback)
    complaint = await open_complaint(tx, about, reason=reason)
    callback.complaint_id = complaint.id
    await tx.save(callback, "callback.led_to_complaint", ticket_id=about.id)
    await _tell_supervisor(tx, about, reason=reason)
    return complaint


async def _tell_supervisor(tx: Tx, ticket: Ticket, *, reason: str) -> None:
    await tell(
        tx,
        MessageKind.CUSTOMER_UNSATISFIED,
        Audience(roles=(Role.SUPERVISOR,)),
        site_id=ticket.site_id,
        ticket_id=ticket.id,
        number=ticket.number,
        reason=reason,
    )


async def _ticket(tx: Tx, callback: Callback) -> Ticket:
    return await tx.session.get_one(
        Ticket, callback.ticket_id, with_for_update=True, populate_existing=True
    )

"""The visit that a triaged ticket asks for: an order for the site's own people, or its vendor's."""

from collections.abc import Sequence

from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.tickets import Resolution, TicketState
from dispatch.domain.work_orders import (
    ENDED_STATES,
    AssignmentStep,
    WorkOrderState,
    WorkOrderStep,
)
from dispatch.services import checks, duty, work_orders
from dispatch.services.action import Tx
from dispatch.services.telling import tell
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import WorkOrder

_VISITS = (Resolution.SITE_VISIT, Resolution.VENDOR_VISIT)
_UNHELD = (WorkOrderState.QUEUED, WorkOrderState.OFFERED)


async def order_visit(tx: Tx, ticket: Ticket, *, known: Sequence[WorkOrder] | None = None) -> None:
    """Makes the order of a triaged ticket that needs a visit and has none, and sends what its
    vendor does to them; waits while somebody has yet to agree (INT-10).

    `known`: the orders that it has, where the caller has read and locked them.
    """
    if ticket.state is not TicketState.TRIAGED or ticket.resolution not in _VISITS:
        return
    if ticket.is_construction_fault or await checks.waiting_for(tx, ticket) is not None:
        return
    known = await work_orders.orders_of(tx, ticket) if known is None else known
    orders = [each for each in known if each.state is not WorkOrderState.CANCELLED]
    if not orders:
        orders = [await work_orders.create_for(tx, ticket)]
    if ticket.resolution is Resolution.VENDOR_VISIT and ticket.vendor_id is not None:
        vendor = await duty.find_serving(
            tx, ticket.vendor_id, site_id=ticket.site_id, field="vendor_id"
        )
        for order in orders:
            if order.state in _UNHELD:
                await work_orders.hold(
                    tx,
                    order,
                    step=WorkOrderStep.ASSIGN,
                    by=AssignmentStep.VENDOR,
                    lead=vendor,
                    why={"resolution": Resolution.VENDOR_VISIT.value},
                )
                await tell(
                    tx,
                    MessageKind.ORDER_ASSIGNED,
                    Audience(technician_ids=(vendor.id,)),
                    site_id=order.site_id,
                    ticket_id=ticket.id,
                    work_order_id=order.id,
                    number=order.number,
                    trade=order.trade,
                    until=order.due_at,
                )


async def call_off_waiting(tx: Tx, ticket: Ticket, *, reason: str) -> None:
    """Calls off the orders that nobody holds yet: something else takes their place."""
    for order in await work_orders.orders_of(tx, ticket):
        waiting = order.state in (*_UNHELD, WorkOrderState.AWAITING_APPROVAL)
        if waiting and order.state not in ENDED_STATES:
            await work_orders.cancel_order(tx, order, reason=reason)

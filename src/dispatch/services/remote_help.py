"""Ways to solve a ticket without anybody coming: a guide, or help from afar (TRI-4)."""

from dispatch.domain.errors import Code, refuse
from dispatch.domain.rights import Action
from dispatch.domain.sizes import REASON_MOST, check_text
from dispatch.domain.tickets import STEPS, Resolution, TicketStep
from dispatch.domain.work_orders import DONE_STATES, ENDED_STATES, STARTED_STATES
from dispatch.services import visible, work_orders
from dispatch.services.action import Tx, expect_version
from dispatch.services.resolution import owe_callback
from dispatch.store.tickets import Ticket


async def resolve_without_visit(
    tx: Tx, *, ticket_id: int, version: int | None = None, resolution: Resolution, note: str
) -> Ticket:
    """Solved by a guide or on the phone: no dispatch, but still a callback (TRI-4)."""
    ticket = await visible.find_ticket(tx, ticket_id, Action.TRIAGE)
    expect_version(ticket, version)
    check_text("note", note, most=REASON_MOST)
    remote = (Resolution.SELF_HELP, Resolution.REMOTE_HELP)
    if resolution not in remote:
        raise refuse(
            Code.BAD_INPUT,
            field="resolution",
            given=resolution,
            allowed=tuple(each.value for each in remote),
        )
    orders = await work_orders.orders_of(tx, ticket)
    if any(order.state in STARTED_STATES | DONE_STATES for order in orders):
        raise refuse(Code.WORK_HAS_STARTED)
    state = STEPS.after(state=ticket.state, step=TicketStep.RESOLVE)
    for order in orders:
        if order.state not in ENDED_STATES:
            await work_orders.cancel_order(tx, order, reason=note)
    ticket.resolution = resolution
    ticket.state = state
    ticket.resolved_at = tx.now
    await tx.save(ticket, "ticket.resolved", note=note)
    await owe_callback(tx, ticket)
    return ticket

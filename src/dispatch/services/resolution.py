"""When a ticket counts as resolved, and what is owed then: a callback (CBK-1)."""

from sqlalchemy import bindparam, select

from dispatch.domain.tickets import STEPS, TicketState, TicketStep
from dispatch.domain.work_orders import DONE_STATES, ENDED_STATES
from dispatch.services.action import Tx
from dispatch.services.answers import answer_merged
from dispatch.services.owed_callbacks import owe_callback
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import WorkOrder

_LOCKED = (
    select(Ticket)
    .where(Ticket.id == bindparam("ticket"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_STATES = select(WorkOrder.state).where(WorkOrder.ticket_id == bindparam("ticket"))


async def resolve_when_all_done(tx: Tx, ticket_id: int) -> None:
    """Resolves the ticket when all its orders have ended and work was done in one of them."""
    asked = {"ticket": ticket_id}
    ticket = (await tx.session.execute(_LOCKED, asked)).scalar_one()
    states = set((await tx.session.execute(_STATES, asked)).scalars())
    is_done = states <= ENDED_STATES and bool(states & DONE_STATES)
    if is_done and ticket.state in (TicketState.IN_PROGRESS, TicketState.TRIAGED):
        ticket.state = STEPS.after(state=ticket.state, step=TicketStep.RESOLVE)
        ticket.resolved_at = tx.now
        await tx.save(ticket, "ticket.resolved")
        await owe_callback(tx, ticket)
        await answer_merged(tx, ticket)

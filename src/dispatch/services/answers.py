"""What becomes of a main ticket is told to the reporters of those merged into it (INT-6)."""

from sqlalchemy import bindparam, select

from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.tickets import TicketState
from dispatch.services.action import Tx
from dispatch.services.readers import foresee_reporters
from dispatch.services.telling import tell
from dispatch.store.tickets import Ticket

_MERGED = (
    select(Ticket)
    .where(Ticket.merged_into_id == bindparam("main"))
    .order_by(Ticket.id)
    .with_for_update()
)


async def answer_merged(tx: Tx, main: Ticket) -> None:
    """Tells every reporter whose ticket was merged into `main` that it is solved or closed now."""
    merged = (await tx.session.execute(_MERGED, {"main": main.id})).scalars().all()
    if not merged:
        return
    for ticket in merged:
        if main.state is TicketState.CLOSED:
            ticket.closed_at = tx.now
    told = {"main": main.number, "main_state": main.state}
    await tx.save_all((ticket, "ticket.answered", told) for ticket in merged)
    await foresee_reporters(tx, [ticket.id for ticket in merged])
    for ticket in merged:
        await tell(
            tx,
            MessageKind.MERGED_ANSWERED,
            Audience(reporter=True),
            site_id=ticket.site_id,
            ticket_id=ticket.id,
            number=ticket.number,
            main=main.number,
            state=main.state,
        )

"""Several reports of one wish become one (合并): the main ticket is worked on for all (INT-6)."""

from sqlalchemy import select

from dispatch.domain.errors import Code, refuse
from dispatch.domain.rights import Action
from dispatch.domain.sizes import REASON_MOST, check_text
from dispatch.domain.tickets import ENDED_STATES, STEPS, TicketStep
from dispatch.domain.work_orders import DONE_STATES, STARTED_STATES
from dispatch.domain.work_orders import ENDED_STATES as ORDER_ENDED_STATES
from dispatch.services import appointments, checks, visible, work_orders
from dispatch.services.action import Tx, expect_version
from dispatch.store.tickets import Ticket


async def merge(
    tx: Tx, *, ticket_id: int, version: int | None = None, into_id: int, note: str | None = None
) -> Ticket:
    """Ends a ticket as a part of another one, which is answered for both.

    The merged ticket keeps its reporter and all they said; its orders that nobody has begun are
    called off. What was merged into it before goes along.
    """
    # Always in the order of ids: two merges at once cannot wait for each other.
    both = {}
    for field, row_id in sorted({"ticket_id": ticket_id, "into_id": into_id}.items(), key=_by_id):
        both[field] = await visible.find(
            tx, Ticket, row_id, visible.tickets(tx.actor), field=field, lock=True
        )
    ticket, main = both["ticket_id"], both["into_id"]
    visible.demand(tx, Action.TRIAGE, site_id=ticket.site_id)
    expect_version(ticket, version)
    check_text("note", note, most=REASON_MOST)
    _check_pair(ticket, main)
    state = STEPS.after(state=ticket.state, step=TicketStep.MERGE)
    orders = await work_orders.orders_of(tx, ticket)
    if any(order.state in STARTED_STATES | DONE_STATES for order in orders):
        raise refuse(Code.WORK_HAS_STARTED)
    for order in orders:
        if order.state not in ORDER_ENDED_STATES:
            await work_orders.cancel_order(tx, order, reason=main.number)
    await appointments.release_of_ticket(tx, ticket, reason=main.number)
    await checks.waive(tx, ticket)
    parts = await merged_into(tx, ticket)
    for part in parts:
        part.merged_into_id = main.id
    await tx.save_all((part, "ticket.merged", {"into": main.number}) for part in parts)
    ticket.state = state
    ticket.merged_into_id = main.id
    await tx.save(ticket, "ticket.merged", into=main.number, note=note)
    tx.note(main, "ticket.took_in", merged_id=ticket.id, merged=ticket.number, note=note)
    return ticket


async def merged_into(tx: Tx, ticket: Ticket) -> list[Ticket]:
    """The tickets that were merged into one, oldest first, locked until the transaction ends."""
    statement = (
        select(Ticket)
        .where(Ticket.merged_into_id == ticket.id)
        .order_by(Ticket.id)
        .with_for_update()
    )
    return list((await tx.session.execute(statement)).scalars())


def _by_id(item: tuple[str, int]) -> int:
    return item[1]


def _check_pair(ticket: Ticket, main: Ticket) -> None:
    fault = None
    if ticket.id == main.id:
        fault = "one and the same"
    elif ticket.site_id != main.site_id:
        raise refuse(Code.NOT_FOUND, field="into_id", id=main.id)
    elif main.state in ENDED_STATES:
        fault = main.state.value
    if fault is not None:
        raise refuse(Code.CANNOT_MERGE, field="into_id", detail=fault)

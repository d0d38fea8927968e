"""One ticket, several trades (TRI-6): orders with an order between them."""

from collections.abc import Sequence
from dataclasses import dataclass

from dispatch.domain.errors import Code, refuse
from dispatch.domain.rights import Action
from dispatch.domain.sizes import check_count
from dispatch.domain.tickets import STEPS as TICKET_STEPS
from dispatch.domain.tickets import Area, TicketState
from dispatch.domain.work_orders import ENDED_STATES
from dispatch.services import checks, visible, work_orders
from dispatch.services.action import Tx, expect_version
from dispatch.services.categories import find_leaf, work_of
from dispatch.services.visits import call_off_waiting
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import WorkOrder

_WORKS_MOST = 20


@dataclass(frozen=True, slots=True)
class WorkInput:
    """One trade's part: what is not named comes from the category, else from the triage.

    `after` is the place in the list, counted from 0, of the part that must be done before.
    """

    category_id: int | None = None
    trade: str | None = None
    level: int | None = None
    duration_s: int | None = None
    crew_size: int | None = None
    area: Area | None = None
    instructions: str | None = None
    after: int | None = None


async def split(
    tx: Tx, *, ticket_id: int, version: int | None = None, works: Sequence[WorkInput]
) -> Ticket:
    """Makes one order for each part of a triaged ticket, in one go; orders that nobody holds yet
    are replaced. The ticket is resolved when all are done."""
    ticket = await visible.find_ticket(tx, ticket_id, Action.CREATE_WORK_ORDER)
    expect_version(ticket, version)
    if ticket.state not in (TicketState.TRIAGED, TicketState.IN_PROGRESS):
        raise refuse(
            Code.WRONG_STEP,
            field="ticket_id",
            allowed=TICKET_STEPS.allowed(ticket.state),
            noun="ticket",
            step="CREATE_WORK_ORDER",
            state=ticket.state.value,
        )
    if not works:
        raise refuse(Code.REQUIRED, field="works")
    check_count("works", works, most=_WORKS_MOST)
    await checks.demand_done(tx, ticket)
    await call_off_waiting(tx, ticket, reason="split into several orders")
    made: list[WorkOrder] = []
    for index, part in enumerate(works):
        made.append(await _order(tx, ticket, part, before=_before(part, index, made)))
    tx.note(ticket, "ticket.split", orders=[order.number for order in made])
    return ticket


async def demand_earlier_done(tx: Tx, order: WorkOrder) -> None:
    """Refuses to start an order whose earlier one is neither done nor called off."""
    if order.after_id is None:
        return
    earlier = await tx.session.get_one(WorkOrder, order.after_id)
    if earlier.state not in ENDED_STATES:
        raise refuse(Code.EARLIER_ORDER_OPEN, field="work_order_id", number=earlier.number)


def _before(part: WorkInput, index: int, made: Sequence[WorkOrder]) -> WorkOrder | None:
    """Only an earlier part can come before: so nothing ever waits for itself."""
    if part.after is None:
        return None
    if not 0 <= part.after < index:
        raise refuse(
            Code.OUT_OF_RANGE, field=("works", str(index), "after"), least=0, most=index - 1
        )
    return made[part.after]


async def _order(tx: Tx, ticket: Ticket, part: WorkInput, *, before: WorkOrder | None) -> WorkOrder:
    work = None
    if part.category_id is not None:
        work = work_of(await find_leaf(tx, part.category_id, site_id=ticket.site_id))
    if part.trade is not None:
        await work_orders.check_trade(tx, part.trade)
    return await work_orders.create_for(
        tx,
        ticket,
        trade=part.trade or (work.trade if work else None),
        level=part.level or (work.level if work else None),
        duration_s=part.duration_s or (work.duration_s if work else None),
        crew_size=part.crew_size or (work.crew_size if work else None),
        area=part.area,
        instructions=part.instructions,
        after_id=before.id if before is not None else None,
    )

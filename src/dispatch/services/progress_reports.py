"""Words from the site (进展反馈): the steward's to the desk, the technician's on a long job."""

from dispatch.domain.errors import Code, refuse
from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.rights import Action, Role
from dispatch.domain.sizes import LONG_TEXT_MOST, check_text, demand_text
from dispatch.domain.tickets import STEPS, TicketState
from dispatch.domain.work_orders import HELD_STATES
from dispatch.domain.work_orders import STEPS as ORDER_STEPS
from dispatch.services import visible
from dispatch.services.action import Tx, expect_version
from dispatch.services.deadlines import PROGRESSED, STEWARD_REPORTED
from dispatch.services.telling import tell
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import WorkOrder

_OPEN = (TicketState.NEW, TicketState.TRIAGED, TicketState.IN_PROGRESS)


async def steward(tx: Tx, *, ticket_id: int, version: int | None = None, note: str) -> Ticket:
    """The steward tells the desk how an open ticket stands; the next word is due after the
    policy's time (SLA-1)."""
    ticket = await visible.find_ticket(tx, ticket_id, Action.REPORT_FOR_OTHERS)
    expect_version(ticket, version)
    _check(note)
    if ticket.state not in _OPEN:
        raise refuse(
            Code.WRONG_STEP,
            allowed=STEPS.allowed(ticket.state),
            noun="ticket",
            step="STEWARD_REPORT",
            state=ticket.state.value,
        )
    await tx.save(ticket, STEWARD_REPORTED, note=note)
    await tell(
        tx,
        MessageKind.STEWARD_REPORTED,
        Audience(roles=(Role.DESK,), owner=True),
        site_id=ticket.site_id,
        ticket_id=ticket.id,
        number=ticket.number,
        note=note,
    )
    return ticket


async def technician(
    tx: Tx, *, work_order_id: int, version: int | None = None, note: str
) -> WorkOrder:
    """Whoever works on an order says how it goes: it counts as progress (SLA-1)."""
    order = await visible.find_work_order(tx, work_order_id, Action.WORK)
    expect_version(order, version)
    _check(note)
    if order.state not in HELD_STATES:
        raise refuse(
            Code.WRONG_STEP,
            field="work_order_id",
            allowed=ORDER_STEPS.allowed(order.state),
            noun="work_order",
            step="REPORT_PROGRESS",
            state=order.state.value,
        )
    await tx.save(order, PROGRESSED, note=note)
    return order


def _check(note: str) -> None:
    demand_text("note", note)
    check_text("note", note, most=LONG_TEXT_MOST)

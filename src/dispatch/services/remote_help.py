"""Ways to solve a ticket without anybody coming: a guide, or help from afar (TRI-4)."""

from dispatch.domain.errors import Code, refuse
from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.rights import Action
from dispatch.domain.sizes import REASON_MOST, check_text
from dispatch.domain.tickets import STEPS, Resolution, TicketState, TicketStep
from dispatch.domain.work_orders import DONE_STATES, ENDED_STATES, STARTED_STATES
from dispatch.services import visible, visits, work_orders
from dispatch.services.action import Tx, expect_version
from dispatch.services.answers import answer_merged
from dispatch.services.appointments import release_of_ticket
from dispatch.services.checks import waive
from dispatch.services.resolution import owe_callback
from dispatch.services.telling import tell
from dispatch.store.categories import Category
from dispatch.store.parties import Party
from dispatch.store.tickets import Ticket

_REMOTE = (Resolution.SELF_HELP, Resolution.REMOTE_HELP)


async def resolve_without_visit(
    tx: Tx, *, ticket_id: int, version: int | None = None, resolution: Resolution, note: str
) -> Ticket:
    """Solved by a guide or on the phone: no dispatch, but still a callback (TRI-4)."""
    ticket = await visible.find_ticket(tx, ticket_id, Action.TRIAGE)
    expect_version(ticket, version)
    check_text("note", note, most=REASON_MOST)
    if resolution not in _REMOTE:
        raise refuse(
            Code.BAD_INPUT,
            field="resolution",
            given=resolution,
            allowed=tuple(each.value for each in _REMOTE),
        )
    await _solve(tx, ticket, resolution=resolution, note=note)
    await release_of_ticket(tx, ticket, reason=note)
    return ticket


async def offer_guide(tx: Tx, ticket: Ticket) -> None:
    """Sends the reporter of a ticket that a guide may solve the guide of its category."""
    category = await tx.session.get(Category, ticket.category_id) if ticket.category_id else None
    party = await tx.session.get(Party, ticket.party_id) if ticket.party_id else None
    if category is None:
        return
    is_english = party is not None and not party.language.startswith("zh")
    guide = category.guide_en if is_english else category.guide_zh
    if guide:
        await tell(
            tx,
            MessageKind.GUIDE_OFFERED,
            Audience(reporter=True),
            site_id=ticket.site_id,
            ticket_id=ticket.id,
            number=ticket.number,
            guide=guide,
        )


async def answer_guide(
    tx: Tx, *, ticket_id: int, version: int | None = None, solved: bool, note: str | None = None
) -> Ticket:
    """The reporter, or the desk for them, says whether the guide helped. If so the ticket is
    solved without a visit; if not somebody is sent after all."""
    ticket = await visible.find_ticket(tx, ticket_id, Action.SEE_SITE)
    if ticket.party_id is None or ticket.party_id != tx.actor.party_id:
        visible.demand(tx, Action.TRIAGE, site_id=ticket.site_id)
    expect_version(ticket, version)
    check_text("note", note, most=REASON_MOST)
    if ticket.state is not TicketState.TRIAGED or ticket.resolution is not Resolution.SELF_HELP:
        raise refuse(
            Code.WRONG_STEP,
            field="ticket_id",
            allowed=STEPS.allowed(ticket.state),
            noun="ticket",
            step="SELF_HELP",
            state=ticket.state.value,
        )
    if solved:
        await _solve(tx, ticket, resolution=Resolution.SELF_HELP, note=note or "")
        return ticket
    ticket.resolution = Resolution.SITE_VISIT
    await tx.save(ticket, "ticket.guide_failed", note=note)
    await visits.order_visit(tx, ticket)
    return ticket


async def _solve(tx: Tx, ticket: Ticket, *, resolution: Resolution, note: str) -> None:
    orders = await work_orders.orders_of(tx, ticket)
    if any(order.state in STARTED_STATES | DONE_STATES for order in orders):
        raise refuse(Code.WORK_HAS_STARTED)
    state = STEPS.after(state=ticket.state, step=TicketStep.RESOLVE)
    for order in orders:
        if order.state not in ENDED_STATES:
            await work_orders.cancel_order(tx, order, reason=note)
    await waive(tx, ticket)
    ticket.resolution = resolution
    ticket.state = state
    ticket.resolved_at = tx.now
    ticket.solution = note or None
    await tx.save(ticket, "ticket.resolved", note=note)
    await owe_callback(tx, ticket)
    await answer_merged(tx, ticket)

"""Left-over construction faults (遗留工程): the steward sees to them (TRI-5)."""

from dispatch.domain.errors import Code, refuse
from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.rights import Action
from dispatch.domain.sizes import REASON_MOST, check_text, demand_text
from dispatch.domain.tickets import STEPS, TicketState, TicketStep
from dispatch.services import visible
from dispatch.services.action import Tx, expect_version
from dispatch.services.answers import answer_merged
from dispatch.services.resolution import owe_callback
from dispatch.services.staff import find_staff
from dispatch.services.telling import tell
from dispatch.services.visits import call_off_waiting
from dispatch.services.warranty import steward_of
from dispatch.store.sites import Place
from dispatch.store.tickets import Ticket


async def hand_to_steward(
    tx: Tx,
    *,
    ticket_id: int,
    version: int | None = None,
    note: str,
    steward_id: int | None = None,
) -> Ticket:
    """Notes a triaged ticket as a left-over construction fault and hands it to the steward of its
    place, or to the one named; who is told. Orders that nobody holds are called off."""
    ticket = await visible.find_ticket(tx, ticket_id, Action.TRIAGE)
    expect_version(ticket, version)
    demand_text("note", note)
    check_text("note", note, most=REASON_MOST)
    if ticket.state is not TicketState.TRIAGED:
        raise refuse(
            Code.WRONG_STEP,
            field="ticket_id",
            allowed=STEPS.allowed(ticket.state),
            noun="ticket",
            step="HAND_OVER",
            state=ticket.state.value,
        )
    chosen = steward_id if steward_id is not None else await steward_of(tx, ticket.place_id)
    if chosen is None:
        raise refuse(Code.NO_STEWARD, field="steward_id")
    steward = await find_staff(
        tx, chosen, Action.REPORT_FOR_OTHERS, site_id=ticket.site_id, field="steward_id"
    )
    await call_off_waiting(tx, ticket, reason=note)
    ticket.is_construction_fault = True
    ticket.steward_id = steward.id
    ticket.handed_over_at = tx.now
    ticket.hand_over_note = note
    ticket.owner_id = steward.id
    ticket.owner_name = steward.name
    await tx.save(ticket, "ticket.handed_over", steward=steward.name, note=note)
    place = await tx.session.get(Place, ticket.place_id) if ticket.place_id else None
    await tell(
        tx,
        MessageKind.HANDED_OVER,
        Audience(user_ids=(steward.id,)),
        site_id=ticket.site_id,
        ticket_id=ticket.id,
        number=ticket.number,
        place=place.name if place is not None else ticket.location_text or "",
        note=note,
    )
    return ticket


async def report_fixed(tx: Tx, *, ticket_id: int, version: int | None = None, note: str) -> Ticket:
    """The steward says that the builder has put it right: solved, and the callback is owed."""
    ticket = await visible.find_ticket(tx, ticket_id, Action.SEE_SITE)
    expect_version(ticket, version)
    demand_text("note", note)
    check_text("note", note, most=REASON_MOST)
    if ticket.steward_id is None or ticket.steward_id != tx.actor.user_id:
        visible.demand(tx, Action.TRIAGE, site_id=ticket.site_id)
    if not ticket.is_construction_fault:
        raise refuse(
            Code.WRONG_STEP,
            field="ticket_id",
            allowed=STEPS.allowed(ticket.state),
            noun="ticket",
            step="RESOLVE",
            state=ticket.state.value,
        )
    ticket.state = STEPS.after(state=ticket.state, step=TicketStep.RESOLVE)
    ticket.resolved_at = tx.now
    ticket.solution = note
    await tx.save(ticket, "ticket.resolved", note=note)
    await owe_callback(tx, ticket)
    await answer_merged(tx, ticket)
    return ticket

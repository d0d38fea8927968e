"""Who answers for a ticket until a technician has accepted it (首问负责, INT-7)."""

from dispatch.domain.errors import Code, refuse
from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.rights import Action
from dispatch.domain.sizes import REASON_MOST, check_text, demand_text
from dispatch.domain.tickets import STEPS, TicketState
from dispatch.services import visible
from dispatch.services.action import Tx, expect_version
from dispatch.services.staff import find_staff
from dispatch.services.telling import tell
from dispatch.store.tickets import Ticket

_OWNED_STATES = frozenset({TicketState.NEW, TicketState.TRIAGED})


def own_first(tx: Tx, ticket: Ticket) -> None:
    """Whoever of the staff takes a ticket first owns it; the caller saves the ticket."""
    takes = tx.actor.may(Action.REPORT_FOR_OTHERS, site_id=ticket.site_id) or tx.actor.may(
        Action.TRIAGE, site_id=ticket.site_id
    )
    if ticket.owner_id is None and tx.actor.user_id is not None and takes:
        if ticket.state not in _OWNED_STATES:
            return
        ticket.owner_id = tx.actor.user_id
        ticket.owner_name = tx.actor.name


def disown(ticket: Ticket) -> None:
    """A technician answers for it from now on; the caller saves the ticket."""
    ticket.owner_id = None
    ticket.owner_name = None


async def take(tx: Tx, *, ticket_id: int, version: int | None = None) -> Ticket:
    """The actor takes a ticket that nobody owns; the first of several wins."""
    ticket = await visible.find_ticket(tx, ticket_id, Action.TRIAGE)
    expect_version(ticket, version)
    _check_owned(ticket, step="TAKE")
    if ticket.owner_id is not None and ticket.owner_id != tx.actor.user_id:
        raise refuse(Code.ALREADY_TAKEN, field="ticket_id", winner=ticket.owner_name or "")
    own_first(tx, ticket)
    await tx.save(ticket, "ticket.taken")
    return ticket


async def hand_over(
    tx: Tx, *, ticket_id: int, version: int | None = None, owner_id: int, reason: str
) -> Ticket:
    """Gives a ticket to a colleague of the site, who is told of it."""
    ticket = await visible.find_ticket(tx, ticket_id, Action.TRIAGE)
    expect_version(ticket, version)
    demand_text("reason", reason)
    check_text("reason", reason, most=REASON_MOST)
    _check_owned(ticket, step="HAND_OVER")
    colleague = await find_staff(
        tx, owner_id, Action.TRIAGE, site_id=ticket.site_id, field="owner_id"
    )
    ticket.owner_id = colleague.id
    ticket.owner_name = colleague.name
    await tx.save(ticket, "ticket.owner_changed", reason=reason)
    await tell(
        tx,
        MessageKind.OWNER_CHANGED,
        Audience(user_ids=(colleague.id,)),
        site_id=ticket.site_id,
        ticket_id=ticket.id,
        number=ticket.number,
        by=tx.actor.name,
        reason=reason,
    )
    return ticket


def _check_owned(ticket: Ticket, *, step: str) -> None:
    if ticket.state not in _OWNED_STATES:
        raise refuse(
            Code.WRONG_STEP,
            field="ticket_id",
            allowed=STEPS.allowed(ticket.state),
            noun="ticket",
            step=step,
            state=ticket.state.value,
        )

"""Agreeing to a report, or not (审核, INT-10)."""

from dispatch.domain.checks import CheckState, after_decision
from dispatch.domain.errors import Code, refuse
from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.rights import Action
from dispatch.domain.sizes import REASON_MOST, check_text, demand_text
from dispatch.domain.tickets import STEPS, TicketStep
from dispatch.services import checks, visible, visits
from dispatch.services.action import Tx, expect_version
from dispatch.services.telling import tell
from dispatch.store.checks import TicketCheck
from dispatch.store.tickets import Ticket


async def decide(
    tx: Tx, *, ticket_id: int, version: int | None = None, agreed: bool, note: str | None = None
) -> Ticket:
    """Decides the check whose turn it is: the department head theirs, the logistics office the
    next. After the last the visit that waited is ordered; a refusal with its reason ends the
    ticket, and the reporter is told."""
    ticket = await visible.find(
        tx, Ticket, ticket_id, visible.tickets(tx.actor), field="ticket_id", lock=True
    )
    expect_version(ticket, version)
    check_text("note", note, most=REASON_MOST)
    if not agreed:
        demand_text("note", note or "")
    rows = await checks.checks_of(tx, ticket.id)
    turn = next((each for each in rows if each.state is CheckState.PENDING), None)
    if turn is None:
        raise refuse(Code.CHECK_NOT_PENDING, field="ticket_id", stage="")
    _demand_turn(tx, turn)
    states = after_decision(
        {each.stage: each.state for each in rows}, stage=turn.stage, agreed=agreed
    )
    for row in rows:
        was, row.state = row.state, states[row.stage]
        if row is turn:
            row.decided_by_id = tx.actor.user_id
            row.decided_by_name = tx.actor.name
            row.decided_at = tx.now
            row.note = note
            await tx.save(row, "ticket.check_agreed" if agreed else "ticket.check_refused")
        elif row.state is not was:
            await tx.save(row, "ticket.check_followed")
            if row.state is CheckState.PENDING:
                await checks.ask(tx, ticket, row)
    if agreed:
        await visits.order_visit(tx, ticket)
    else:
        await _end(tx, ticket, note or "")
    return ticket


def _demand_turn(tx: Tx, check: TicketCheck) -> None:
    """A check that names its checker is theirs alone."""
    if check.checker_id is None:
        visible.demand(tx, Action.CHECK_REPORTS, site_id=check.site_id)
    elif check.checker_id != tx.actor.user_id:
        raise refuse(Code.FORBIDDEN, action=Action.CHECK_REPORTS.value)


async def _end(tx: Tx, ticket: Ticket, note: str) -> None:
    ticket.state = STEPS.after(state=ticket.state, step=TicketStep.CANCEL)
    ticket.end_reason = note
    ticket.closed_at = tx.now
    await tx.save(ticket, "ticket.cancelled", reason=note)
    await tell(
        tx,
        MessageKind.CHECK_REJECTED,
        Audience(reporter=True),
        site_id=ticket.site_id,
        ticket_id=ticket.id,
        number=ticket.number,
        by=tx.actor.name,
        note=note,
    )

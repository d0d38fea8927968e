"""Complaints and matters (投诉、报事): taken, contacted, led, handed on, solved (CMP)."""

from sqlalchemy import select

from dispatch.domain.cases import Concern, Level, at_least
from dispatch.domain.clocks import ClockKind
from dispatch.domain.errors import Code, refuse
from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.rights import Action, Role
from dispatch.domain.sizes import demand_text
from dispatch.domain.tickets import STEPS, TicketKind, TicketState, TicketStep
from dispatch.services import clocks, visible
from dispatch.services.action import Tx
from dispatch.services.owed_callbacks import owe_callback
from dispatch.services.policies import policy_of
from dispatch.services.responsibilities import lead_of
from dispatch.services.staff import find_staff
from dispatch.services.telling import tell
from dispatch.store.cases import Case
from dispatch.store.tickets import Ticket

_CLOCKS = (ClockKind.CASE_TAKE, ClockKind.CASE_CONTACT, ClockKind.CASE_SOLVE)
CASE_KINDS = (TicketKind.COMPLAINT, TicketKind.MATTER)
_MANAGERS = (Role.PROJECT_MANAGER, Role.QUALITY)


async def open_for(tx: Tx, ticket: Ticket) -> None:
    """A complaint or a matter that came in is handled from now on; a complaint against the clock
    (CMP-1)."""
    if ticket.kind not in CASE_KINDS:
        return
    is_complaint = ticket.kind is TicketKind.COMPLAINT
    case = Case(
        site_id=ticket.site_id,
        ticket_id=ticket.id,
        concern=Concern.COMPLAINT if is_complaint else Concern.OTHER,
        created_at=tx.now,
    )
    await _put_in_charge(tx, case)
    await tx.save(case, "case.opened")
    # What is brought over from another system has its clocks there.
    if is_complaint and ticket.source is None:
        policy = (await policy_of(tx, ticket.site_id)).cases
        lengths = (policy.take_s, policy.contact_s, policy.solve_s)
        for kind, length_s in zip(_CLOCKS, lengths, strict=True):
            await clocks.start(tx, kind, ticket, site_id=ticket.site_id, after_s=length_s)


async def link(tx: Tx, complaint: Ticket, *, about: Ticket) -> None:
    """Says which ticket a complaint is about."""
    case = await of_ticket(tx, complaint)
    case.about_id = about.id
    await tx.save(case, "case.linked", about=about.number)


async def take(tx: Tx, *, ticket_id: int) -> Case:
    """Somebody takes it on; the reporter is told who (CMP-1)."""
    ticket, case = await _find(tx, ticket_id)
    if case.taken_at is not None:
        raise refuse(
            Code.ALREADY_TAKEN,
            field="ticket_id",
            winner=case.taken_by_name or "",
            at=case.taken_at.isoformat(),
        )
    await _take(tx, ticket, case)
    return case


async def contact(tx: Tx, *, ticket_id: int, note: str) -> Case:
    """The caller was contacted, and what was said; whoever does it has taken the case, too."""
    ticket, case = await _find(tx, ticket_id)
    demand_text("note", note)
    if case.taken_at is None:
        await _take(tx, ticket, case)
    if case.contacted_at is None:
        case.contacted_at = tx.now
        case.contacted_by_name = tx.actor.name
        await clocks.stop(tx, ticket, ClockKind.CASE_CONTACT)
    case.contact_note = note
    await tx.save(case, "case.contacted", note=note)
    return case


async def set_level(tx: Tx, *, ticket_id: int, level: Level) -> Case:
    """The service lead says how grave it is; of a high level the managers hear at once (CMP-2)."""
    ticket, case = await _find(tx, ticket_id)
    _demand_lead(tx, case)
    case.level = level
    case.level_set_by_name = tx.actor.name
    await tx.save(case, "case.level_set")
    policy = await policy_of(tx, case.site_id)
    if at_least(level, policy.cases.high_level):
        await tell(
            tx,
            MessageKind.CASE_GRAVE,
            Audience(roles=_MANAGERS),
            site_id=case.site_id,
            ticket_id=ticket.id,
            number=ticket.number,
            level=level,
            description=ticket.description,
        )
    return case


async def route(tx: Tx, *, ticket_id: int, concern: Concern) -> Case:
    """Says what it is about; it goes to the lead of the department responsible (CMP-3)."""
    ticket, case = await _find(tx, ticket_id)
    case.concern = concern
    case.handler_id = None
    await _put_in_charge(tx, case)
    await tx.save(case, "case.routed", department=case.department)
    await _tell_in_charge(tx, ticket, case)
    return case


async def hand_on(tx: Tx, *, ticket_id: int, handler_id: int) -> Case:
    """The department's lead hands it to who is to do it, and they are told (CMP-3)."""
    ticket, case = await _find(tx, ticket_id)
    _demand_lead(tx, case)
    handler = await find_staff(
        tx, handler_id, Action.SEE_ALL_TICKETS, site_id=case.site_id, field="handler_id"
    )
    case.handler_id = handler.id
    await tx.save(case, "case.handed_on", handler=handler.name)
    await tell(
        tx,
        MessageKind.CASE_HANDED_ON,
        Audience(user_ids=(handler.id,)),
        site_id=case.site_id,
        ticket_id=ticket.id,
        number=ticket.number,
        by=tx.actor.name,
        description=ticket.description,
    )
    return case


async def solve(tx: Tx, *, ticket_id: int, solution: str) -> Case:
    """What was done about it; the customer is owed a callback, as for every ticket."""
    ticket, case = await _find(tx, ticket_id)
    demand_text("solution", solution)
    state = STEPS.after(state=ticket.state, step=TicketStep.RESOLVE)
    case.solution = solution
    case.solved_at = tx.now
    await tx.save(case, "case.solved")
    ticket.state = state
    ticket.resolved_at = tx.now
    await tx.save(ticket, "ticket.resolved")
    await clocks.stop(tx, ticket, *_CLOCKS)
    await owe_callback(tx, ticket)
    return case


async def of_ticket(tx: Tx, ticket: Ticket) -> Case:
    """The handling of a complaint or a matter; other tickets have none."""
    statement = select(Case).where(Case.ticket_id == ticket.id).with_for_update()
    case = (await tx.session.execute(statement)).scalar_one_or_none()
    if case is None:
        raise refuse(Code.NOT_FOUND, field="ticket_id", id=ticket.id)
    return case


async def _find(tx: Tx, ticket_id: int) -> tuple[Ticket, Case]:
    """The case, for who handles cases at the site, or has this one in hand."""
    ticket = await visible.find(
        tx, Ticket, ticket_id, visible.tickets(tx.actor), field="ticket_id", lock=True
    )
    in_hand = visible.cases_in_hand(tx.actor)
    statement = select(Case.id).where(Case.ticket_id == ticket.id, in_hand)
    if (await tx.session.execute(statement)).first() is None:
        visible.demand(tx, Action.HANDLE_CASE, site_id=ticket.site_id)
    return ticket, await of_ticket(tx, ticket)


async def _take(tx: Tx, ticket: Ticket, case: Case) -> None:
    case.taken_at = tx.now
    case.taken_by_name = tx.actor.name
    await tx.save(case, "case.taken")
    if ticket.state in (TicketState.NEW, TicketState.TRIAGED):
        ticket.state = STEPS.after(state=ticket.state, step=TicketStep.TAKE_UP)
        ticket.answered_at = ticket.answered_at or tx.now
        await tx.save(ticket, "ticket.taken_up")
    await clocks.stop(tx, ticket, ClockKind.CASE_TAKE)
    await tell(
        tx,
        MessageKind.CASE_TAKEN,
        Audience(reporter=True),
        site_id=case.site_id,
        ticket_id=ticket.id,
        number=ticket.number,
        name=tx.actor.name,
    )


async def _put_in_charge(tx: Tx, case: Case) -> None:
    in_charge = await lead_of(tx, site_id=case.site_id, concern=case.concern)
    case.department = in_charge.department if in_charge is not None else None
    case.lead_id = in_charge.lead_id if in_charge is not None else None


async def _tell_in_charge(tx: Tx, ticket: Ticket, case: Case) -> None:
    lead = (case.lead_id,) if case.lead_id is not None else ()
    await tell(
        tx,
        MessageKind.CASE_ROUTED,
        # A concern that nobody was named for is the manager's.
        Audience(user_ids=lead, roles=() if lead else (Role.PROJECT_MANAGER,)),
        site_id=case.site_id,
        ticket_id=ticket.id,
        number=ticket.number,
        concern=case.concern,
        description=ticket.description,
    )


def _demand_lead(tx: Tx, case: Case) -> None:
    if tx.actor.user_id is None or case.lead_id != tx.actor.user_id:
        visible.demand(tx, Action.LEAD_CASE, site_id=case.site_id)

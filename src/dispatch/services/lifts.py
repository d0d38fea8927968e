"""People shut in a lift (电梯困人): an emergency, and everybody who can help is told (CMP-4)."""

from sqlalchemy import select

from dispatch.domain.cases import says_trapped
from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.policies import Policy
from dispatch.domain.rights import Role
from dispatch.domain.technicians import TechnicianKind
from dispatch.domain.triage import danger_word
from dispatch.services import duty
from dispatch.services.action import Tx
from dispatch.services.telling import tell
from dispatch.store.messages import Message
from dispatch.store.sites import Asset
from dispatch.store.tickets import Ticket

LIFT_TRADE = "lift"
_STAFF = (
    Role.DESK,
    Role.DISPATCHER,
    Role.TEAM_LEADER,
    Role.SUPERVISOR,
    Role.STEWARD,
    Role.PROJECT_MANAGER,
)


def trapped(ticket: Ticket, policy: Policy) -> str | None:
    """The word for it if a report says that people are shut in a lift."""
    rules = policy.cases
    told = f"{ticket.description} {ticket.asset_name or ''}"
    if not says_trapped(told, lift=rules.lift_words, trapped=rules.trapped_words):
        return None
    return danger_word(told, words=rules.trapped_words)


async def alarm(tx: Tx, ticket: Ticket) -> None:
    """Tells the lift's vendor and the site's staff, together and once."""
    earlier = select(Message.id).where(
        Message.ticket_id == ticket.id, Message.kind == MessageKind.LIFT_TRAPPED.value
    )
    if (await tx.session.execute(earlier.limit(1))).first() is not None:
        return
    vendors, staff = await _technicians(tx, ticket)
    asset = await tx.session.get(Asset, ticket.asset_id) if ticket.asset_id else None
    await tell(
        tx,
        MessageKind.LIFT_TRAPPED,
        Audience(roles=_STAFF, technician_ids=(*vendors, *staff)),
        site_id=ticket.site_id,
        ticket_id=ticket.id,
        number=ticket.number,
        description=ticket.description,
        where=_where(ticket),
        vendor=(asset.vendor if asset is not None else None) or "",
        caller=f"{ticket.requester_name or ''} {ticket.requester_phone or ''}".strip(),
    )
    tx.note(ticket, "lift.alarm", vendors=vendors, technicians=staff)


def _where(ticket: Ticket) -> str:
    said = (ticket.building, ticket.landmark, ticket.location_text, ticket.asset_name)
    return " ".join(each for each in said if each)


async def _technicians(tx: Tx, ticket: Ticket) -> tuple[list[int], list[int]]:
    """The vendor's people for lifts, on duty or not, and the site's own."""
    serving = await duty.serving(tx, ticket.site_id)
    skills = await duty.skills_of(tx, [each.id for each in serving])
    vendors, staff = [], []
    for each in serving:
        if each.id == ticket.vendor_id:
            vendors.append(each.id)
        elif any(skill.trade == LIFT_TRADE for skill in skills[each.id]):
            (vendors if each.kind is TechnicianKind.VENDOR else staff).append(each.id)
    return vendors, staff

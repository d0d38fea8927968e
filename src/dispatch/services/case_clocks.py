"""What happens when a complaint is left lying: chased, then the quality officer's (CMP-1)."""

from sqlalchemy import or_, select

from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.rights import Role
from dispatch.domain.tickets import TicketState
from dispatch.services.action import Tx
from dispatch.services.telling import tell
from dispatch.store.cases import Case
from dispatch.store.clocks import Clock
from dispatch.store.sites import Site
from dispatch.store.tickets import Ticket
from dispatch.store.users import RoleGrant, User

_UNSOLVED = (TicketState.NEW, TicketState.TRIAGED, TicketState.IN_PROGRESS)


async def not_taken(tx: Tx, clock: Clock) -> None:
    """Nobody took it: the service lead is chased."""
    ticket, case = await _of(tx, clock)
    if case.taken_at is None and ticket.state in _UNSOLVED:
        await _chase(tx, MessageKind.CASE_NOT_TAKEN, ticket, case, *_lead_roles(case))


async def not_contacted(tx: Tx, clock: Clock) -> None:
    """The caller has not heard from anybody: the lead is chased, the manager told."""
    ticket, case = await _of(tx, clock)
    if case.contacted_at is None and ticket.state in _UNSOLVED:
        roles = (*_lead_roles(case), Role.PROJECT_MANAGER)
        await _chase(tx, MessageKind.CASE_NOT_CONTACTED, ticket, case, *roles)


async def not_solved(tx: Tx, clock: Clock) -> None:
    """It is the company's quality officer's from now on."""
    ticket, case = await _of(tx, clock)
    if ticket.state not in _UNSOLVED:
        return
    officer = await _quality_officer(tx, ticket.site_id)
    if officer is not None:
        case.owner_id = officer.id
        await tx.save(case, "case.owner_changed", owner=officer.name)
        ticket.owner_id = officer.id
        ticket.owner_name = officer.name
        await tx.save(ticket, "ticket.owner_changed", reason=clock.kind)
    await _chase(tx, MessageKind.CASE_NOT_SOLVED, ticket, case, Role.QUALITY)


async def _of(tx: Tx, clock: Clock) -> tuple[Ticket, Case]:
    ticket = await tx.session.get_one(
        Ticket, clock.subject_id, with_for_update=True, populate_existing=True
    )
    statement = select(Case).where(Case.ticket_id == ticket.id).with_for_update()
    return ticket, (await tx.session.execute(statement)).scalar_one()


async def _chase(tx: Tx, kind: MessageKind, ticket: Ticket, case: Case, *roles: Role) -> None:
    lead = (case.lead_id,) if case.lead_id is not None else ()
    await tell(
        tx,
        kind,
        Audience(roles=roles, user_ids=lead, owner=True),
        site_id=ticket.site_id,
        ticket_id=ticket.id,
        number=ticket.number,
        description=ticket.description,
    )


def _lead_roles(case: Case) -> tuple[Role, ...]:
    """Who is chased where the site has named no service lead."""
    return () if case.lead_id is not None else (Role.SUPERVISOR,)


async def _quality_officer(tx: Tx, site_id: int) -> User | None:
    """The company's before the site's own, the one longest in office."""
    site = await tx.session.get_one(Site, site_id)
    statement = (
        select(User)
        .join(RoleGrant, RoleGrant.user_id == User.id)
        .where(
            User.organization_id == site.organization_id,
            User.disabled_at.is_(None),
            RoleGrant.role == Role.QUALITY,
            or_(RoleGrant.site_id == site_id, RoleGrant.site_id.is_(None)),
        )
        .order_by(RoleGrant.site_id.is_not(None), RoleGrant.id)
        .limit(1)
    )
    return (await tx.session.execute(statement)).scalar_one_or_none()

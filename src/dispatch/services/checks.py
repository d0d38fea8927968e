"""Reports that must be agreed to before they are dispatched (INT-10)."""

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from dispatch.domain.checks import OPEN_STATES, CheckStage, CheckState, stages_needed
from dispatch.domain.errors import Code, refuse
from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.rights import Action
from dispatch.services.action import Tx
from dispatch.services.policies import policy_of
from dispatch.services.staff import roles_with
from dispatch.services.telling import tell
from dispatch.store.checks import Department, TicketCheck
from dispatch.store.parties import Party
from dispatch.store.tickets import Ticket

# Asked with every order: put together once.
_OF_TICKET = (
    select(TicketCheck)
    .where(TicketCheck.ticket_id == bindparam("ticket"))
    .order_by(TicketCheck.id)
    .with_for_update()
)
_WAITING = (
    select(TicketCheck.stage)
    .where(TicketCheck.ticket_id == bindparam("ticket"), TicketCheck.state.in_(OPEN_STATES))
    .order_by(TicketCheck.id)
)


async def require(tx: Tx, ticket: Ticket) -> None:
    """Writes the checks that the site's policy asks of a new report, and tells who is first."""
    intake = (await policy_of(tx, ticket.site_id)).intake
    stages = stages_needed(
        department=intake.check_by_department,
        logistics=intake.check_by_logistics,
        emergencies=intake.check_emergencies,
        priority=ticket.priority,
    )
    head_id = await _head_of(tx, ticket) if CheckStage.DEPARTMENT in stages else None
    for stage in stages:
        check = TicketCheck(
            site_id=ticket.site_id,
            ticket_id=ticket.id,
            stage=stage,
            state=CheckState.PENDING if stage is stages[0] else CheckState.WAITING,
            checker_id=head_id if stage is CheckStage.DEPARTMENT else None,
            created_at=tx.now,
        )
        await tx.save(check, "ticket.check_asked")
        if check.state is CheckState.PENDING:
            await ask(tx, ticket, check)


async def ask(tx: Tx, ticket: Ticket, check: TicketCheck) -> None:
    """Tells who has to decide that it is their turn. A department without a head leaves its
    check to the logistics office."""
    one = check.checker_id
    to = Audience(user_ids=(one,)) if one else Audience(roles=roles_with(Action.CHECK_REPORTS))
    await tell(
        tx,
        MessageKind.CHECK_NEEDED,
        to,
        site_id=ticket.site_id,
        ticket_id=ticket.id,
        number=ticket.number,
        reporter=ticket.requester_name or ticket.taken_by_name,
        description=ticket.description,
    )


async def checks_of(tx: Tx, ticket_id: int) -> Sequence[TicketCheck]:
    """All checks of a ticket in their order, locked until the transaction ends."""
    return (await tx.session.execute(_OF_TICKET, {"ticket": ticket_id})).scalars().all()


async def waiting_for(tx: Tx, ticket: Ticket) -> CheckStage | None:
    """The stage that nobody has decided yet; None: the ticket may be dispatched."""
    done = ("checks done", ticket.id)
    if done in tx.memo:
        return None
    stage = (await tx.session.execute(_WAITING, {"ticket": ticket.id})).scalars().first()
    if stage is None:
        # It stays so: checks are asked of a new report alone, and none is opened again.
        tx.memo[done] = True
    return stage


async def demand_done(tx: Tx, ticket: Ticket) -> None:
    """Refuses an order for a ticket that is not agreed to yet."""
    stage = await waiting_for(tx, ticket)
    if stage is not None:
        raise refuse(Code.CHECK_PENDING, field="ticket_id", stage=stage.value)


async def follow_priority(tx: Tx, ticket: Ticket) -> None:
    """A ticket that turns out to be an emergency waits for nobody, unless the site wants it to."""
    intake = (await policy_of(tx, ticket.site_id)).intake
    stages = stages_needed(
        department=intake.check_by_department,
        logistics=intake.check_by_logistics,
        emergencies=intake.check_emergencies,
        priority=ticket.priority,
    )
    if not stages:
        await waive(tx, ticket)


async def waive(tx: Tx, ticket: Ticket) -> None:
    """Ends the checks that are still open: nobody needs to decide any more."""
    waived = [each for each in await checks_of(tx, ticket.id) if each.state in OPEN_STATES]
    for check in waived:
        check.state, check.decided_at = CheckState.WAIVED, tx.now
    await tx.save_all((check, "ticket.check_waived", {}) for check in waived)


async def _head_of(tx: Tx, ticket: Ticket) -> int | None:
    statement = (
        select(Department.head_id)
        .join(Party, Party.department_id == Department.id)
        .where(Party.id == (ticket.party_id or 0))
    )
    return (await tx.session.execute(statement)).scalar_one_or_none()

"""What is for who is on duty: reports taken in, and orders, while the desk is closed (RST-3)."""

from datetime import datetime

from dispatch.domain.dispatching import Cause
from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.tickets import IntakeBy
from dispatch.domain.work_orders import AssignmentStep
from dispatch.services.action import Tx
from dispatch.services.on_call import OnDuty, on_duty
from dispatch.services.policies import policy_of
from dispatch.services.telling import tell
from dispatch.store.sites import Site
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import WorkOrder

_FOR_DUTY = frozenset({Cause.NOT_PLACED, Cause.NOT_FIT, Cause.DECLINED, Cause.DELEGATE_PASSED})


async def whose(
    tx: Tx, order: WorkOrder, *, cause: Cause, wished: datetime | None
) -> OnDuty | None:
    """Who is on duty and gets the order; None while the desk is open, and for work of later.

    `cause`: why it comes to its step; what somebody on duty did not accept goes on. A technician
    whom the customer named is asked first.
    """
    numbers = (await policy_of(tx, order.site_id)).duty
    is_named = (
        order.dispatch_step is AssignmentStep.DIRECTED
        and order.named_technician_id is not None
        and cause is Cause.NOT_PLACED
    )
    is_later = wished is not None and wished > tx.now
    if not numbers.direct or cause not in _FOR_DUTY or is_named or is_later:
        return None
    site = await tx.session.get_one(Site, order.site_id)
    return await on_duty(tx, site, at=tx.now)


async def note_intake(tx: Tx, ticket: Ticket, site: Site) -> OnDuty | None:
    """Says on a new ticket who takes it in: the desk, or the duty centre out of hours."""
    found = await on_duty(tx, site, at=tx.now)
    ticket.intake_by = IntakeBy.DESK if found is None else IntakeBy.DUTY_CENTRE
    return found


async def tell_intake(tx: Tx, ticket: Ticket, found: OnDuty | None) -> None:
    """Tells the duty centre of a report, on a holiday the delegate, too; not who took it."""
    if found is None:
        return
    delegates = tuple(found.delegate_ids) if found.is_holiday else ()
    told = {*found.desk_ids, *delegates} - {tx.actor.user_id}
    if told:
        await tell(
            tx,
            MessageKind.DUTY_INTAKE,
            Audience(user_ids=tuple(sorted(told))),
            site_id=ticket.site_id,
            ticket_id=ticket.id,
            number=ticket.number,
        )

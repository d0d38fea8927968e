"""The call that is owed for every ticket that was solved (CBK-1): who makes it, and the link."""

from datetime import timedelta

from sqlalchemy import bindparam, exists, select

from dispatch.domain.callbacks import CallbackState
from dispatch.domain.cases import at_least
from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.policies import Policy
from dispatch.domain.rights import Role
from dispatch.services.action import Tx
from dispatch.services.callback_secrets import digest, new_secret
from dispatch.services.policies import policy_of
from dispatch.services.telling import tell
from dispatch.store.callbacks import Callback, CallbackLink
from dispatch.store.cases import Case
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import WorkOrder

# How grave its case is, if it has one, and whether work in it was done again.
_GRAVITY = select(
    select(Case.level).where(Case.ticket_id == bindparam("ticket")).scalar_subquery(),
    exists().where(WorkOrder.ticket_id == bindparam("ticket"), WorkOrder.is_rework),
)


async def owe_callback(tx: Tx, ticket: Ticket) -> Callback:
    """The customer is owed a call from now on: of the desk, or of a manager if it is serious."""
    policy = await policy_of(tx, ticket.site_id)
    callback = Callback(
        site_id=ticket.site_id,
        ticket_id=ticket.id,
        state=CallbackState.DUE,
        due_at=tx.now,
        created_at=tx.now,
        serious_reason=await _why_serious(tx, ticket, policy),
    )
    await tx.save(callback, "callback.created")
    if callback.serious_reason is not None:
        await tell_managers(tx, callback, number=ticket.number)
    if policy.callbacks.links:
        await _send_link(tx, callback, ticket, policy)
    return callback


async def tell_managers(tx: Tx, callback: Callback, *, number: str) -> None:
    """A manager has to make this call."""
    await tell(
        tx,
        MessageKind.CALLBACK_SERIOUS,
        Audience(roles=(Role.PROJECT_MANAGER, Role.QUALITY)),
        site_id=callback.site_id,
        ticket_id=callback.ticket_id,
        number=number,
        reason=callback.serious_reason,
    )


async def _why_serious(tx: Tx, ticket: Ticket, policy: Policy) -> str | None:
    rules = policy.callbacks
    if ticket.priority is not None and ticket.priority in rules.serious_priorities:
        return ticket.priority.value
    level, is_rework = (await tx.session.execute(_GRAVITY, {"ticket": ticket.id})).one()
    if level is not None and at_least(level, rules.serious_level):
        return level.value
    return "REWORK" if rules.serious_rework and is_rework else None


async def _send_link(tx: Tx, callback: Callback, ticket: Ticket, policy: Policy) -> None:
    if ticket.party_id is None and not ticket.requester_phone:
        return
    secret = new_secret(tx.randbelow)
    link = CallbackLink(
        callback_id=callback.id,
        digest=digest(secret),
        created_at=tx.now,
        expires_at=tx.now + timedelta(seconds=policy.callbacks.link_valid_s),
    )
    await tx.save(link, "callback_link.sent", site_id=ticket.site_id, ticket_id=ticket.id)
    await tell(
        tx,
        MessageKind.CALLBACK_LINK,
        Audience(reporter=True),
        site_id=ticket.site_id,
        ticket_id=ticket.id,
        number=ticket.number,
        link=f"{policy.callbacks.link_base}{secret}",
    )

"""The question whether an order may be dispatched, put to those who can answer it (DSP-11)."""

from dispatch.domain.approvals import ApprovalType
from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.rights import RIGHTS, Action, Role
from dispatch.services.action import Tx
from dispatch.services.telling import tell
from dispatch.store.approvals import Approval
from dispatch.store.work_orders import WorkOrder

_APPROVERS = tuple(role for role in Role if Action.APPROVE in RIGHTS[role])


async def open_question(
    tx: Tx,
    order: WorkOrder,
    *,
    type: ApprovalType,  # noqa: A002
    reason: str | None = None,
) -> Approval:
    """Keeps the question for an order that waits for approval, and tells who can answer it."""
    approval = Approval(
        site_id=order.site_id,
        work_order_id=order.id,
        type=type,
        asked_reason=reason,
        asked_by_id=tx.actor.user_id,
        asked_by_name=tx.actor.name,
        asked_at=tx.now,
    )
    await tx.save(approval, "approval.asked", ticket_id=order.ticket_id)
    await tell(
        tx,
        MessageKind.APPROVAL_ASKED,
        Audience(roles=_APPROVERS),
        site_id=order.site_id,
        ticket_id=order.ticket_id,
        work_order_id=order.id,
        number=order.number,
        type=type.value,
        reason=reason,
    )
    return approval

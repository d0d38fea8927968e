"""No approval, no dispatch: asking for it, giving it, turning it down (DSP-11)."""

from sqlalchemy import select

from dispatch.domain.approvals import ApprovalDecision, ApprovalType
from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.offers import OfferOutcome
from dispatch.domain.rights import Action, Role
from dispatch.domain.sizes import REASON_MOST, check_text, demand_text
from dispatch.domain.work_orders import STEPS, WorkOrderStep
from dispatch.services import visible
from dispatch.services.action import Tx, expect_version
from dispatch.services.approval_questions import open_question
from dispatch.services.holding import close_offer
from dispatch.services.telling import tell
from dispatch.services.walking import await_step, stop_walk
from dispatch.services.work_orders import cancel_order
from dispatch.store.approvals import Approval
from dispatch.store.work_orders import WorkOrder


async def ask(
    tx: Tx,
    *,
    work_order_id: int,
    version: int | None = None,
    type: ApprovalType,  # noqa: A002 -- the field's name
    reason: str,
) -> WorkOrder:
    """Somebody sees that an order nobody holds yet needs approval: it waits from now on."""
    order = await visible.find_work_order(tx, work_order_id, Action.CREATE_WORK_ORDER)
    expect_version(order, version)
    demand_text("reason", reason)
    check_text("reason", reason, most=REASON_MOST)
    order.state = STEPS.after(state=order.state, step=WorkOrderStep.ASK_APPROVAL)
    await close_offer(tx, order, outcome=OfferOutcome.WITHDRAWN)
    await stop_walk(tx, order)
    await tx.save(order, "work_order.approval_asked", type=type.value, reason=reason)
    await open_question(tx, order, type=type, reason=reason)
    return order


async def approve(
    tx: Tx, *, work_order_id: int, version: int | None = None, reason: str | None = None
) -> WorkOrder:
    """The order may be dispatched: it begins its walk now."""
    order = await visible.find_work_order(tx, work_order_id, Action.APPROVE)
    expect_version(order, version)
    check_text("reason", reason, most=REASON_MOST)
    order.state = STEPS.after(state=order.state, step=WorkOrderStep.APPROVE)
    await _decide(tx, order, ApprovalDecision.APPROVED, reason)
    await tx.save(order, "work_order.approved", reason=reason)
    await await_step(tx, order)
    return order


async def reject(
    tx: Tx, *, work_order_id: int, version: int | None = None, reason: str
) -> WorkOrder:
    """The order is not dispatched: it ends, its ticket goes back to the desk."""
    order = await visible.find_work_order(tx, work_order_id, Action.APPROVE)
    expect_version(order, version)
    demand_text("reason", reason)
    check_text("reason", reason, most=REASON_MOST)
    STEPS.after(state=order.state, step=WorkOrderStep.APPROVE)
    await _decide(tx, order, ApprovalDecision.REJECTED, reason)
    await cancel_order(tx, order, reason=reason)
    await tell(
        tx,
        MessageKind.APPROVAL_REFUSED,
        Audience(roles=(Role.DESK,), owner=True),
        site_id=order.site_id,
        ticket_id=order.ticket_id,
        work_order_id=order.id,
        number=order.number,
        reason=reason,
    )
    return order


async def _decide(tx: Tx, order: WorkOrder, decision: ApprovalDecision, reason: str | None) -> None:
    statement = (
        select(Approval)
        .where(Approval.work_order_id == order.id, Approval.decided_at.is_(None))
        .with_for_update()
    )
    approval = (await tx.session.execute(statement)).scalar_one_or_none()
    if approval is None:
        return
    approval.decision = decision
    approval.decision_reason = reason
    approval.decided_by_id = tx.actor.user_id
    approval.decided_by_name = tx.actor.name
    approval.decided_at = tx.now
    await tx.save(approval, f"approval.{decision.value.lower()}", ticket_id=order.ticket_id)

"""What follows when a technician declines: the next one, then leader after leader (DSP-8)."""

from sqlalchemy import func, select

from dispatch.domain.dispatching import NEXT_TECHNICIAN, Cause
from dispatch.domain.policies import Policy
from dispatch.domain.work_orders import AssignmentEnd, AssignmentStep
from dispatch.services.action import Tx
from dispatch.services.climbing import leader_of, summon
from dispatch.services.offering import whom
from dispatch.services.policies import policy_of
from dispatch.services.walking import await_step
from dispatch.store.work_orders import Assignment, WorkOrder


async def after_decline(tx: Tx, order: WorkOrder, *, technician_id: int) -> None:
    """Sends a declined order to the next technician; who declined is not asked again.

    When the policy's number of further technicians has declined too, or nobody is left, leaders
    must decide, beginning with the decliner's own.
    """
    policy = await policy_of(tx, order.site_id)
    if not policy.dispatching.walk:
        return
    step = _step_for_next(policy)
    others = await whom(tx, order, step=step)
    if others and await _declines(tx, order) <= policy.dispatching.next_technicians:
        order.dispatch_step = step
        await tx.save(
            order,
            "work_order.climbed",
            to=NEXT_TECHNICIAN,
            people=[each.name for each in others],
            cause=Cause.DECLINED.value,
        )
        await await_step(tx, order, after_s=0, cause=Cause.DECLINED)
        return
    order.dispatch_step = AssignmentStep.SUPERVISOR
    leader_id = await leader_of(tx, technician_id)
    await summon(tx, order, cause=Cause.DECLINED, leader_id=leader_id)


def _step_for_next(policy: Policy) -> AssignmentStep:
    """The optimizer finds the next technician, or all who qualify are asked."""
    has_auto = policy.step(AssignmentStep.AUTO) is not None
    return AssignmentStep.AUTO if has_auto else AssignmentStep.GRAB


async def _declines(tx: Tx, order: WorkOrder) -> int:
    statement = select(func.count()).where(
        Assignment.work_order_id == order.id, Assignment.end == AssignmentEnd.DECLINED
    )
    return (await tx.session.execute(statement)).scalar_one()

"""The step AUTO of an order that waits no longer for a plan of its day: a job of its own (DSP-1).

The optimizer works between transactions, so the clock's effect only puts the job down.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from dispatch.domain.dispatching import Cause
from dispatch.domain.errors import Code, Refused
from dispatch.domain.work_orders import AssignmentStep, WorkOrderState
from dispatch.planning.runner import Planner
from dispatch.services import accounts, duty
from dispatch.services.action import Services, Tx
from dispatch.services.fittings import Inserted
from dispatch.services.handing import tell_assigned
from dispatch.services.insertions import insert_order
from dispatch.services.policies import policy_of
from dispatch.services.sites import local_day
from dispatch.services.walking import go_on
from dispatch.store.jobs import enqueue
from dispatch.store.sites import Site
from dispatch.store.work_orders import WorkOrder

AUTO_JOB = "auto_step"


async def ask_optimizer(tx: Tx, order: WorkOrder) -> None:
    """Puts the job down, and on record that the optimizer was asked."""
    tx.note(order, "work_order.auto_asked")
    await enqueue(
        tx.session,
        AUTO_JOB,
        {"organization_id": tx.actor.organization_id, "work_order_id": order.id},
        key=f"{AUTO_JOB}-{order.id}-{order.version}-{tx.now.isoformat()}",
    )


async def auto_step(
    services: Services, planner: Planner, *, organization_id: int, work_order_id: int
) -> None:
    """Gives the order the best place there is, else takes it to the policy's next step.

    Does nothing when somebody has it by now, or it has gone on.
    """
    actor = accounts.service_actor(organization_id=organization_id, origin="auto")
    async with services.reading(actor) as tx:
        days = await _days(tx, work_order_id)
    reasons: list[str] = []
    for day in days:
        try:
            put = await insert_order(services, planner, actor, work_order_id=work_order_id, day=day)
        except Refused as refused:
            code = refused.refusals[0].code
            if code is Code.WRONG_STEP:
                return
            if code is Code.PLAN_OUTDATED:
                # The day never held still: the job is tried again.
                raise
            reasons.append(code.value)
            continue
        if put.assignment is not None:
            await services.perform(actor, tell_assigned, work_order_id=work_order_id)
            return
        reasons.append(_reason(put))
    if days:
        await services.perform(actor, _go_on, work_order_id=work_order_id, reasons=reasons)


async def _days(tx: Tx, work_order_id: int) -> list[date | None]:
    """The order's own day (None); further ones when nobody who could do it is at work now."""
    order = await tx.session.get_one(WorkOrder, work_order_id)
    if not _still_waits(order):
        return []
    if await duty.qualified_on_duty(tx, order, at=tx.now):
        return [None]
    policy = await policy_of(tx, order.site_id)
    today = local_day(tx, await tx.session.get_one(Site, order.site_id))
    further = range(1, policy.dispatching.auto_days)
    return [None, *(today + timedelta(days=number) for number in further)]


async def _go_on(tx: Tx, *, work_order_id: int, reasons: Sequence[str]) -> None:
    order = await tx.session.get_one(
        WorkOrder, work_order_id, with_for_update=True, populate_existing=True
    )
    if _still_waits(order):
        tx.note(order, "work_order.not_placed", reasons=reasons)
        await go_on(tx, order, cause=Cause.NOT_PLACED)


def _still_waits(order: WorkOrder) -> bool:
    return order.state is WorkOrderState.QUEUED and order.dispatch_step is AssignmentStep.AUTO


def _reason(put: Inserted) -> str:
    return put.why.found.code or "" if put.why is not None else ""

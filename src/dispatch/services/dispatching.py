"""Takes orders through the steps of the site's dispatch policy, by itself to the end (DSP-1).

Each step is carried out by the effect of a clock, in a transaction of its own: DIRECTED gives the
order to whom the customer named, AUTO asks the optimizer once the plan of the day had its chance,
GRAB and VENDOR open it to all who qualify, SUPERVISOR calls those who must decide. Out of hours
who is on duty comes before all of them (RST-3).
"""

from datetime import timedelta

from dispatch.domain.dispatching import Cause
from dispatch.domain.errors import Refused
from dispatch.domain.policies import Policy
from dispatch.domain.work_orders import (
    AssignmentEnd,
    AssignmentStep,
    WorkOrderState,
    WorkOrderStep,
)
from dispatch.services import duty, duty_orders
from dispatch.services.action import Tx
from dispatch.services.auto_step import ask_optimizer
from dispatch.services.climbing import summon
from dispatch.services.handing import tell_assigned
from dispatch.services.holding import hold, release
from dispatch.services.opening import open_to_all
from dispatch.services.policies import policy_of
from dispatch.services.walking import await_step, go_on, limit_step, wished_start
from dispatch.store.clocks import Clock
from dispatch.store.sites import Site
from dispatch.store.work_orders import WorkOrder


async def step_due(tx: Tx, clock: Clock) -> None:
    """The effect of the clock: carries the order's present step out, if it still waits for it."""
    order = await _locked(tx, clock)
    if order.state is not WorkOrderState.QUEUED:
        return
    cause = Cause(clock.data["cause"])
    if await duty_orders.give(tx, order, cause=cause):
        return
    policy = await policy_of(tx, order.site_id)
    match order.dispatch_step:
        case AssignmentStep.DIRECTED:
            await _direct(tx, order, policy)
        case AssignmentStep.AUTO:
            await _ask_optimizer(tx, order, policy)
        case AssignmentStep.GRAB | AssignmentStep.VENDOR:
            await open_to_all(tx, order, step=order.dispatch_step)
        case AssignmentStep.SUPERVISOR:
            await _leave_to_supervisor(tx, order, policy, cause=cause)
        case None:
            await go_on(tx, order, cause=Cause.NOT_PLACED)


async def limit_reached(tx: Tx, clock: Clock) -> None:
    """The effect of the clock: the step had its time, the next one follows."""
    order = await _locked(tx, clock)
    if order.dispatch_step is AssignmentStep.DIRECTED and order.state is WorkOrderState.ASSIGNED:
        await release(tx, order, end=AssignmentEnd.REASSIGNED, reason="not accepted in time")
        await go_on(tx, order, cause=Cause.NOT_ACCEPTED)
    elif order.dispatch_step is AssignmentStep.SUPERVISOR and order.state is WorkOrderState.QUEUED:
        await go_on(tx, order, cause=Cause.NOT_PLACED)


async def _direct(tx: Tx, order: WorkOrder, policy: Policy) -> None:
    """Gives the order to whom the customer named, if they qualify and are at work then."""
    named_id = order.named_technician_id
    if named_id is None:
        await go_on(tx, order, cause=Cause.NOT_FIT)
        return
    at = max(tx.now, await wished_start(tx, order) or tx.now)
    try:
        lead = await duty.find_qualified(
            tx, named_id, order=order, at=at, field="named_technician_id"
        )
    except Refused:
        await go_on(tx, order, cause=Cause.NOT_FIT)
        return
    site = await tx.session.get_one(Site, order.site_id)
    works = await duty.is_on_duty(tx, lead.id, site=site, at=at)
    if not works or order.crew_size > 1:
        # A crew is for the optimizer or a person to put together.
        await go_on(tx, order, cause=Cause.NOT_FIT)
        return
    step = policy.step(AssignmentStep.DIRECTED)
    limit_s = step.limit_s if step is not None else None
    limit_s = limit_s or policy.dispatching.directed_limit_s
    await hold(
        tx,
        order,
        step=WorkOrderStep.ASSIGN,
        by=AssignmentStep.DIRECTED,
        lead=lead,
        why={"named_by_customer": True},
    )
    until = await limit_step(tx, order, limit_s=limit_s)
    await tell_assigned(tx, work_order_id=order.id, until=until)


async def _ask_optimizer(tx: Tx, order: WorkOrder, policy: Policy) -> None:
    """The plan of the day had its chance: the optimizer is asked for this order; not too early."""
    wished = await wished_start(tx, order)
    lead = timedelta(seconds=policy.dispatching.auto_lead_s)
    if wished is not None and tx.now < wished - lead:
        await await_step(tx, order)
        return
    await ask_optimizer(tx, order)


async def _leave_to_supervisor(tx: Tx, order: WorkOrder, policy: Policy, *, cause: Cause) -> None:
    await summon(tx, order, cause=cause)
    step = policy.step(AssignmentStep.SUPERVISOR)
    is_last = policy.step_after(AssignmentStep.SUPERVISOR) is None
    if step is not None and step.limit_s is not None and not is_last:
        await limit_step(tx, order, limit_s=step.limit_s)


async def _locked(tx: Tx, clock: Clock) -> WorkOrder:
    return await tx.session.get_one(
        WorkOrder, clock.work_order_id, with_for_update=True, populate_existing=True
    )

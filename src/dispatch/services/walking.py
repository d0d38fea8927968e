"""The clocks that take an order from step to step of the dispatch policy (DSP-1)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from dispatch.domain.appointments import STANDING_STATES
from dispatch.domain.clocks import ClockKind
from dispatch.domain.dispatching import Cause, step_following
from dispatch.domain.policies import Policy
from dispatch.domain.work_orders import AssignmentStep, WorkOrderState
from dispatch.services import clocks
from dispatch.services.action import Tx
from dispatch.services.duty_calls import whose
from dispatch.services.policies import policy_of
from dispatch.store.among import among
from dispatch.store.work_orders import Appointment, WorkOrder

WALK = (ClockKind.DISPATCH_STEP, ClockKind.DISPATCH_LIMIT, ClockKind.CLIMB)
"""What takes an order on by itself."""

_PROMISED = select(Appointment.work_order_id, Appointment.starts_at).where(
    among(Appointment.work_order_id, "ids"), Appointment.state.in_(STANDING_STATES)
)


async def await_step(
    tx: Tx, order: WorkOrder, *, after_s: int | None = None, cause: Cause = Cause.NOT_PLACED
) -> None:
    """A queued order's step is carried out `after_s` seconds from now.

    Default: at once, but AUTO gives the plan of the day its time first, unless somebody on duty
    gets the order out of hours (RST-3). Nothing happens where
    the policy switches the walk off. `cause` is why it came to the step.
    """
    policy = await policy_of(tx, order.site_id)
    if not policy.dispatching.walk or order.state is not WorkOrderState.QUEUED:
        return
    due_at = tx.now + timedelta(seconds=after_s or 0)
    if after_s is None and order.dispatch_step is AssignmentStep.AUTO:
        due_at = await _auto_due_at(tx, order, policy, await wished_start(tx, order), cause=cause)
    await clocks.start(
        tx, ClockKind.DISPATCH_STEP, order, site_id=order.site_id, due_at=due_at, cause=cause.value
    )


async def await_auto(tx: Tx, orders: Sequence[WorkOrder]) -> None:
    """`await_step` for queued orders that have all come to the step AUTO, as many as they are."""
    wished = await _wished_starts(tx, orders)
    due: list[tuple[WorkOrder, datetime]] = []
    for order in orders:
        policy = await policy_of(tx, order.site_id)
        if policy.dispatching.walk:
            due_at = await _auto_due_at(tx, order, policy, wished[order.id], cause=Cause.NOT_PLACED)
            due.append((order, due_at))
    await clocks.start_all(tx, ClockKind.DISPATCH_STEP, due, cause=Cause.NOT_PLACED.value)


async def await_hand(tx: Tx, order: WorkOrder) -> None:
    """An order that a person took back is theirs for a while, then walks on by itself."""
    policy = await policy_of(tx, order.site_id)
    await await_step(tx, order, after_s=policy.dispatching.by_hand_s)


async def go_on(tx: Tx, order: WorkOrder, *, cause: Cause, after_s: int | None = None) -> None:
    """Takes a queued order to the step after its present one; at the end leaders must decide."""
    policy = await policy_of(tx, order.site_id)
    following = step_following(
        policy, order.dispatch_step, is_named=order.named_technician_id is not None
    )
    if following is not None:
        order.dispatch_step = following
        await tx.save(order, "work_order.passed_on", to=following.value, cause=cause.value)
        await await_step(tx, order, after_s=after_s, cause=cause)
    elif policy.dispatching.walk:
        await clocks.start(
            tx, ClockKind.CLIMB, order, site_id=order.site_id, after_s=0, cause=cause.value
        )


async def limit_step(tx: Tx, order: WorkOrder, *, limit_s: int) -> datetime:
    """The step that was just carried out ends by itself; when."""
    clock = await clocks.start(
        tx, ClockKind.DISPATCH_LIMIT, order, site_id=order.site_id, after_s=limit_s
    )
    return clock.due_at


async def stop_walk(tx: Tx, order: WorkOrder) -> None:
    """Somebody has the order, or it has ended."""
    await clocks.stop(tx, order, *WALK)


async def _auto_due_at(
    tx: Tx, order: WorkOrder, policy: Policy, wished: datetime | None, *, cause: Cause
) -> datetime:
    on_duty = await whose(tx, order, cause=cause, wished=wished)
    if on_duty is not None and (on_duty.technician_ids or on_duty.delegate_ids):
        return tx.now
    numbers = policy.dispatching
    wait_s = numbers.auto_wait_s[order.priority.value]
    step = policy.step(AssignmentStep.AUTO)
    if step is not None and step.limit_s is not None:
        wait_s = min(wait_s, step.limit_s)
    due_at = tx.now + timedelta(seconds=wait_s)
    if wished is None:
        return due_at
    return max(due_at, wished - timedelta(seconds=numbers.auto_lead_s))


async def wished_start(tx: Tx, order: WorkOrder) -> datetime | None:
    """From when the customer was promised a visit, else wishes one."""
    return (await _wished_starts(tx, [order]))[order.id]


async def _wished_starts(tx: Tx, orders: Sequence[WorkOrder]) -> Mapping[int, datetime | None]:
    found = await tx.session.execute(_PROMISED, {"ids": [each.id for each in orders]})
    starts = {row.work_order_id: row.starts_at for row in found}
    return {each.id: starts.get(each.id) or each.wished_from for each in orders}

"""What a plan left out goes to the next step of the policy (DSP-1, DSP-4)."""

from collections.abc import Collection, Sequence

from dispatch.domain.plans_in_force import NOBODY, Move
from dispatch.domain.policies import Policy
from dispatch.domain.triage import RANK, Priority
from dispatch.domain.work_orders import BY_OPTIMIZER, FREE_TO_MOVE, AssignmentStep, WorkOrderState
from dispatch.services import duty
from dispatch.services.action import Tx
from dispatch.services.opening import open_to_all
from dispatch.services.plan_placing import Changes, held_now, take_back
from dispatch.services.plan_standing import Standing
from dispatch.services.walking import await_step, wished_start
from dispatch.store.plans import PlanLeftOut
from dispatch.store.work_orders import WorkOrder

# Another day may have what this one has not; nobody knows of what was not explained.
_NO_ROOM = frozenset({"NO_SHIFT", "ALL_FULL", "TOO_FAR", "UNEXPLAINED"})
_FOR_PEOPLE = (AssignmentStep.SUPERVISOR, AssignmentStep.VENDOR)


async def waiting_for_another_day(tx: Tx, stands: Standing) -> frozenset[int]:
    """Orders without room that may wait, while nobody who could do them is at work.

    Their own step asks the optimizer for the policy's days to come; only then they go on.
    """
    numbers = stands.policy.dispatching
    if not numbers.walk or numbers.auto_days < 2:
        return frozenset()
    found: set[int] = set()
    for each in stands.left_out:
        order = stands.orders[each.work_order_id]
        if not _may_wait(order, each) or await wished_start(tx, order) is not None:
            continue
        if not await duty.qualified_on_duty(tx, order, at=tx.now):
            found.add(order.id)
    return frozenset(found)


def _may_wait(order: WorkOrder, left_out: PlanLeftOut) -> bool:
    return (
        left_out.code in _NO_ROOM
        and order.state is WorkOrderState.QUEUED
        and order.dispatch_step is AssignmentStep.AUTO
        and RANK[order.priority] <= RANK[Priority.NORMAL]
    )


def pass_on(tx: Tx, stands: Standing, changes: Changes, *, but: Collection[int]) -> list[WorkOrder]:
    """Moves what was left out to its next step, `but` for some; returns those that take it."""
    passed_on: list[WorkOrder] = []
    for each in stands.left_out:
        order = stands.orders[each.work_order_id]
        if order.id in but or not _may_pass_on(stands, order, each):
            continue
        told = {"plan_id": stands.plan.id, "code": each.code, "data": each.data}
        if order.state in FREE_TO_MOVE:
            changes.moves.append(Move(order.id, held_now(stands, order), NOBODY))
            take_back(tx, stands, order, changes, reason=each.code)
        order.dispatch_step = _next_step(
            stands.policy, order.dispatch_step, is_named=order.named_technician_id is not None
        )
        changes.orders.append((order, "work_order.left_out", told))
        passed_on.append(order)
    return passed_on


async def begin_steps(tx: Tx, orders: Sequence[WorkOrder]) -> None:
    """The orders begin the step they came to."""
    for order in orders:
        if order.dispatch_step is AssignmentStep.GRAB:
            await open_to_all(tx, order)
        else:
            await await_step(tx, order, after_s=0)


def _may_pass_on(stands: Standing, order: WorkOrder, left_out: PlanLeftOut) -> bool:
    """Not what is on offer or under way already, what a person decided or was called to decide, or
    what has to wait for another order anyway."""
    if order.state is WorkOrderState.QUEUED:
        return left_out.code != "PRECEDENCE" and not _is_for_people(stands.policy, order)
    held = stands.assignments.get(order.id)
    decided = order.is_pinned or (held is not None and held.step not in BY_OPTIMIZER)
    return order.state in FREE_TO_MOVE and not decided


def _is_for_people(policy: Policy, order: WorkOrder) -> bool:
    step = order.dispatch_step
    return step is not None and step in _FOR_PEOPLE and policy.step(step) is not None


def _next_step(
    policy: Policy, step: AssignmentStep | None, *, is_named: bool
) -> AssignmentStep | None:
    """Where the ladder goes after the optimizer could not place an order (DSP-1).

    A step that the optimizer does not carry out (GRAB, SUPERVISOR, VENDOR) is still ahead, so
    it is the one to take; DIRECTED needs a technician named.
    """
    if step is None or policy.step(step) is None:
        step = policy.dispatch_steps[0].step
    elif step in (AssignmentStep.DIRECTED, AssignmentStep.AUTO):
        following = policy.step_after(step)
        step = following.step if following is not None else step
    if step is AssignmentStep.DIRECTED and not is_named:
        following = policy.step_after(step)
        step = following.step if following is not None else step
    return step

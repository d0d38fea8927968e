"""An order that nobody has climbs from leader to leader until one assigns it (GRAB-3, DSP-8)."""

from collections.abc import Sequence

from dispatch.domain.clocks import ClockKind
from dispatch.domain.dispatching import Cause
from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.policies import Policy
from dispatch.domain.rights import Role
from dispatch.domain.work_orders import AssignmentStep, WorkOrderState
from dispatch.services import clocks
from dispatch.services.action import Tx
from dispatch.services.policies import policy_of
from dispatch.services.readers import Reader, readers_of
from dispatch.services.telling import tell
from dispatch.store.clocks import Clock
from dispatch.store.technicians import Technician
from dispatch.store.work_orders import WorkOrder


async def summon(
    tx: Tx, order: WorkOrder, *, cause: Cause, rung: int = 0, leader_id: int | None = None
) -> None:
    """Tells a level that it must assign the order, and puts it on record with names and time.

    A level at which the site has nobody is passed over. `leader_id`: the team leader concerned,
    told instead of all leaders of the site. The next level follows when the policy's time is over.
    """
    policy = await policy_of(tx, order.site_id)
    ladder = _ladder(policy, cause)
    while rung < len(ladder):
        audience = _audience(ladder[rung], leader_id)
        told = await readers_of(tx, audience, site_id=order.site_id)
        if told:
            await _call(tx, order, audience, told, role=ladder[rung], cause=cause, policy=policy)
            break
        rung += 1
    if rung + 1 < len(ladder):
        await clocks.start(
            tx,
            ClockKind.CLIMB,
            order,
            site_id=order.site_id,
            after_s=policy.dispatching.climb_s,
            step=rung + 1,
            cause=cause.value,
            leader_id=leader_id,
        )


async def climb(tx: Tx, clock: Clock) -> None:
    """The effect of the clock: whoever was told has not assigned the order."""
    order = await tx.session.get_one(
        WorkOrder, clock.work_order_id, with_for_update=True, populate_existing=True
    )
    if not is_waiting_for_leaders(order):
        return
    await summon(
        tx,
        order,
        cause=Cause(clock.data["cause"]),
        rung=clock.step,
        leader_id=clock.data.get("leader_id"),
    )


def is_waiting_for_leaders(order: WorkOrder) -> bool:
    return order.state is WorkOrderState.QUEUED and order.dispatch_step in (
        AssignmentStep.SUPERVISOR,
        AssignmentStep.VENDOR,
    )


async def leader_of(tx: Tx, technician_id: int) -> int | None:
    """The team leader of a technician, if they have one who is still there."""
    technician = await tx.session.get_one(Technician, technician_id)
    if technician.leader_id is None:
        return None
    leader = await tx.session.get_one(Technician, technician.leader_id)
    return leader.id if leader.is_active else None


def _ladder(policy: Policy, cause: Cause) -> Sequence[Role]:
    numbers = policy.dispatching
    return numbers.after_declines if cause is Cause.DECLINED else numbers.must_assign


def _audience(role: Role, leader_id: int | None) -> Audience:
    if role is Role.TEAM_LEADER and leader_id is not None:
        return Audience(technician_ids=(leader_id,))
    return Audience(roles=(role,))


async def _call(
    tx: Tx,
    order: WorkOrder,
    audience: Audience,
    told: Sequence[Reader],
    *,
    role: Role,
    cause: Cause,
    policy: Policy,
) -> None:
    await tell(
        tx,
        MessageKind.MUST_ASSIGN,
        audience,
        site_id=order.site_id,
        ticket_id=order.ticket_id,
        work_order_id=order.id,
        number=order.number,
        trade=order.trade,
        cause=cause.value,
        minutes=policy.dispatching.climb_s // 60,
    )
    await tx.save(
        order,
        "work_order.climbed",
        to=role.value,
        people=[reader.name for reader in told],
        cause=cause.value,
    )

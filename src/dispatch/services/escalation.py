"""A breached clock climbs its ladder (升级, SLA-3): each rung tells somebody, may take the order
away from who holds it, and is on the record."""

from datetime import datetime

from sqlalchemy import select

from dispatch.domain.clocks import ORDER_KINDS
from dispatch.domain.ladders import Bystander, OrderMove, Rung
from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.rights import Role
from dispatch.domain.work_orders import FREE_TO_MOVE, AssignmentEnd, AssignmentStep, WorkOrderState
from dispatch.services import clocks
from dispatch.services.action import Tx
from dispatch.services.opening import open_to_all
from dispatch.services.policies import policy_of
from dispatch.services.telling import tell
from dispatch.services.work_orders import release
from dispatch.store.clocks import Clock
from dispatch.store.technicians import Technician
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import Assignment, WorkOrder

_MOVED = "orders moved by a rung"


async def climb(tx: Tx, clock: Clock) -> None:
    """Takes the rung that is due, and starts the clock of the next one."""
    policy = await policy_of(tx, clock.site_id)
    ladder = policy.clocks.ladders[clock.what]
    moved_before = tx.memo.setdefault(_MOVED, set())
    # A rung of the same batch may have given the order to somebody else, or what else was due may
    # have moved it on: nothing is late any more.
    is_moot = clock.work_order_id in moved_before or clocks.was_started_anew(tx, clock)
    if clock.step >= len(ladder) or is_moot:
        return
    rung = ladder[clock.step]
    breached_at = datetime.fromisoformat(clock.data.get("breached_at", clock.due_at.isoformat()))
    audience = await _audience(tx, clock, rung)
    is_moved = await _move(tx, clock, rung.order)
    await tell(
        tx,
        MessageKind.CLOCK_BREACHED,
        audience,
        site_id=clock.site_id,
        ticket_id=clock.ticket_id,
        work_order_id=clock.work_order_id,
        number=await _number(tx, clock),
        clock=clock.kind,
        due_at=breached_at,
    )
    tx.note(
        clock,
        "clock.escalated",
        clock=clock.kind,
        step=clock.step,
        told=rung.tell,
        means=rung.means,
        order=rung.order if is_moved else OrderMove.NOTHING,
    )
    if is_moved:
        moved_before.add(clock.work_order_id)
    elif clock.step + 1 < len(ladder):
        wait = ladder[clock.step + 1].after_s - rung.after_s
        await clocks.follow_up(tx, clock, after_s=wait, breached_at=breached_at)


async def _audience(tx: Tx, clock: Clock, rung: Rung) -> Audience:
    roles = [Role(each) for each in rung.tell if each in set(Role)]
    technicians: list[int] = []
    if {Bystander.HOLDER, Bystander.LEADER} & set(rung.tell):
        holder = await _holder(tx, clock)
        if holder is not None and Bystander.HOLDER in rung.tell:
            technicians.append(holder.id)
        if Bystander.LEADER in rung.tell:
            if holder is not None and holder.leader_id is not None:
                technicians.append(holder.leader_id)
            else:
                roles.append(Role.TEAM_LEADER)
    return Audience(
        roles=tuple(roles),
        technician_ids=tuple(technicians),
        reporter=Bystander.REPORTER in rung.tell,
        owner=True,
        means=rung.means,
    )


async def _holder(tx: Tx, clock: Clock) -> Technician | None:
    """Who holds the clock's order now."""
    if clock.what not in ORDER_KINDS:
        return None
    statement = (
        select(Technician)
        .join(Assignment, Assignment.technician_id == Technician.id)
        .where(Assignment.work_order_id == clock.work_order_id, Assignment.ended_at.is_(None))
    )
    return (await tx.session.execute(statement)).scalar_one_or_none()


async def _move(tx: Tx, clock: Clock, move: OrderMove) -> bool:
    """Does with the order what the rung says; False where it says nothing, or cannot be done.

    What a person pinned, and what somebody is on the way to, stays where it is.
    """
    if move is OrderMove.NOTHING or clock.work_order_id is None:
        return False
    order = await tx.session.get_one(
        WorkOrder, clock.work_order_id, with_for_update=True, populate_existing=True
    )
    if order.is_pinned or order.state not in (*FREE_TO_MOVE, WorkOrderState.QUEUED):
        return False
    if order.state in FREE_TO_MOVE:
        order.dispatch_step = _step_of(move)
        await release(tx, order, end=AssignmentEnd.REASSIGNED, reason=clock.kind)
    elif move is not OrderMove.OFFER:
        order.dispatch_step = _step_of(move)
        await tx.save(order, "work_order.passed_on", reason=clock.kind)
    if move is OrderMove.OFFER:
        await open_to_all(tx, order)
    return True


def _step_of(move: OrderMove) -> AssignmentStep:
    return {
        OrderMove.OFFER: AssignmentStep.GRAB,
        OrderMove.REASSIGN: AssignmentStep.AUTO,
        OrderMove.SUPERVISOR: AssignmentStep.SUPERVISOR,
    }[move]


async def _number(tx: Tx, clock: Clock) -> str:
    if clock.what in ORDER_KINDS:
        return (await tx.session.get_one(WorkOrder, clock.work_order_id)).number
    return (await tx.session.get_one(Ticket, clock.ticket_id)).number

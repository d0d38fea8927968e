"""Work that stands still (暂停): the consent it needs, who is told, the date to go on (EXE-3)."""

from datetime import datetime

from dispatch.domain.clocks import ClockKind
from dispatch.domain.errors import Code, refuse
from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.rights import Role
from dispatch.domain.tickets import Area
from dispatch.domain.work_orders import PauseReason, WorkOrderState
from dispatch.services import clocks
from dispatch.services.action import Tx
from dispatch.services.policies import policy_of
from dispatch.services.telling import tell
from dispatch.services.work_orders import open_assignment
from dispatch.store.clocks import Clock
from dispatch.store.work_orders import WorkOrder


async def check(
    tx: Tx,
    order: WorkOrder,
    *,
    reason: PauseReason,
    consents: bool | None,
    resume_on: datetime | None,
    at: datetime,
) -> datetime:
    """When work goes on; refuses a pause without a date, or without the consent it needs."""
    if resume_on is None:
        raise refuse(Code.REQUIRED, field="resume_on")
    if resume_on <= at:
        raise refuse(Code.OUT_OF_RANGE, field="resume_on", least=at.isoformat(), most="")
    policy = await policy_of(tx, order.site_id)
    # In a public area nobody waits at home for the work to go on.
    costs_customer = order.area is Area.IN_HOME and reason in policy.on_site.consent_reasons
    if costs_customer and not consents:
        raise refuse(Code.CONSENT_NEEDED, field="customer_consents", reason=reason.value)
    return resume_on


async def begin(tx: Tx, order: WorkOrder, *, note: str | None) -> None:
    """The desk is told, and reminded on the day when work should go on."""
    await tell(
        tx,
        MessageKind.WORK_PAUSED,
        Audience(roles=(Role.DESK,), owner=True),
        site_id=order.site_id,
        ticket_id=order.ticket_id,
        work_order_id=order.id,
        number=order.number,
        reason=order.pause_reason,
        resume_on=order.resume_on,
        note=note or "",
    )
    await clocks.start(
        tx, ClockKind.RESUME_DUE, order, site_id=order.site_id, due_at=order.resume_on
    )


async def end(tx: Tx, order: WorkOrder) -> None:
    await clocks.stop(tx, order, ClockKind.RESUME_DUE)


async def remind(tx: Tx, clock: Clock) -> None:
    """The date to go on has passed: technician, leader and desk are reminded until work does."""
    order = await tx.session.get_one(WorkOrder, clock.subject_id)
    if order.state is not WorkOrderState.PAUSED:
        return
    assignment = await open_assignment(tx, order.id)
    holders = (assignment.technician_id,) if assignment is not None else ()
    await tell(
        tx,
        MessageKind.RESUME_DUE,
        Audience(roles=(Role.DESK, Role.TEAM_LEADER), technician_ids=holders, owner=True),
        site_id=order.site_id,
        ticket_id=order.ticket_id,
        work_order_id=order.id,
        number=order.number,
        reason=order.pause_reason,
        resume_on=order.resume_on,
    )
    policy = await policy_of(tx, order.site_id)
    await clocks.start(
        tx,
        ClockKind.RESUME_DUE,
        order,
        site_id=order.site_id,
        after_s=policy.on_site.remind_again_s,
        step=clock.step + 1,
    )

"""Soon after dispatch the desk asks whether the technician is there (到场回访, SLA-5)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, select

from dispatch.domain.arrival_checks import ArrivalCheckState, check_answer
from dispatch.domain.clocks import ClockKind
from dispatch.domain.deadlines import TRAVELLING
from dispatch.domain.errors import Code, refuse
from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.rights import Role
from dispatch.services import clocks, visible
from dispatch.services.action import Tx, expect_version
from dispatch.services.policies import policy_of
from dispatch.services.telling import tell
from dispatch.store.arrival_checks import ArrivalCheck
from dispatch.store.clocks import Clock
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import WorkOrder

_DUE = (
    select(ArrivalCheck)
    .where(
        ArrivalCheck.work_order_id.in_(bindparam("orders", expanding=True)),
        ArrivalCheck.state == ArrivalCheckState.DUE,
    )
    .with_for_update()
)


async def owe(tx: Tx, clock: Clock) -> None:
    """The time has come to call: a task for the desk, as long as nobody has arrived."""
    order = await tx.session.get_one(WorkOrder, clock.work_order_id)
    if order.state not in TRAVELLING:
        return
    ticket = await tx.session.get_one(Ticket, order.ticket_id)
    check = ArrivalCheck(
        site_id=order.site_id,
        ticket_id=order.ticket_id,
        work_order_id=order.id,
        round=clock.step + 1,
        state=ArrivalCheckState.DUE,
        due_at=clock.due_at,
    )
    await tx.save(check, "arrival_check.due")
    await tell(
        tx,
        MessageKind.ARRIVAL_CHECK_DUE,
        Audience(roles=(Role.DESK,)),
        site_id=order.site_id,
        ticket_id=order.ticket_id,
        work_order_id=order.id,
        number=order.number,
        customer=ticket.requester_name or "",
        round=check.round,
    )


async def record(
    tx: Tx,
    *,
    arrival_check_id: int,
    version: int | None = None,
    is_there: bool,
    apologized: bool = False,
    reason: str | None = None,
    new_time: datetime | None = None,
) -> ArrivalCheck:
    """Notes the call. Nobody there: the customer got an apology, the reason and a new time, and
    is called again after the policy's time."""
    check = await visible.find(
        tx,
        ArrivalCheck,
        arrival_check_id,
        visible.arrival_checks(tx.actor),
        field="arrival_check_id",
        lock=True,
    )
    expect_version(check, version)
    if check.state is not ArrivalCheckState.DUE:
        raise refuse(Code.CALLBACK_ENDED, field="arrival_check_id", state=check.state.value)
    check_answer(
        is_there=is_there,
        apologized=apologized,
        reason=reason,
        new_time=new_time,
        now=tx.now,
    )
    check.state = ArrivalCheckState.THERE if is_there else ArrivalCheckState.NOT_THERE
    check.answered_at = tx.now
    check.asked_by_id = tx.actor.user_id
    check.asked_by_name = tx.actor.name
    if not is_there:
        check.apologized, check.reason, check.new_time = apologized, reason, new_time
    await tx.save(check, "arrival_check.recorded")
    if not is_there:
        await _call_again(tx, check)
    return check


async def drop_obsolete(tx: Tx, orders: Sequence[WorkOrder]) -> None:
    """Nobody need be asked about orders whose technician is there, or that nobody holds."""
    ids = [order.id for order in orders if order.state not in TRAVELLING]
    if not ids:
        return
    checks = (await tx.session.execute(_DUE, {"orders": ids})).scalars().all()
    for check in checks:
        check.state = ArrivalCheckState.OBSOLETE
    await tx.save_all((check, "arrival_check.obsolete", {}) for check in checks)


async def _call_again(tx: Tx, check: ArrivalCheck) -> None:
    policy = await policy_of(tx, check.site_id)
    order = await tx.session.get_one(WorkOrder, check.work_order_id)
    if order.state not in TRAVELLING or ClockKind.ARRIVAL_CHECK in policy.clocks.unused:
        return
    newest = (
        select(Clock)
        .where(
            Clock.work_order_id == order.id,
            Clock.id.in_(
                select(func.max(Clock.id)).where(
                    Clock.work_order_id == order.id, Clock.kind == ClockKind.ARRIVAL_CHECK.value
                )
            ),
        )
        .limit(1)
    )
    former = (await tx.session.execute(newest)).scalar_one_or_none()
    await clocks.start(
        tx,
        ClockKind.ARRIVAL_CHECK,
        order,
        site_id=check.site_id,
        after_s=policy.clocks.arrival_check_again_s,
        step=check.round,
        # The same dispatch: it does not begin the calls anew.
        basis=former.data.get("basis") if former is not None else None,
    )

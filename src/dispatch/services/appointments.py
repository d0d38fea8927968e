"""Promises to customers (预约): made, replaced by others, kept or not, set free."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, or_, select

from dispatch.domain.appointments import (
    STANDING_STATES,
    AppointmentBy,
    AppointmentState,
    kept,
)
from dispatch.domain.errors import Code, refuse
from dispatch.domain.rights import Action, Actor
from dispatch.domain.work_orders import AssignmentStep, WorkOrderState
from dispatch.services import clocks
from dispatch.services.action import Tx
from dispatch.services.policies import policy_of
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import Appointment, WorkOrder

# Asked with most orders: put together once.
_STANDING = select(Appointment).where(
    Appointment.work_order_id == bindparam("order"), Appointment.state.in_(STANDING_STATES)
)
_STANDING_LOCKED = _STANDING.with_for_update().execution_options(populate_existing=True)
_WITHOUT_ORDER = (
    select(Appointment)
    .where(
        Appointment.ticket_id == bindparam("ticket"),
        Appointment.work_order_id.is_(None),
        Appointment.moved_from_id.is_(None),
        Appointment.state.in_(STANDING_STATES),
    )
    .order_by(Appointment.state, Appointment.id)
    .limit(1)
    .with_for_update()
)


async def promise(
    tx: Tx,
    order: WorkOrder,
    *,
    starts_at: datetime,
    ends_at: datetime,
    insisted: bool = False,
) -> Appointment:
    """The window that the customer was promised; `insisted`: whether there is room or not."""
    if starts_at >= ends_at:
        raise refuse(Code.OUT_OF_RANGE, field="appointment", least=starts_at.isoformat(), most="")
    appointment = Appointment(
        **of(order),
        starts_at=starts_at,
        ends_at=ends_at,
        state=AppointmentState.CONFIRMED,
        made_by=made_by(tx.actor, order.site_id),
        made_by_id=tx.actor.user_id,
        agreed_by=tx.actor.name,
        created_at=tx.now,
        confirmed_at=tx.now,
    )
    await tx.save(appointment, "appointment.confirmed", insisted=insisted)
    return appointment


async def standing(tx: Tx, order: WorkOrder, *, lock: bool = True) -> Appointment | None:
    """The promise of an order, held or confirmed; with `lock` until the transaction ends."""
    statement = _STANDING_LOCKED if lock else _STANDING
    return (await tx.session.execute(statement, {"order": order.id})).scalar_one_or_none()


async def end(
    tx: Tx, appointment: Appointment, state: AppointmentState, *, reason: str | None = None
) -> None:
    """A promise that stood, or was held, does no more."""
    appointment.state = state
    appointment.reason = reason if reason is not None else appointment.reason
    appointment.ended_at = tx.now
    # Where it was for is the customer's own: kept no longer than it is needed.
    appointment.place_id = None
    await tx.save(appointment, f"appointment.{state.value.lower()}")
    await clocks.stop(tx, appointment)


async def release_all(tx: Tx, order: WorkOrder, *, reason: str) -> None:
    """Sets free what was promised or held for an order that ends."""
    own = select(Appointment.id).where(Appointment.work_order_id == order.id)
    await _release(
        tx,
        [or_(Appointment.work_order_id == order.id, Appointment.moved_from_id.in_(own))],
        reason=reason,
    )


async def release_of_ticket(tx: Tx, ticket: Ticket, *, reason: str) -> None:
    """Sets free what was held or promised for a ticket before it had an order."""
    of_ticket = [Appointment.ticket_id == ticket.id, Appointment.work_order_id.is_(None)]
    await _release(tx, of_ticket, reason=reason)


async def attach(tx: Tx, order: WorkOrder) -> None:
    """The first order of a ticket takes over the time that was agreed while it was taken in."""
    asked = {"ticket": order.ticket_id}
    found = (await tx.session.execute(_WITHOUT_ORDER, asked)).scalar_one_or_none()
    if found is not None:
        await take_over(tx, found, order, verbed="attached")


async def take_over(tx: Tx, appointment: Appointment, order: WorkOrder, *, verbed: str) -> None:
    """From now on the order says what the appointment is for."""
    appointment.work_order_id = order.id
    appointment.ticket_id = order.ticket_id
    appointment.place_id = None
    await tx.save(appointment, f"appointment.{verbed}")
    if appointment.technician_id is not None:
        await name_technician(tx, order, appointment.technician_id)


async def name_technician(tx: Tx, order: WorkOrder, technician_id: int) -> None:
    """Whom the customer asks for is tried first, where the site's steps begin so (DSP-1)."""
    order.named_technician_id = technician_id
    policy = await policy_of(tx, order.site_id)
    is_free = order.state in (WorkOrderState.QUEUED, WorkOrderState.AWAITING_APPROVAL)
    if is_free and policy.step(AssignmentStep.DIRECTED) is not None:
        order.dispatch_step = AssignmentStep.DIRECTED
    await tx.save(order, "work_order.technician_named", technician_id=technician_id)


async def arrived(tx: Tx, order: WorkOrder, *, at: datetime) -> None:
    """Somebody is at the door: the promise was kept, or not."""
    appointment = await standing(tx, order)
    if appointment is None:
        return
    policy = await policy_of(tx, order.site_id)
    grace_s = policy.appointments.late_grace_s
    is_promised = appointment.state is AppointmentState.CONFIRMED
    state = kept(ends_at=appointment.ends_at, arrived_at=at, grace_s=grace_s)
    await end(tx, appointment, state if is_promised else AppointmentState.RELEASED)


def made_by(actor: Actor, site_id: int) -> AppointmentBy:
    """As whom somebody agrees on a time: for all at the site like the desk, or for their own."""
    if actor.may(Action.MAKE_APPOINTMENT, site_id=site_id):
        return AppointmentBy.DESK
    is_technician = actor.technician_id is not None
    return AppointmentBy.TECHNICIAN if is_technician else AppointmentBy.CUSTOMER


def of(order: WorkOrder) -> dict[str, int]:
    """What an appointment's row says of its order."""
    return {"site_id": order.site_id, "ticket_id": order.ticket_id, "work_order_id": order.id}


async def _release(tx: Tx, conditions: Sequence[object], *, reason: str) -> None:
    statement = (
        select(Appointment)
        .where(Appointment.state.in_(STANDING_STATES), *conditions)  # type: ignore[arg-type]
        .order_by(Appointment.id)
        .with_for_update()
    )
    for each in (await tx.session.execute(statement)).scalars().all():
        await end(tx, each, AppointmentState.RELEASED, reason=reason)

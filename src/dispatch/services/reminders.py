"""Before an appointment that was moved within the day the technician is reminded (APT-5)."""

from datetime import timedelta

from dispatch.domain.appointments import MOVABLE_STATES, AppointmentState, needs_reminder
from dispatch.domain.clocks import ClockKind
from dispatch.domain.errors import Code, refuse
from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.rights import Action, Role
from dispatch.services import clocks, visible
from dispatch.services.action import Tx, expect_version
from dispatch.services.climbing import leader_of
from dispatch.services.holding import open_assignment
from dispatch.services.offers import own_assignment
from dispatch.services.plans_in_force import day_of
from dispatch.services.policies import policy_of
from dispatch.services.telling import tell
from dispatch.store.clocks import Clock
from dispatch.store.work_orders import Appointment, Assignment, WorkOrder


async def plan_reminder(tx: Tx, appointment: Appointment) -> None:
    """Starts the clock of the reminder, if the appointment was moved within its day."""
    made_on = await day_of(tx, appointment.site_id, None)
    falls_on = await day_of(tx, appointment.site_id, appointment.starts_at)
    if not needs_reminder(made_on=made_on, falls_on=falls_on):
        return
    before_s = (await policy_of(tx, appointment.site_id)).appointments.remind_before_s
    due_at = max(tx.now, appointment.starts_at - timedelta(seconds=before_s))
    await clocks.start(
        tx,
        ClockKind.APPOINTMENT_REMINDER,
        appointment,
        site_id=appointment.site_id,
        due_at=due_at,
    )


async def remind(tx: Tx, clock: Clock) -> None:
    """The effect of the clock: the technician has to confirm; nobody has it: the leader hears."""
    appointment, order = await _concerned(tx, clock)
    if order is None:
        return
    assignment = await open_assignment(tx, order.id)
    if assignment is None:
        await _chase(tx, appointment, order, leader_id=None)
        return
    if appointment.answered_at is not None and _is_by(appointment, assignment):
        return
    appointment.reminded_at, appointment.reminded_id = tx.now, assignment.technician_id
    appointment.answered_at = None
    await tx.save(appointment, "appointment.reminded", technician_id=assignment.technician_id)
    numbers = (await policy_of(tx, order.site_id)).appointments
    answer_by = tx.now + timedelta(seconds=numbers.remind_answer_s)
    await clocks.start(
        tx,
        ClockKind.APPOINTMENT_ANSWER,
        appointment,
        site_id=order.site_id,
        due_at=answer_by,
    )
    await tell(
        tx,
        MessageKind.APPOINTMENT_REMINDER,
        Audience(technician_ids=(assignment.technician_id,)),
        site_id=order.site_id,
        ticket_id=order.ticket_id,
        work_order_id=order.id,
        number=order.number,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        answer_by=answer_by,
    )


async def unanswered(tx: Tx, clock: Clock) -> None:
    """The effect of the clock: no word from the technician; the team leader is chased.

    Somebody else who has the order by now is reminded in their turn.
    """
    appointment, order = await _concerned(tx, clock)
    if order is None:
        return
    assignment = await open_assignment(tx, order.id)
    if assignment is not None and not _is_by(appointment, assignment):
        await remind(tx, clock)
        return
    if appointment.answered_at is not None:
        return
    leader_id = await leader_of(tx, assignment.technician_id) if assignment is not None else None
    await _chase(tx, appointment, order, leader_id=leader_id)


async def acknowledge(tx: Tx, *, appointment_id: int, version: int | None = None) -> Appointment:
    """The technician who holds the order confirms that they will be there; also before they are
    reminded. Refuses APPOINTMENT_ENDED, NOT_YOUR_ORDER."""
    seen = visible.appointments(tx.actor)
    row = await visible.find(tx, Appointment, appointment_id, seen, field="appointment_id")
    if row.work_order_id is None:
        raise refuse(Code.NOT_FOUND, field="appointment_id", id=appointment_id)
    order = await visible.find_work_order(tx, row.work_order_id, Action.WORK)
    technician_id = await own_assignment(tx, order)
    row = await visible.find(
        tx, Appointment, appointment_id, seen, field="appointment_id", lock=True
    )
    if row.state is not AppointmentState.CONFIRMED:
        raise refuse(Code.APPOINTMENT_ENDED, field="appointment_id", state=row.state.value)
    expect_version(row, version)
    row.answered_at, row.reminded_id = tx.now, technician_id
    await tx.save(row, "appointment.acknowledged", technician_id=technician_id)
    # The reminder's clock runs on: somebody else may have the order by then.
    await clocks.stop(tx, row, ClockKind.APPOINTMENT_ANSWER)
    return row


def _is_by(appointment: Appointment, assignment: Assignment) -> bool:
    """Whether the last word on the appointment is that of who holds the order now."""
    return appointment.reminded_id == assignment.technician_id


async def _concerned(tx: Tx, clock: Clock) -> tuple[Appointment, WorkOrder | None]:
    """The appointment as it is now; no order: it does not stand any more, or somebody is on the
    way already."""
    appointment = await tx.session.get_one(
        Appointment, clock.subject_id, with_for_update=True, populate_existing=True
    )
    if appointment.state is not AppointmentState.CONFIRMED or appointment.work_order_id is None:
        return appointment, None
    order = await tx.session.get_one(WorkOrder, appointment.work_order_id)
    return appointment, order if order.state in MOVABLE_STATES else None


async def _chase(
    tx: Tx, appointment: Appointment, order: WorkOrder, *, leader_id: int | None
) -> None:
    appointment.chased_at = tx.now
    await tx.save(appointment, "appointment.leader_chased", leader_id=leader_id)
    leader = (leader_id,) if leader_id is not None else ()
    await tell(
        tx,
        MessageKind.APPOINTMENT_UNANSWERED,
        Audience(technician_ids=leader, roles=() if leader else (Role.TEAM_LEADER,)),
        site_id=order.site_id,
        ticket_id=order.ticket_id,
        work_order_id=order.id,
        number=order.number,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
    )

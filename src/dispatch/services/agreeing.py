"""A time is agreed with the customer: the first one, or another instead of it (预约、改约)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from dispatch.domain.appointments import (
    MOVABLE_STATES,
    STANDING_STATES,
    AppointmentBy,
    AppointmentState,
    demand_movable,
    is_expired,
    state_when_left,
)
from dispatch.domain.errors import Code, refuse
from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.plans_in_force import DisturbanceCause, Move, PlanCause
from dispatch.domain.rights import Action, Actor
from dispatch.domain.sizes import NAME_MOST, check_text, demand_text
from dispatch.planning.runner import Planner
from dispatch.services import plans_in_force, visible
from dispatch.services.action import Services, Tx, expect_version
from dispatch.services.appointments import (
    end,
    made_by,
    name_technician,
    of,
    standing,
    take_over,
)
from dispatch.services.clocks import stop
from dispatch.services.held_visits import order_of
from dispatch.services.holding import open_assignment
from dispatch.services.holds import check_offered, demand_own
from dispatch.services.reminders import plan_reminder
from dispatch.services.slot_questions import about_order, check_named
from dispatch.services.slot_room import Seen, Wanted, demand_free, lock_days, take_room
from dispatch.services.telling import tell
from dispatch.services.walking import await_step
from dispatch.store.sites import Site
from dispatch.store.work_orders import Appointment, Assignment, CrewMember, WorkOrder


async def confirm(
    tx: Tx,
    *,
    appointment_id: int,
    version: int | None = None,
    ticket_id: int | None = None,
    agreed_by: str | None = None,
    customer_consent: str | None = None,
    reason: str | None = None,
) -> Appointment:
    """The customer has decided: what was held for them is promised.

    Held before there was an order it needs the ticket, and becomes the first order's. Where
    another time was promised, that one is moved, with the reason. Refuses APPOINTMENT_ENDED what
    was not confirmed in time.
    """
    row, order = await _find(tx, appointment_id)
    expect_version(row, version)
    _demand_held(tx, row)
    agreed = _Agreed(tx, row.site_id, agreed_by, customer_consent)
    old: Appointment | None = None
    if row.moved_from_id is not None:
        old = await tx.session.get_one(Appointment, row.moved_from_id)
        demand_text("reason", reason or "")
    if order is not None:
        demand_movable(order.state, step="CONFIRM_SLOT")
        await demand_own(tx, order)
    else:
        order = await _order_of_ticket(tx, row, ticket_id)
    await _agree(tx, order, row, old=old, agreed=agreed, reason=reason)
    return row


async def move(
    services: Services,
    planner: Planner,
    actor: Actor,
    *,
    idempotency_key: str | None = None,
    **asked: Any,
) -> Appointment:
    """Another time was agreed for an order (APT-4); where none was yet, the first.

    By the customer, by the desk, or by the technician who holds the order, who notes how the
    customer agreed. Refuses CUSTOMER_CONSENT_NEEDED, SLOT_TAKEN, SATURATED, and WRONG_STEP for
    what is in progress or has ended.
    """

    async def find(tx: Tx) -> Wanted:
        wanted, _ = await _wanted(tx, lock=False, **_where(asked))
        return wanted

    async def move_appointment(tx: Tx, seen: Seen, **same: Any) -> Appointment:
        return await _move(tx, planner, seen, **same)

    return await take_room(
        services,
        planner,
        actor,
        idempotency_key=idempotency_key,
        find=find,
        act=move_appointment,
        asked=asked,
    )


async def _move(
    tx: Tx,
    planner: Planner,
    seen: Seen,
    *,
    work_order_id: int,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    version: int | None = None,
    technician_id: int | None = None,
    agreed_by: str | None = None,
    customer_consent: str | None = None,
) -> Appointment:
    wanted, order = await _wanted(
        tx,
        lock=True,
        work_order_id=work_order_id,
        starts_at=starts_at,
        ends_at=ends_at,
        technician_id=technician_id,
    )
    demand_text("reason", reason)
    agreed = _Agreed(tx, order.site_id, agreed_by, customer_consent)
    old = await standing(tx, order)
    if old is not None:
        expect_version(old, version)
    await demand_free(tx, planner, wanted, seen)
    if technician_id is not None:
        await name_technician(tx, order, technician_id)
    return await agree(
        tx,
        order,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=reason,
        agreed=agreed,
        technician_id=technician_id,
    )


class _Agreed:
    """Who agreed, and how the customer did; technicians have to say (APT-4)."""

    def __init__(self, tx: Tx, site_id: int, by: str | None, consent: str | None) -> None:
        check_text("agreed_by", by, most=NAME_MOST)
        self.made_by = made_by(tx.actor, site_id)
        if self.made_by is AppointmentBy.TECHNICIAN and not (consent or "").strip():
            raise refuse(Code.CUSTOMER_CONSENT_NEEDED, field="customer_consent")
        self.by = by or tx.actor.name
        self.consent = consent


async def agree(
    tx: Tx,
    order: WorkOrder,
    *,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    agreed: _Agreed | None = None,
    technician_id: int | None = None,
) -> Appointment:
    """Promises a window of an order instead of the one that stands, if any. The caller has made
    sure that there is room."""
    agreed = agreed or _Agreed(tx, order.site_id, None, None)
    row = Appointment(
        **of(order),
        starts_at=starts_at,
        ends_at=ends_at,
        state=AppointmentState.HELD,
        technician_id=technician_id,
        created_at=tx.now,
    )
    old = await standing(tx, order)
    if old is not None and old.state is AppointmentState.HELD:
        await end(tx, old, AppointmentState.RELEASED, reason=reason)
        old = None
    row.moved_from_id = old.id if old is not None else None
    await _agree(tx, order, row, old=old, agreed=agreed, reason=reason)
    return row


async def release(
    tx: Tx, *, appointment_id: int, version: int | None = None, reason: str | None = None
) -> Appointment:
    """Sets a held slot free, or takes a promise back; the latter for a reason, by the desk."""
    row, order = await _find(tx, appointment_id)
    expect_version(row, version)
    _demand_standing(row)
    if order is not None:
        demand_movable(order.state, step="RELEASE_SLOT")
        await demand_own(tx, order)
    if row.state is AppointmentState.CONFIRMED:
        visible.demand(tx, Action.MAKE_APPOINTMENT, site_id=row.site_id)
        demand_text("reason", reason or "")
    was_promised = row.state is AppointmentState.CONFIRMED
    await end(tx, row, AppointmentState.RELEASED, reason=reason)
    if was_promised and order is not None:
        await _change_days(tx, order, row, moves=())
    return row


async def _find(tx: Tx, appointment_id: int) -> tuple[Appointment, WorkOrder | None]:
    """The appointment and its order, locked in the order in which everybody locks them."""
    seen = visible.appointments(tx.actor)
    row = await visible.find(tx, Appointment, appointment_id, seen, field="appointment_id")
    order = await order_of(tx, row)
    if order is not None:
        order = await visible.find_work_order(tx, order.id, Action.MAKE_APPOINTMENT)
    elif row.ticket_id is not None:
        await visible.find_ticket(tx, row.ticket_id, Action.MAKE_APPOINTMENT)
    row = await visible.find(
        tx, Appointment, appointment_id, seen, field="appointment_id", lock=True
    )
    visible.demand(tx, Action.MAKE_APPOINTMENT, site_id=row.site_id, own=True)
    return row, order


def _demand_standing(row: Appointment) -> None:
    if row.state not in STANDING_STATES:
        raise refuse(Code.APPOINTMENT_ENDED, field="appointment_id", state=row.state.value)


def _demand_held(tx: Tx, row: Appointment) -> None:
    if row.state is not AppointmentState.HELD:
        raise refuse(Code.APPOINTMENT_ENDED, field="appointment_id", state=row.state.value)
    if is_expired(row.state, held_until=row.held_until, now=tx.now):
        state = AppointmentState.RELEASED.value
        raise refuse(Code.APPOINTMENT_ENDED, field="appointment_id", state=state)


async def _order_of_ticket(tx: Tx, row: Appointment, ticket_id: int | None) -> WorkOrder | None:
    """The ticket that a slot was held for before it was taken in, and its order, if there is one
    by now that has no time yet."""
    wished = row.ticket_id or ticket_id
    if wished is None:
        raise refuse(Code.REQUIRED, field="ticket_id")
    ticket = await visible.find_ticket(tx, wished, Action.MAKE_APPOINTMENT)
    if ticket.site_id != row.site_id:
        raise refuse(Code.NOT_FOUND, field="ticket_id", id=wished)
    row.ticket_id = ticket.id
    statement = (
        select(WorkOrder)
        .where(WorkOrder.ticket_id == ticket.id, WorkOrder.state.in_(MOVABLE_STATES))
        .order_by(WorkOrder.id)
        .with_for_update()
    )
    for order in (await tx.session.execute(statement)).scalars().all():
        if await standing(tx, order) is None:
            return order
    return None


async def _agree(
    tx: Tx,
    order: WorkOrder | None,
    row: Appointment,
    *,
    old: Appointment | None,
    agreed: _Agreed,
    reason: str | None,
) -> None:
    """The row becomes the promise that stands, and the day follows."""
    if old is not None:
        left = state_when_left(ends_at=old.ends_at, now=tx.now)
        await end(tx, old, left, reason=reason)
    row.state = AppointmentState.CONFIRMED
    row.held_until = None
    row.confirmed_at = tx.now
    row.made_by, row.made_by_id = agreed.made_by, tx.actor.user_id
    row.agreed_by, row.consent = agreed.by, agreed.consent
    if order is None:
        await tx.save(row, "appointment.confirmed")
        await stop(tx, row)
        return
    await take_over(tx, row, order, verbed="confirmed")
    await stop(tx, row)
    moves = await _follow_window(tx, order, row)
    await _change_days(tx, order, row, old=old, moves=moves)
    await await_step(tx, order)
    if old is not None:
        await plan_reminder(tx, row)
    await _tell(tx, order, row, old=old)


async def _follow_window(tx: Tx, order: WorkOrder, row: Appointment) -> Sequence[Move]:
    """Whoever holds the order keeps it; a start out of the window is found anew (DSP-7)."""
    if order.told_start is not None:
        # The customer was told another time by agreeing on it: no further message is due.
        order.told_start = None
        await tx.save(order, "work_order.appointed")
    assignment = await open_assignment(tx, order.id)
    if assignment is None or assignment.planned_start is None:
        return ()
    if row.starts_at <= assignment.planned_start <= row.ends_at:
        return ()
    crew = await _crew(tx, assignment)
    was = plans_in_force.held(assignment, crew)
    assignment.planned_start = assignment.planned_end = assignment.travel_s = None
    await tx.save(assignment, "assignment.unplanned", **of(order))
    return (Move(order.id, was, plans_in_force.held(assignment, crew)),)


async def _change_days(
    tx: Tx,
    order: WorkOrder,
    row: Appointment,
    *,
    old: Appointment | None = None,
    moves: Sequence[Move],
) -> None:
    """The plans in force of the days concerned are others now; a time is found where one lacks."""
    site_id = order.site_id
    day = await plans_in_force.day_of(tx, site_id, row.starts_at)
    days = {day, *({await plans_in_force.day_of(tx, site_id, old.starts_at)} if old else ())}
    await lock_days(tx, site_id, *days)
    for each in sorted(days):
        await plans_in_force.changed(
            tx,
            site_id=site_id,
            day=each,
            cause=PlanCause.APPOINTMENT,
            moves=moves if each == day else (),
            work_order_id=order.id,
            appointment_id=row.id,
        )
    if moves:
        await plans_in_force.disturbed(
            tx,
            site_id=site_id,
            day=day,
            cause=DisturbanceCause.APPOINTMENT,
            work_order_id=order.id,
            technician_id=moves[0].now.crew[0],
        )


async def _tell(tx: Tx, order: WorkOrder, row: Appointment, *, old: Appointment | None) -> None:
    """The customer has it in writing; whoever holds the order hears of another time."""
    about = {"site_id": order.site_id, "ticket_id": order.ticket_id, "work_order_id": order.id}
    said = {"number": order.number, "starts_at": row.starts_at, "ends_at": row.ends_at}
    if old is None:
        await tell(tx, MessageKind.APPOINTMENT_MADE, Audience(reporter=True), **about, **said)
        return
    assignment = await open_assignment(tx, order.id)
    crew = await _crew(tx, assignment) if assignment is not None else ()
    await tell(
        tx,
        MessageKind.APPOINTMENT_MOVED,
        Audience(reporter=True, technician_ids=tuple(crew)),
        **about,
        **said,
        was_starts_at=old.starts_at,
        was_ends_at=old.ends_at,
        reason=old.reason or "",
    )


async def _crew(tx: Tx, assignment: Assignment) -> Sequence[int]:
    statement = (
        select(CrewMember.technician_id)
        .where(CrewMember.assignment_id == assignment.id)
        .order_by(CrewMember.id)
    )
    return (await tx.session.execute(statement)).scalars().all()


async def _wanted(
    tx: Tx,
    *,
    lock: bool,
    work_order_id: int,
    starts_at: datetime,
    ends_at: datetime,
    technician_id: int | None = None,
) -> tuple[Wanted, WorkOrder]:
    order = await visible.find_work_order(tx, work_order_id, Action.MAKE_APPOINTMENT, lock=lock)
    demand_movable(order.state, step="MOVE_APPOINTMENT")
    await demand_own(tx, order)
    site = await tx.session.get_one(Site, order.site_id)
    await check_offered(tx, site=site, starts_at=starts_at, ends_at=ends_at)
    if technician_id is not None:
        await check_named(tx, technician_id, site_id=site.id)
    about = await about_order(tx, order)
    return (
        Wanted(site, about.visit, about.trade, about.spot, starts_at, ends_at, technician_id),
        order,
    )


def _where(asked: dict[str, Any]) -> dict[str, Any]:
    """What decides whether there is room, of all that was asked."""
    names = ("work_order_id", "starts_at", "ends_at", "technician_id")
    return {name: asked[name] for name in names if name in asked}

"""A slot is held while the customer decides (保留时段, APT-2)."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select

from dispatch.domain.appointments import (
    AppointmentState,
    check_window,
    demand_movable,
    is_expired,
)
from dispatch.domain.clocks import ClockKind
from dispatch.domain.errors import Code, refuse
from dispatch.domain.rights import Action, Actor
from dispatch.domain.tickets import STEPS as TICKET_STEPS
from dispatch.domain.tickets import TicketState
from dispatch.planning.runner import Planner
from dispatch.services import clocks, visible
from dispatch.services.action import Services, Tx
from dispatch.services.appointments import end, made_by, name_technician, standing
from dispatch.services.offers import own_assignment
from dispatch.services.policies import policy_of
from dispatch.services.slot_questions import (
    Question,
    VisitWished,
    about_order,
    about_visit,
    check_named,
)
from dispatch.services.slot_room import Seen, Wanted, demand_free, take_room
from dispatch.services.slots import windows_of
from dispatch.store.clocks import Clock
from dispatch.store.sites import Site
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import Appointment, WorkOrder

_DECIDED_ANEW = "another slot"
_RAN_OUT = "not confirmed in time"
_UNSOLVED = (TicketState.NEW, TicketState.TRIAGED, TicketState.IN_PROGRESS)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be held: for an order, for a ticket, or for work that nobody has reported yet."""

    starts_at: datetime
    ends_at: datetime
    work_order_id: int | None = None
    ticket_id: int | None = None
    visit: VisitWished | None = None
    technician_id: int | None = None


@dataclass(frozen=True, slots=True)
class _Subject:
    """For what a slot is held; `stands` is what the order's customer was promised so far."""

    about: Question
    order: WorkOrder | None = None
    ticket: Ticket | None = None
    visit: VisitWished | None = None
    stands: Appointment | None = None

    @property
    def is_promised(self) -> bool:
        return self.stands is not None and self.stands.state is AppointmentState.CONFIRMED


async def hold(
    services: Services,
    planner: Planner,
    actor: Actor,
    *,
    idempotency_key: str | None = None,
    **wished: Any,
) -> Appointment:
    """Keeps a window for the policy's time; nobody else is promised that room meanwhile.

    What the same customer had held for the same before is set free. Refuses SLOT_TAKEN when the
    plan in force could not keep the window any more, SATURATED, and WRONG_STEP once somebody has
    set out.
    """
    wish = Wish(**wished)

    async def find(tx: Tx) -> Wanted:
        wanted = _wanted(await _subject(tx, wish, lock=False), wish)
        await _check(tx, wanted)
        return wanted

    async def hold_slot(tx: Tx, seen: Seen, **_same: Any) -> Appointment:
        return await _hold(tx, planner, wish, seen)

    return await take_room(
        services,
        planner,
        actor,
        idempotency_key=idempotency_key,
        find=find,
        act=hold_slot,
        asked=_plain(wish),
    )


async def _hold(tx: Tx, planner: Planner, wish: Wish, seen: Seen) -> Appointment:
    subject = await _subject(tx, wish, lock=True)
    wanted = _wanted(subject, wish)
    await _check(tx, wanted)
    await _let_go(tx, subject)
    await demand_free(tx, planner, wanted, seen)
    policy = await policy_of(tx, wanted.site.id)
    hold_s = policy.appointments.hold_s
    row = Appointment(
        **_target(subject),
        starts_at=wish.starts_at,
        ends_at=wish.ends_at,
        state=AppointmentState.HELD,
        held_until=tx.now + timedelta(seconds=hold_s),
        technician_id=wish.technician_id,
        made_by=made_by(tx.actor, wanted.site.id),
        made_by_id=tx.actor.user_id,
        created_at=tx.now,
    )
    await tx.save(row, "appointment.held")
    await clocks.start(
        tx, ClockKind.APPOINTMENT_HOLD, row, site_id=row.site_id, due_at=row.held_until
    )
    if wish.technician_id is not None and row.work_order_id is not None and subject.order:
        await name_technician(tx, subject.order, wish.technician_id)
    return row


async def ran_out(tx: Tx, clock: Clock) -> None:
    """The effect of the clock: the customer has not decided in time."""
    row = await tx.session.get_one(Appointment, clock.subject_id, with_for_update=True)
    if is_expired(row.state, held_until=row.held_until, now=tx.now):
        await end(tx, row, AppointmentState.RELEASED, reason=_RAN_OUT)


async def demand_own(tx: Tx, order: WorkOrder) -> None:
    """A technician agrees on times of the orders that they hold, not of those on offer to them."""
    is_technician = tx.actor.technician_id is not None
    if is_technician and not tx.actor.may(Action.MAKE_APPOINTMENT, site_id=order.site_id):
        await own_assignment(tx, order)


async def _subject(tx: Tx, wish: Wish, *, lock: bool) -> _Subject:
    if wish.work_order_id is not None:
        order = await visible.find_work_order(
            tx, wish.work_order_id, Action.MAKE_APPOINTMENT, lock=lock
        )
        demand_movable(order.state, step="HOLD_SLOT")
        await demand_own(tx, order)
        stands = await standing(tx, order, lock=lock)
        is_promised = stands is not None and stands.state is AppointmentState.CONFIRMED
        about = await about_order(tx, order, beside=is_promised)
        return _Subject(about, order=order, stands=stands)
    ticket = None
    visit = wish.visit
    if wish.ticket_id is not None:
        ticket = await visible.find_ticket(tx, wish.ticket_id, Action.MAKE_APPOINTMENT, lock=lock)
        _demand_open(ticket)
        visit = visit or _visit_of(ticket)
    if visit is None:
        raise refuse(Code.REQUIRED, field="visit")
    if ticket is not None and visit.site_id != ticket.site_id:
        raise refuse(Code.NOT_FOUND, field="ticket_id", id=ticket.id)
    about = await about_visit(tx, visit)
    visible.demand(tx, Action.MAKE_APPOINTMENT, site_id=about.site.id, own=True)
    return _Subject(about, ticket=ticket, visit=visit)


def _visit_of(ticket: Ticket) -> VisitWished | None:
    """What a triaged ticket says of the visit it needs."""
    if ticket.place_id is None or not ticket.trade or ticket.duration_s is None:
        return None
    return VisitWished(
        site_id=ticket.site_id,
        place_id=ticket.place_id,
        trade=ticket.trade,
        duration_s=ticket.duration_s,
        level=ticket.level or 1,
        crew_size=ticket.crew_size or 1,
    )


def _demand_open(ticket: Ticket) -> None:
    if ticket.state not in _UNSOLVED:
        raise refuse(
            Code.WRONG_STEP,
            field="ticket_id",
            allowed=TICKET_STEPS.allowed(ticket.state),
            noun="ticket",
            step="HOLD_SLOT",
            state=ticket.state.value,
        )


def _wanted(subject: _Subject, wish: Wish) -> Wanted:
    about = subject.about
    return Wanted(
        site=about.site,
        visit=about.visit,
        trade=about.trade,
        spot=about.spot,
        starts_at=wish.starts_at,
        ends_at=wish.ends_at,
        technician_id=wish.technician_id,
    )


async def _check(tx: Tx, wanted: Wanted) -> None:
    """A window of one day that is not over; customers choose among those of the policy."""
    await check_offered(tx, site=wanted.site, starts_at=wanted.starts_at, ends_at=wanted.ends_at)
    if wanted.technician_id is not None:
        await check_named(tx, wanted.technician_id, site_id=wanted.site.id)


async def check_offered(tx: Tx, *, site: Site, starts_at: datetime, ends_at: datetime) -> None:
    """Refuses OUT_OF_RANGE a window that is over or reaches into another day, and to customers
    and technicians BAD_INPUT one that the site does not offer."""
    check_window(starts_at, ends_at, now=tx.now)
    day = Wanted(site, 0, "", None, starts_at, ends_at).day
    last = Wanted(site, 0, "", None, ends_at - timedelta(seconds=1), ends_at).day
    if day != last:
        raise refuse(Code.OUT_OF_RANGE, field="ends_at", least=starts_at.isoformat(), most="24:00")
    if tx.actor.may(Action.MAKE_APPOINTMENT, site_id=site.id):
        return
    offered = windows_of(site, await policy_of(tx, site.id), day)
    if (starts_at, ends_at) not in offered:
        known = tuple(f"{a.isoformat()}/{b.isoformat()}" for a, b in offered)
        raise refuse(Code.BAD_INPUT, field="starts_at", given=starts_at.isoformat(), allowed=known)


def _target(subject: _Subject) -> dict[str, Any]:
    """The columns that say for what a slot is held."""
    order, visit = subject.order, subject.visit
    if order is not None:
        held = {"site_id": order.site_id, "ticket_id": order.ticket_id}
        if subject.stands is not None and subject.is_promised:
            return {**held, "moved_from_id": subject.stands.id}
        return {**held, "work_order_id": order.id}
    assert visit is not None
    return {
        "site_id": visit.site_id,
        "ticket_id": subject.ticket.id if subject.ticket is not None else None,
        "place_id": visit.place_id,
        "trade": visit.trade,
        "level": visit.level,
        "duration_s": visit.duration_s,
        "crew_size": visit.crew_size,
    }


async def _let_go(tx: Tx, subject: _Subject) -> None:
    """What was held for the same before: one slot at a time."""
    order = subject.order
    if order is not None:
        promised = subject.stands.id if subject.stands is not None else 0
        mine = or_(Appointment.work_order_id == order.id, Appointment.moved_from_id == promised)
    elif subject.ticket is not None:
        mine = and_(Appointment.ticket_id == subject.ticket.id, Appointment.work_order_id.is_(None))
    elif tx.actor.may(Action.MAKE_APPOINTMENT, site_id=subject.about.site.id):
        # The desk has many callers at a time; each of the holds runs out by itself.
        return
    else:
        mine = and_(
            Appointment.made_by_id == tx.actor.user_id,
            Appointment.ticket_id.is_(None),
            Appointment.work_order_id.is_(None),
        )
    statement = (
        select(Appointment)
        .where(Appointment.state == AppointmentState.HELD, mine)
        .order_by(Appointment.id)
        .with_for_update()
    )
    for each in (await tx.session.execute(statement)).scalars().all():
        await end(tx, each, AppointmentState.RELEASED, reason=_DECIDED_ANEW)


def _plain(wish: Wish) -> dict[str, Any]:
    """The wish as arguments that a repeated call is known by."""
    return asdict(wish)

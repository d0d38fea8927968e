"""Whether an order on offer fits into a technician's day, by the planner's estimates (GRAB-5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, bindparam, or_, select

from dispatch.domain.appointments import STANDING_STATES
from dispatch.domain.grabbing import HERE, Day, Fit, Stop, fit, is_over_limit, reach_s
from dispatch.domain.policies import Policy
from dispatch.domain.roster import Shift
from dispatch.domain.travel import Spot
from dispatch.domain.work_orders import HELD_STATES, AssignmentEnd, WorkOrderState
from dispatch.planning.inputs import spot_of
from dispatch.services import duty, overtime
from dispatch.services.action import Tx
from dispatch.services.duty import local_date
from dispatch.services.loads import part_of_load
from dispatch.services.policies import policy_of
from dispatch.store.among import among
from dispatch.store.sites import Site
from dispatch.store.technicians import Technician
from dispatch.store.work_orders import Appointment, Assignment, CrewMember, WorkOrder
from dispatch.travel.straight_line import travel_matrix

_LATELY = timedelta(hours=12)
# Asked with every grab and for every offer shown: put together once, of the columns needed.
_CREWS = (
    select(
        WorkOrder.id,
        WorkOrder.number,
        WorkOrder.state,
        WorkOrder.duration_s,
        WorkOrder.started_at,
        WorkOrder.resume_on,
        WorkOrder.latitude,
        WorkOrder.longitude,
        WorkOrder.building_id,
        WorkOrder.floor,
        Assignment.technician_id,
        Assignment.planned_start,
        Assignment.travel_s,
        Assignment.ended_at,
        Assignment.end,
        CrewMember.worked_s,
    )
    .join(Assignment, Assignment.work_order_id == WorkOrder.id)
    .join(CrewMember, CrewMember.assignment_id == Assignment.id)
    .where(
        CrewMember.technician_id == bindparam("technician"),
        or_(
            Assignment.ended_at.is_(None),
            and_(Assignment.end == AssignmentEnd.DONE, Assignment.ended_at >= bindparam("since")),
        ),
    )
    .order_by(WorkOrder.id)
)
_PROMISED = select(Appointment).where(
    among(Appointment.work_order_id, "ids"), Appointment.state.in_(STANDING_STATES)
)
_BUSY = (WorkOrderState.EN_ROUTE, WorkOrderState.ARRIVED, WorkOrderState.STARTED)


@dataclass(frozen=True, slots=True)
class GrabFit:
    """What a technician sees of an order before grabbing it.

    Distance (m) and travel (s) are from where they are now, None when somebody's place is
    unknown. `reach_s` counts the rest of the job they are busy with, and may then be at most
    `reach_within_s`; `load_s` is today's work. The window is the promised one, else the wished.
    """

    distance_m: int | None
    travel_s: int | None
    reach_s: int
    reach_within_s: int
    is_busy: bool
    load_s: int
    limit_s: int | None
    is_over_limit: bool
    window_from: datetime | None
    window_to: datetime | None
    fit: Fit


@dataclass(frozen=True, slots=True)
class _Held:
    """A row of `_CREWS`: what is read of an order and of who has it, or had it today."""

    order: Any

    @property
    def is_open(self) -> bool:
        return self.order.ended_at is None


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is known of a technician's day, whatever order is asked about."""

    technician: Technician
    policy: Policy
    held: Sequence[_Held]
    appointments: Mapping[int, Appointment]
    last: Spot | None
    load_s: int


async def fits_of(
    tx: Tx, technician: Technician, orders: Sequence[WorkOrder]
) -> dict[int, GrabFit]:
    """How each of the orders would fit, by its id; a fixed number of statements per site."""
    by_site: dict[int, list[WorkOrder]] = {}
    for order in orders:
        by_site.setdefault(order.site_id, []).append(order)
    found: dict[int, GrabFit] = {}
    for site_id, wanted in by_site.items():
        site = await tx.session.get_one(Site, site_id)
        facts = await _facts(tx, technician, site, wanted)
        shifts: dict[date, list[Shift]] = {}
        rooms: dict[date, dict[int, int]] = {}
        for order in wanted:
            day = duty.local_date(site, _moment(tx, facts, order))
            if day not in shifts:
                shifts[day] = await duty.shifts_touching(tx, technician.id, site=site, day=day)
                rooms[day] = await overtime.room_of(tx, [technician], site_id=site_id, day=day)
            room = timedelta(seconds=rooms[day].get(technician.id, 0))
            found[order.id] = _fit(facts, order, now=tx.now, shifts=shifts[day], room=room)
    return found


async def _facts(tx: Tx, technician: Technician, site: Site, wanted: Sequence[WorkOrder]) -> _Facts:
    begins = datetime.combine(local_date(site, tx.now), time.min, ZoneInfo(site.time_zone))
    ends, lately = begins + timedelta(days=1), tx.now - _LATELY
    asked = {"technician": technician.id, "since": min(begins, lately)}
    crews = [_Held(row) for row in (await tx.session.execute(_CREWS, asked)).all()]
    held = [each for each in crews if each.is_open and each.order.state in HELD_STATES]
    ids = {each.order.id for each in held} | {order.id for order in wanted}
    appointments = {
        each.work_order_id: each
        for each in (await tx.session.execute(_PROMISED, {"ids": list(ids)})).scalars()
        if each.work_order_id is not None
    }
    loads = [part_of_load(each.order, begins=begins, ends=ends) for each in crews]
    return _Facts(
        technician=technician,
        policy=await policy_of(tx, site.id),
        held=held,
        appointments=appointments,
        last=_last_spot(technician, crews, since=lately),
        load_s=sum(loads),
    )


def _last_spot(technician: Technician, crews: Sequence[_Held], *, since: datetime) -> Spot | None:
    """Where the technician was last at work, else their home base."""
    led = [
        each.order
        for each in crews
        if each.order.end is AssignmentEnd.DONE
        and each.order.ended_at > since
        and each.order.technician_id == technician.id
    ]
    spot = spot_of(max(led, key=lambda done: done.ended_at)) if led else None
    return spot or _home(technician)


def _moment(tx: Tx, facts: _Facts, order: WorkOrder) -> datetime:
    """From when the order is to be done, as far as anybody knows; never in the past."""
    appointment = facts.appointments.get(order.id)
    earliest = appointment.starts_at if appointment is not None else order.wished_from
    return max(tx.now, earliest or tx.now)


def _fit(
    facts: _Facts,
    order: WorkOrder,
    *,
    now: datetime,
    shifts: Sequence[Shift],
    room: timedelta,
) -> GrabFit:
    appointment = facts.appointments.get(order.id)
    earliest = appointment.starts_at if appointment is not None else order.wished_from
    moment = max(now, earliest or now)
    shift = _shift_at(shifts, moment)
    begins = shift.starts_at if shift is not None else moment
    is_today = begins <= now
    busy = _busy(facts) if is_today else None
    free_at = _free_at(facts, busy, now) if is_today else begins
    here = spot_of(busy.order) if busy is not None else facts.last
    ends_at = shift.ends_at + room if shift is not None else None
    held = [
        each
        for each in facts.held
        if (busy is None or each.order.id != busy.order.id)
        and _is_in(each, begins=begins, ends_at=ends_at, is_today=is_today)
    ]
    spots = [here if is_today else _home(facts.technician)]
    spots += [spot_of(each.order) for each in held]
    spots.append(spot_of(order))
    ids = [HERE, *(each.order.id for each in held), order.id]
    travel, metres = _travel(facts, ids, spots)
    day = Day(
        free_at=free_at,
        ends_at=ends_at,
        held=[_stop(facts, each.order, planned=each.order.planned_start) for each in held],
        travel=travel,
    )
    wanted = _stop(facts, order, planned=None, now=now)
    known = spots[0] is not None and spots[-1] is not None
    limit_s = facts.technician.work_limit_s
    limit_s = limit_s if limit_s is not None else facts.policy.work_limit_s
    return GrabFit(
        distance_m=metres[HERE, order.id] if known else None,
        travel_s=travel[HERE, order.id] if known else None,
        reach_s=reach_s(day, wanted, now=now),
        reach_within_s=facts.policy.grabbing.reach_within_s,
        is_busy=busy is not None,
        load_s=facts.load_s,
        limit_s=limit_s,
        is_over_limit=is_over_limit(facts.load_s, order.duration_s, limit_s=limit_s),
        window_from=earliest,
        window_to=appointment.ends_at if appointment is not None else order.wished_to,
        fit=fit(day, wanted),
    )


def _busy(facts: _Facts) -> _Held | None:
    """The job that the technician is at, or on the way to."""
    return next((each for each in facts.held if each.order.state in _BUSY), None)


def _free_at(facts: _Facts, busy: _Held | None, now: datetime) -> datetime:
    """When the job at hand ends, as far as anybody can tell."""
    if busy is None:
        return now
    expected = timedelta(seconds=busy.order.duration_s)
    if busy.order.started_at is not None:
        ends = busy.order.started_at + expected
        overrun = timedelta(seconds=facts.policy.grabbing.overrun_s)
        return ends if ends > now else now + overrun
    is_travelling = busy.order.state is WorkOrderState.EN_ROUTE
    travel_s = (busy.order.travel_s or 0) if is_travelling else 0
    return now + expected + timedelta(seconds=travel_s)


def _is_in(each: _Held, *, begins: datetime, ends_at: datetime | None, is_today: bool) -> bool:
    """Whether an order held is one of the shift's; without a planned time it is today's."""
    planned = each.order.planned_start
    if each.order.state is WorkOrderState.PAUSED:
        planned = each.order.resume_on
    if planned is None:
        return is_today
    return (is_today or planned >= begins) and (ends_at is None or planned < ends_at)


def _stop(
    facts: _Facts, order: WorkOrder, *, planned: datetime | None, now: datetime | None = None
) -> Stop:
    """An order as a stop; `now` set: one that is wanted, whose missed window binds no more."""
    appointment = facts.appointments.get(order.id)
    earliest = appointment.starts_at if appointment is not None else None
    latest = appointment.ends_at if appointment is not None else None
    if now is not None:
        earliest = earliest or order.wished_from
        latest = latest if latest is not None and latest > now else None
    return Stop(order.id, order.number, order.duration_s, planned, earliest, latest)


def _travel(
    facts: _Facts, ids: Sequence[int], spots: Sequence[Spot | None]
) -> tuple[dict[tuple[int, int], int], dict[tuple[int, int], int]]:
    """Seconds and metres between stops; nothing is known of a stop without a point."""
    known = [(at, spot) for at, spot in zip(ids, spots, strict=True) if spot is not None]
    durations, distances = travel_matrix(
        [spot for _, spot in known],
        travel=facts.technician.travel,
        numbers=facts.policy.planning,
    )
    seconds = {(a, b): 0 for a in ids for b in ids}
    metres = dict(seconds)
    for row, (a, _) in enumerate(known):
        for column, (b, _) in enumerate(known):
            seconds[a, b] = int(durations[row, column])
            metres[a, b] = int(distances[row, column])
    return seconds, metres


def _shift_at(shifts: Sequence[Shift], moment: datetime) -> Shift | None:
    """The shift that holds the moment, else the next one."""
    left = sorted((each for each in shifts if each.ends_at > moment), key=lambda s: s.starts_at)
    return left[0] if left else None


def _home(technician: Technician) -> Spot | None:
    if technician.home_latitude is None or technician.home_longitude is None:
        return None
    return Spot(technician.home_latitude, technician.home_longitude)

"""Orders as the optimizer's visits."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

from dispatch.domain.appointments import AppointmentState
from dispatch.domain.travel import Spot
from dispatch.domain.triage import RANK, Priority
from dispatch.domain.work_orders import AssignmentStep, WorkOrderState
from dispatch.planning.inputs import OpenOrder, Person, PlanningDay, spot_of
from dispatch.planning.places import Places
from dispatch.planning.screening import is_decided, is_under_way
from dispatch_solver import Current, Need, Pin, Started, Visit, Window

_FAR_FUTURE_S = 7 * 86_400


def visits_of(
    day: PlanningDay, orders: Sequence[OpenOrder], *, places: Places
) -> tuple[Visit, ...]:
    """One visit per order, in the order given."""
    people = {person.technician.id: person for person in day.people}
    begun = _begun(day, orders)
    next_up = _next_up(day, orders, begun=begun)
    visits = []
    for each in orders:
        spot = spot_of(each.order)
        if spot is None:
            raise ValueError(f"order {each.order.id} has no point")
        if is_under_way(day, each):
            visits.append(
                _under_way(
                    day,
                    each,
                    place=places.of(spot),
                    is_begun=each.order.id in begun,
                    position=0 if each.order.id in next_up else None,
                    known=people,
                )
            )
        else:
            visits.append(_waiting(day, each, place=places.of(spot), known=people))
    return tuple(visits)


def visit_of(day: PlanningDay, each: OpenOrder, *, places: Places) -> Visit | None:
    """An order that waits, as it would be on the day, whatever day it is for; None: no point."""
    spot = spot_of(each.order)
    if spot is None:
        return None
    people = {person.technician.id: person for person in day.people}
    return _waiting(day, each, place=places.of(spot), known=people)


def prospect(
    day: PlanningDay,
    spot: Spot,
    *,
    places: Places,
    trade: str,
    level: int,
    duration_s: int,
    crew_size: int,
    refused: frozenset[int] = frozenset(),
) -> Visit:
    """Work that nobody has ordered yet: a caller who asks when somebody could come."""
    known = {person.technician.id for person in day.people}
    return Visit(
        id="prospect",
        place=places.of(spot),
        duration=duration_s,
        release=day.second(day.now),
        needs=_needs(trade, level, crew_size),
        priority=RANK[Priority.NORMAL],
        refused=_names(refused & known),
    )


def _waiting(
    day: PlanningDay, each: OpenOrder, *, place: str, known: Mapping[int, Person]
) -> Visit:
    order = each.order
    crew = _crew(each, known)
    decided = is_decided(day, each)
    held = each.assignment is not None and not day.is_past and bool(crew)
    started = each.assignment.planned_start if each.assignment is not None else None
    return Visit(
        id=str(order.id),
        place=place,
        duration=order.duration_s,
        windows=windows_of(day, each),
        release=_release(day, each),
        due=due_of(day, each),
        needs=_needs(order.trade, order.level, order.crew_size),
        priority=RANK[order.priority],
        preferred=_names(each.served_before & known.keys()),
        refused=_names(each.refused & known.keys()),
        named=named_of(day, each),
        promise=_promise(day, each),
        current=Current(
            technician=crew[0],
            start=day.second(started) if started is not None else None,
            others=crew[1:],
        )
        if held
        else None,
        pinned=Pin(technician=crew[0], others=crew[1 : order.crew_size])
        if held and decided
        else None,
    )


def _under_way(
    day: PlanningDay,
    each: OpenOrder,
    *,
    place: str,
    is_begun: bool,
    position: int | None,
    known: Mapping[int, Person],
) -> Visit:
    """Somebody is at it or on the way: it stays with them, before anything else they do."""
    order = each.order
    crew = _crew(each, known)
    now = day.second(day.now)
    visit = Visit(
        id=str(order.id),
        place=place,
        duration=order.duration_s,
        release=now,
        needs=_needs(order.trade, order.level, len(crew) or order.crew_size),
        priority=RANK[Priority.EMERGENCY],
        promise=_promise(day, each),
    )
    changes: dict[str, Any] = {}
    if is_begun and order.started_at is not None:
        start = day.second(order.started_at)
        free_from = known[int(crew[0])].free_from
        said = day.second(free_from) if free_from is not None else 0
        overrun = now - start + day.policy.planning.overrun_s
        changes = {
            "duration": max(order.duration_s, overrun, said - start),
            "release": 0,
            "started": Started(technician=crew[0], start=start, others=crew[1:]),
        }
    elif crew:
        if order.state is WorkOrderState.PAUSED and order.resume_on is not None:
            changes["release"] = max(now, day.second(order.resume_on))
        changes["pinned"] = Pin(technician=crew[0], others=crew[1:], position=position)
    return replace(visit, **changes)


def _begun(day: PlanningDay, orders: Sequence[OpenOrder]) -> set[int]:
    """Orders at work now: at most one per person, and only within a shift that is running."""
    on_shift = {
        person.technician.id
        for person in day.people
        if any(shift.ends_at > day.now for shift in person.shifts)
    }
    busy: set[int] = set()
    begun: set[int] = set()
    for each in orders:
        order = each.order
        if day.is_past or order.state is not WorkOrderState.STARTED or each.assignment is None:
            continue
        crew = {each.assignment.technician_id, *each.helpers}
        if order.started_at is not None and crew <= on_shift and not crew & busy:
            busy |= crew
            begun.add(order.id)
    return begun


def _next_up(day: PlanningDay, orders: Sequence[OpenOrder], *, begun: set[int]) -> set[int]:
    """Orders somebody is on the way to, or at the door of: their next stop, whatever follows."""
    taken = {
        member
        for each in orders
        if each.order.id in begun and each.assignment is not None
        for member in (each.assignment.technician_id, *each.helpers)
    }
    found: set[int] = set()
    for each in orders:
        travelling = each.order.state in (WorkOrderState.EN_ROUTE, WorkOrderState.ARRIVED)
        if day.is_past or not travelling or each.assignment is None:
            continue
        crew = {each.assignment.technician_id, *each.helpers}
        if not crew & taken:
            taken |= crew
            found.add(each.order.id)
    return found


def windows_of(day: PlanningDay, each: OpenOrder) -> tuple[Window, ...]:
    """The appointment, else the wish; none when it has passed already or nobody said when."""
    order = each.order
    if each.appointment is not None:
        span = (each.appointment.starts_at, each.appointment.ends_at)
    elif order.wished_from is not None or order.wished_to is not None:
        span = (order.wished_from, order.wished_to)
    else:
        return ()
    start = day.second(span[0]) if span[0] is not None else 0
    end = day.second(span[1]) if span[1] is not None else _FAR_FUTURE_S
    return (Window(start, end),) if end > day.second(day.now) else ()


def due_of(day: PlanningDay, each: OpenOrder) -> int | None:
    """When it should have begun, while that can still be kept.

    An urgent order that is late already is late by the minute; of the others that are late,
    counting it would rank days of backlog above every route, and help nobody.
    """
    order = each.order
    if order.due_at is None or each.appointment is not None:
        return None
    if order.due_at >= day.now:
        return min(day.second(order.due_at), _FAR_FUTURE_S)
    urgent = RANK[order.priority] >= RANK[Priority.HIGH]
    return day.second(day.now) if urgent else None


def named_of(day: PlanningDay, each: OpenOrder) -> tuple[str, ...]:
    """The technician the customer named, while it is that step's turn and they can come (DSP-1)."""
    order = each.order
    if order.dispatch_step is not AssignmentStep.DIRECTED or order.named_technician_id is None:
        return ()
    fit = any(
        person.technician.id == order.named_technician_id
        and person.shifts
        and person.skills.get(order.trade, 0) >= order.level
        for person in day.people
    )
    if not fit or order.named_technician_id in each.refused:
        return ()
    return (str(order.named_technician_id),)


def _promise(day: PlanningDay, each: OpenOrder) -> Window | None:
    appointment = each.appointment
    if appointment is None or appointment.state is not AppointmentState.CONFIRMED:
        return None
    return Window(day.second(appointment.starts_at), day.second(appointment.ends_at))


def _release(day: PlanningDay, each: OpenOrder) -> int:
    """Nobody is sent before the order exists, which matters in hindsight."""
    return max(day.second(each.order.created_at), day.second(day.now))


def _needs(trade: str, level: int, crew_size: int) -> tuple[Need, ...]:
    """The lead at the order's level, helpers of the trade at any."""
    return (Need({trade: level}), *(Need({trade: 1}) for _ in range(crew_size - 1)))


def _crew(each: OpenOrder, known: Mapping[int, Person]) -> tuple[str, ...]:
    """Lead and helpers who still serve the site; nobody when the lead does not."""
    if each.assignment is None or each.assignment.technician_id not in known:
        return ()
    helpers = (helper for helper in each.helpers if helper in known)
    return tuple(str(member) for member in (each.assignment.technician_id, *helpers))


def _names(ids: AbstractSet[int]) -> tuple[str, ...]:
    return tuple(str(each) for each in sorted(ids))

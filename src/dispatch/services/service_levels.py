"""How well reports are served (ANL-1), counted of the tickets that came in."""

from typing import Any

from sqlalchemy import Subquery, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from dispatch.domain.callbacks import CallbackState
from dispatch.domain.clocks import LADDERED, ClockKind, ClockState
from dispatch.domain.figures.dimensions import Dimension
from dispatch.domain.figures.service_levels import SERVICE_LEVELS
from dispatch.domain.tickets import TicketState
from dispatch.domain.work_orders import AssignmentEnd
from dispatch.services import counting
from dispatch.services.action import Tx
from dispatch.services.figures import (
    Asked,
    Column,
    Facts,
    Join,
    Row,
    Scope,
    grouped,
    scope_of,
)
from dispatch.services.places_of import building_of_places
from dispatch.store.callbacks import Callback
from dispatch.store.clocks import Clock
from dispatch.store.technicians import Technician
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import Assignment, WorkOrder

_DONE = (TicketState.RESOLVED, TicketState.CLOSED)


async def service_levels(tx: Tx, asked: Asked) -> tuple[Scope, list[Row]]:
    """A row for each group of tickets, in the order of its key."""
    scope = await scope_of(tx, asked)
    figures = [each for name, each in SERVICE_LEVELS.items() if name in asked.figures]
    measures, ranks = counting.needs(figures)
    groups = grouped(asked, facts(scope), scope)
    # What groups there are, whatever is asked of them.
    found = await counting.sums(tx, groups, dict.fromkeys(["tickets", *measures]))
    for key, values in (await counting.percentiles(tx, groups, ranks, asked.calendar)).items():
        found[key].update(values)
    return scope, [
        Row(key, {each.name: each.value(values) for each in figures})
        for key, values in found.items()
    ]


def facts(scope: Scope) -> Facts:
    """The tickets of a scope, and what became of them."""
    visits, breaches, callbacks = _visits(scope), _breaches(scope), _callbacks(scope)
    again = _again(scope)
    places = building_of_places(scope.site_ids)
    first, lead = aliased(Assignment), aliased(Technician)
    served = ("visits", "first", "lead")
    completed = and_(Ticket.resolved_at.is_not(None), Ticket.state.in_(_DONE))
    reworked = or_(visits.c.again == 1, again.c.ticket_id.is_not(None))
    late = func.coalesce(breaches.c.late, 0)
    answered = callbacks.c.state == CallbackState.ANSWERED
    return Facts(
        base=Ticket,
        joins={
            "visits": Join(visits, visits.c.ticket_id == Ticket.id),
            "first": Join(first, first.id == visits.c.first_done_id, after=("visits",)),
            "lead": Join(lead, lead.id == first.technician_id, after=("visits", "first")),
            "breaches": Join(breaches, breaches.c.ticket_id == Ticket.id),
            "callbacks": Join(callbacks, callbacks.c.ticket_id == Ticket.id),
            "again": Join(again, again.c.ticket_id == Ticket.id),
            "places": Join(places, places.c.place_id == Ticket.place_id),
        },
        moment=Ticket.reported_at,
        site_id=Ticket.site_id,
        conditions=[Ticket.state != TicketState.MERGED],
        dimensions={
            Dimension.SITE: Column(Ticket.site_id),
            Dimension.TEAM: Column(func.coalesce(lead.leader_id, lead.id), served),
            Dimension.TECHNICIAN: Column(first.technician_id, served[:2]),
            Dimension.TRADE: Column(Ticket.trade),
            Dimension.CATEGORY: Column(Ticket.category_id),
            Dimension.PRIORITY: Column(Ticket.priority),
            Dimension.BUILDING: Column(places.c.building_id, ("places",)),
            Dimension.PLACE: Column(Ticket.place_id),
        },
        measures={
            "tickets": Column(func.count()),
            "completed": _number(completed),
            "cancelled": _number(Ticket.state == TicketState.CANCELLED),
            "to_complete": _number(Ticket.state != TicketState.CANCELLED),
            "awaited": _number(
                or_(visits.c.arrived_at.is_not(None), late > 0), "visits", "breaches"
            ),
            "on_time": _number(
                and_(visits.c.arrived_at.is_not(None), late == 0), "visits", "breaches"
            ),
            "called_back": _number(
                and_(completed, callbacks.c.state != CallbackState.DUE), "callbacks"
            ),
            "answered": _number(answered, "callbacks"),
            "satisfied": _number(
                and_(answered, callbacks.c.satisfied, callbacks.c.solved), "callbacks"
            ),
            "reworked": _number(and_(completed, reworked), "visits", "again"),
            "visited": _number(and_(completed, visits.c.done > 0), "visits"),
            "fixed_at_once": _number(
                and_(completed, visits.c.done == 1, ~func.coalesce(reworked, False)),
                "visits",
                "again",
            ),
            "breaches": Column(func.sum(breaches.c.number), ("breaches",)),
            "breached": _number(breaches.c.number > 0, "breaches"),
        },
        durations={
            "response": (Column(Ticket.reported_at), Column(Ticket.answered_at)),
            "arrival": (
                Column(Ticket.reported_at),
                Column(visits.c.arrived_at, ("visits",)),
            ),
            "resolution": (
                Column(Ticket.reported_at),
                Column(case((completed, Ticket.resolved_at))),
            ),
        },
    )


def _number(condition: Any, *joins: str) -> Column:
    """How many tickets fulfil a condition."""
    return Column(func.sum(case((condition, 1), else_=0)), joins)


def _of_days(scope: Scope) -> Any:
    """The tickets meant, as a condition for what hangs on them."""
    days = scope.days
    return and_(
        Ticket.site_id.in_(scope.site_ids),
        Ticket.reported_at >= days.starts_at,
        Ticket.reported_at < days.ends_at,
    )


def _visits(scope: Scope) -> Subquery:
    """Of each ticket: the first arrival, its visits that were done, and whether one was rework."""
    is_done = Assignment.end == AssignmentEnd.DONE
    is_again = or_(
        WorkOrder.rework_of_id.is_not(None),
        and_(WorkOrder.is_rework, Ticket.rework_of_id.is_(None)),
    )
    return (
        select(
            WorkOrder.ticket_id.label("ticket_id"),
            func.min(Assignment.arrived_at).label("arrived_at"),
            func.min(case((is_done, Assignment.id))).label("first_done_id"),
            func.sum(case((is_done, 1), else_=0)).label("done"),
            func.max(case((is_again, 1), else_=0)).label("again"),
        )
        .join(Ticket, Ticket.id == WorkOrder.ticket_id)
        .outerjoin(Assignment, Assignment.work_order_id == WorkOrder.id)
        .where(_of_days(scope))
        .group_by(WorkOrder.ticket_id)
        .subquery("visits")
    )


def _breaches(scope: Scope) -> Subquery:
    """Of each ticket: deadlines that passed, and those of arriving among them. Each counts once,
    however often somebody was told."""
    return (
        select(
            Clock.ticket_id.label("ticket_id"),
            func.count().label("number"),
            func.sum(case((Clock.kind == ClockKind.ARRIVE, 1), else_=0)).label("late"),
        )
        .join(Ticket, Ticket.id == Clock.ticket_id)
        .where(
            _of_days(scope),
            Clock.site_id.in_(scope.site_ids),
            Clock.state == ClockState.FIRED,
            Clock.step == 0,
            Clock.kind.in_(sorted(LADDERED)),
        )
        .group_by(Clock.ticket_id)
        .subquery("breaches")
    )


def _callbacks(scope: Scope) -> Subquery:
    """The last callback of each ticket."""
    last = (
        select(func.max(Callback.id).label("id"))
        .join(Ticket, Ticket.id == Callback.ticket_id)
        .where(_of_days(scope))
        .group_by(Callback.ticket_id)
        .subquery()
    )
    return (
        select(Callback.ticket_id, Callback.state, Callback.satisfied, Callback.solved)
        .join(last, last.c.id == Callback.id)
        .subquery("callbacks")
    )


def _again(scope: Scope) -> Subquery:
    """Tickets that another ticket is a rework of."""
    return (
        select(Ticket.rework_of_id.label("ticket_id"))
        .where(Ticket.rework_of_id.is_not(None), Ticket.site_id.in_(scope.site_ids))
        .distinct()
        .subquery("again")
    )

"""Who did how much (ANL-2), counted of visits that were done."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import and_, case, func

from dispatch.domain.figures.dimensions import Dimension
from dispatch.domain.figures.workload import WORKLOAD
from dispatch.domain.work_orders import AssignmentEnd
from dispatch.services import counting
from dispatch.services.action import Tx
from dispatch.services.counting import Counted
from dispatch.services.figures import Asked, Column, Facts, Join, Key, Row, Scope, grouped, scope_of
from dispatch.services.shift_time import shift_time
from dispatch.store.moments import seconds_between, whole
from dispatch.store.technicians import Technician
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import Assignment, CrewMember, WorkOrder

_OF_PEOPLE = {"loads", "technicians"}


async def workload(tx: Tx, asked: Asked) -> tuple[Scope, list[Row]]:
    """A row for each group of visits, in the order of its key; with `idle`, for groups in which
    somebody was on shift, too."""
    scope = await scope_of(tx, asked)
    figures = [each for name, each in WORKLOAD.items() if name in asked.figures]
    wanted, _ = counting.needs(figures)
    known = facts()
    measures = [name for name in wanted if name in known.measures]
    found = await counting.sums(
        tx, grouped(asked, known, scope), dict.fromkeys(["visits", *measures])
    )
    of_people = _OF_PEOPLE.intersection(wanted)
    shifts: dict[Key, dict[int, int]] = {}
    if asked.idle or "shift" in wanted or "loads" in of_people:
        shifts = await shift_time(tx, asked, scope)
    if asked.idle:
        found = counting.in_order({**{key: {} for key in shifts}, **found})
    people = await _people(tx, asked, scope) if of_people else {}
    if shifts or people:
        for key, values in found.items():
            on_shift, loads = shifts.get(key, {}), people.get(key, {})
            values["shift"] = sum(on_shift.values())
            values["technicians"] = len(loads)
            values["loads"] = list({**dict.fromkeys(on_shift, 0), **loads}.values())
    return scope, [
        Row(key, {each.name: each.value(values) for each in figures})
        for key, values in found.items()
    ]


async def _people(tx: Tx, asked: Asked, scope: Scope) -> Mapping[Key, Mapping[int, int]]:
    """Seconds of work and travel of each technician with a visit, by group."""
    known = facts()
    technician = known.dimensions[Dimension.TECHNICIAN]
    split = grouped(asked, known, scope, also=[technician])
    found: Counted = await counting.sums(tx, split, ("work", "travel"))
    people: dict[Key, dict[int, int]] = {}
    for (*key, person), values in found.items():
        load = int(values["work"] or 0) + int(values["travel"] or 0)
        people.setdefault(tuple(key), {})[person] = load
    return people


def facts() -> Facts:
    """Everybody's part in the orders that were done, by when work on the order began."""
    member, order, held = CrewMember, WorkOrder, Assignment
    is_lead = member.is_lead
    is_planned = and_(held.planned_start.is_not(None), held.planned_end.is_not(None))
    # Who came when work was going on came by a way of their own, which nobody told.
    came_along = and_(held.arrived_at >= held.set_out_at, member.joined_at <= order.started_at)
    travel = seconds_between(held.set_out_at, held.arrived_at)
    return Facts(
        base=member,
        joins={
            "held": Join(held, held.id == member.assignment_id, is_outer=False),
            "order": Join(order, order.id == held.work_order_id, is_outer=False),
            "person": Join(Technician, Technician.id == member.technician_id),
            "ticket": Join(Ticket, Ticket.id == order.ticket_id),
        },
        moment=order.started_at,
        site_id=order.site_id,
        conditions=[held.end == AssignmentEnd.DONE],
        dimensions={
            Dimension.SITE: Column(order.site_id),
            Dimension.TEAM: Column(func.coalesce(Technician.leader_id, Technician.id), ("person",)),
            Dimension.TECHNICIAN: Column(member.technician_id),
            Dimension.TRADE: Column(order.trade),
            Dimension.CATEGORY: Column(Ticket.category_id, ("ticket",)),
            Dimension.PRIORITY: Column(order.priority),
            Dimension.BUILDING: Column(order.building_id),
            Dimension.PLACE: Column(order.place_id),
        },
        measures={
            "orders": _sum(1, is_lead),
            "visits": Column(func.count()),
            "work": Column(whole(func.sum(member.worked_s))),
            "travel": _sum(travel, came_along),
            "distance": _sum(held.way_m, came_along),
            "planned_work": _sum(seconds_between(held.planned_start, held.planned_end), is_planned),
            "work_of_planned": _sum(member.worked_s, is_planned),
            "planned_travel": _sum(held.travel_s, and_(came_along, held.travel_s.is_not(None))),
            "travel_of_planned": _sum(travel, and_(came_along, held.travel_s.is_not(None))),
            "delays": _sum(
                seconds_between(held.planned_start, order.started_at), and_(is_lead, is_planned)
            ),
            "planned_visits": _sum(1, and_(is_lead, is_planned)),
        },
    )


def _sum(value: Any, where: Any) -> Column:
    return Column(whole(func.sum(case((where, value), else_=0))))

"""Visits that take up room in a day though no order of it stands for them (APT-2).

A slot is held while a report is being taken, or while another promise of the same order still
stands; and an order that waits for approval is nobody's to plan, but its customer counts on the
window. Each stands in the day as an order of its own, known by its appointment's id, negative.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import or_, select

from dispatch.domain.appointments import STANDING_STATES
from dispatch.domain.triage import Priority
from dispatch.domain.work_orders import AssignmentStep, WorkOrderState
from dispatch.planning.inputs import OpenOrder
from dispatch.services.action import Tx
from dispatch.services.sites import buildings_of
from dispatch.store.sites import Place
from dispatch.store.work_orders import Appointment, WorkOrder


async def held_visits(tx: Tx, site_id: int) -> list[OpenOrder]:
    """The site's standing appointments for which no plannable order stands, as open orders."""
    statement = (
        select(Appointment)
        .outerjoin(WorkOrder, WorkOrder.id == Appointment.work_order_id)
        .where(
            Appointment.site_id == site_id,
            Appointment.state.in_(STANDING_STATES),
            or_(WorkOrder.id.is_(None), WorkOrder.state == WorkOrderState.AWAITING_APPROVAL),
        )
        .order_by(Appointment.id)
    )
    rows = (await tx.session.execute(statement)).scalars().all()
    places = await _foresee(tx, rows)
    return [OpenOrder(await _standing_in(tx, each, places), each) for each in rows]


def stand_in_id(appointment: Appointment) -> int:
    """What an appointment without a plannable order is called in a day."""
    return -appointment.id


async def order_of(tx: Tx, appointment: Appointment) -> WorkOrder | None:
    """The order of an appointment, or of the one that it would stand for."""
    found = appointment
    while found.work_order_id is None and found.moved_from_id is not None:
        found = await tx.session.get_one(Appointment, found.moved_from_id)
    if found.work_order_id is None:
        return None
    return await tx.session.get_one(WorkOrder, found.work_order_id)


async def _foresee(tx: Tx, appointments: Sequence[Appointment]) -> Mapping[int, int]:
    """Reads the orders and places of all at once; where the places lie, by the building."""
    wanted = list(appointments)
    # Who moved theirs again and again: as many looks as that was, however many did.
    while before := {
        each.moved_from_id
        for each in wanted
        if each.work_order_id is None and each.moved_from_id is not None
    }:
        statement = select(Appointment).where(Appointment.id.in_(before))
        wanted = list((await tx.session.execute(statement)).scalars())
        appointments = [*appointments, *wanted]
    order_ids = {each.work_order_id for each in appointments} - {None}
    if order_ids:
        (await tx.session.execute(select(WorkOrder).where(WorkOrder.id.in_(order_ids)))).all()
    place_ids = {each.place_id for each in appointments} - {None}
    if not place_ids:
        return {}
    places = await tx.session.execute(select(Place).where(Place.id.in_(place_ids)))
    return await buildings_of(tx, places.scalars().all())


async def _standing_in(tx: Tx, appointment: Appointment, buildings: Mapping[int, int]) -> WorkOrder:
    """A row that is never written."""
    order = await order_of(tx, appointment)
    named = appointment.technician_id
    made = WorkOrder(
        id=stand_in_id(appointment),
        site_id=appointment.site_id,
        state=WorkOrderState.QUEUED,
        dispatch_step=AssignmentStep.DIRECTED if named is not None else AssignmentStep.AUTO,
        named_technician_id=named,
        # Whatever else a plan does without: this room is kept.
        priority=Priority.EMERGENCY,
        created_at=appointment.created_at,
    )
    if order is not None:
        for name in _OF_ORDER:
            setattr(made, name, getattr(order, name))
        return made
    made.trade, made.level = appointment.trade or "", appointment.level or 1
    made.duration_s = appointment.duration_s or 0
    made.crew_size = appointment.crew_size or 1
    if appointment.place_id is not None:
        place = await tx.session.get_one(Place, appointment.place_id)
        made.place_id, made.floor = place.id, place.floor
        made.building_id = buildings.get(place.id)
        made.latitude, made.longitude = place.latitude, place.longitude
    return made


_OF_ORDER = (
    "trade",
    "level",
    "duration_s",
    "crew_size",
    "place_id",
    "building_id",
    "floor",
    "latitude",
    "longitude",
)

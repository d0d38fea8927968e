"""What the reporter of a ticket follows: who comes, and when (INT-8)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select

from dispatch.domain.appointments import STANDING_STATES
from dispatch.domain.arrivals import expected_arrival
from dispatch.domain.work_orders import AssignmentEnd, WorkOrderState
from dispatch.services.action import Tx
from dispatch.store.events import Event
from dispatch.store.technicians import Technician
from dispatch.store.work_orders import Appointment, Assignment, WorkOrder


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit of a ticket, as its reporter may see it."""

    state: WorkOrderState
    technician_name: str | None
    technician_photo: str | None
    expected_arrival: datetime | None


async def visits_of(tx: Tx, ticket_ids: Sequence[int]) -> Mapping[int, Sequence[Visit]]:
    """The visits of tickets that are not called off, oldest first, by ticket.

    Whether the actor may see the ticket is for the caller to know.
    """
    statement = (
        select(WorkOrder, Assignment, Technician, Appointment.starts_at)
        .outerjoin(
            Assignment,
            (Assignment.work_order_id == WorkOrder.id)
            & or_(Assignment.ended_at.is_(None), Assignment.end == AssignmentEnd.DONE),
        )
        .outerjoin(Technician, Technician.id == Assignment.technician_id)
        .outerjoin(
            Appointment,
            (Appointment.work_order_id == WorkOrder.id) & Appointment.state.in_(STANDING_STATES),
        )
        .where(WorkOrder.ticket_id.in_(ticket_ids), WorkOrder.state != WorkOrderState.CANCELLED)
        .order_by(WorkOrder.id)
    )
    rows = (await tx.session.execute(statement)).all()
    on_the_way = [order.id for order, *_ in rows if order.state is WorkOrderState.EN_ROUTE]
    set_out = await _set_out(tx, on_the_way)
    found: dict[int, list[Visit]] = {}
    for order, assignment, technician, promised in rows:
        arrival = expected_arrival(
            state=order.state,
            now=tx.now,
            planned_start=assignment.planned_start if assignment is not None else None,
            set_out_at=set_out.get(order.id),
            travel_s=assignment.travel_s if assignment is not None else None,
            promised_from=promised,
        )
        visit = Visit(
            state=order.state,
            technician_name=technician.name if technician is not None else None,
            technician_photo=technician.photo if technician is not None else None,
            expected_arrival=arrival,
        )
        found.setdefault(order.ticket_id, []).append(visit)
    return found


async def _set_out(tx: Tx, work_order_ids: Sequence[int]) -> dict[int, datetime]:
    """When the technicians of orders last set out."""
    if not work_order_ids:
        return {}
    statement = (
        select(Event.work_order_id, func.max(Event.at))
        .where(Event.work_order_id.in_(work_order_ids), Event.kind == "work_order.set_out")
        .group_by(Event.work_order_id)
    )
    return {order: at for order, at in (await tx.session.execute(statement)).all() if order}

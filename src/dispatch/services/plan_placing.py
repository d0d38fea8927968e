"""What a plan changes: who gets which order, and who loses it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from dispatch.domain.offers import OfferOutcome
from dispatch.domain.plans_in_force import Held, Move, is_same_time
from dispatch.domain.work_orders import (
    STARTED_STATES,
    STEPS,
    AssignmentEnd,
    AssignmentStep,
    WorkOrderStep,
)
from dispatch.services.action import Tx
from dispatch.services.plan_standing import Standing
from dispatch.services.plans_in_force import held
from dispatch.store.base import Base
from dispatch.store.changes import touch
from dispatch.store.plans import PlanStop
from dispatch.store.work_orders import Assignment, CrewMember, WorkOrder


@dataclass(slots=True)
class Changes:
    """Rows to be written together, in waves: what ends must be gone before what begins."""

    ended: list[tuple[Base, str, dict[str, Any]]] = field(default_factory=list)
    begun: list[tuple[Base, str, dict[str, Any]]] = field(default_factory=list)
    crews: list[tuple[Assignment, Sequence[int]]] = field(default_factory=list)
    orders: list[tuple[Base, str, dict[str, Any]]] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)


def expect(stands: Standing, order: WorkOrder, stops: Sequence[PlanStop], changes: Changes) -> bool:
    """Somebody is on the way or at work: when they will be there, or done, as it looks now.

    Whether they are awaited at the time that is planned now.
    """
    held = stands.assignments.get(order.id)
    if held is None or held.technician_id != stops[0].technician_id:
        return False
    held.planned_end = stops[0].ends_at
    changes.begun.append((held, "assignment.replanned", _of(order)))
    if order.state in STARTED_STATES:
        return False
    was = held_now(stands, order)
    held.planned_start = stops[0].starts_at
    changes.moves.append(Move(order.id, was, Held(was.crew, held.planned_start)))
    changes.orders.append((order, "work_order.replanned", {"planned_start": held.planned_start}))
    return True


def place(
    tx: Tx, stands: Standing, order: WorkOrder, stops: Sequence[PlanStop], changes: Changes
) -> bool:
    """Gives an order to the crew of its stops; who holds it already only learns the times.

    False: nobody would notice a difference, and nothing is changed.
    """
    lead, crew = stops[0], [stop.technician_id for stop in stops]
    held = stands.assignments.get(order.id)
    is_same_crew = (
        held is not None and held.technician_id == crew[0] and stands.crews[held.id] == set(crew)
    )
    if held is not None and is_same_crew and _is_as_planned(held, lead):
        return False
    changes.moves.append(Move(order.id, held_now(stands, order), Held(tuple(crew), lead.starts_at)))
    why = {
        "plan_id": stands.plan.id,
        "plan": stands.plan.number,
        "run_id": stands.plan.run_id,
        "terms": lead.terms,
        "alternatives": lead.alternatives,
    }
    told = {
        "plan_id": stands.plan.id,
        "technician_id": lead.technician_id,
        "technician": stands.technicians[lead.technician_id].name,
        "helpers": crew[1:],
        "planned_start": lead.starts_at,
    }
    if held is not None and is_same_crew:
        held.planned_start, held.planned_end = lead.starts_at, lead.ends_at
        held.travel_s = lead.travel_s
        held.plan_id = stands.plan.id
        held.why = {**held.why, **why}
        changes.begun.append((held, "assignment.replanned", _of(order)))
        # The order's own row says nothing of its times, but other plans rest on its version.
        touch(order, "dispatch_step")
        changes.orders.append((order, "work_order.replanned", told))
        return True
    take_back(tx, stands, order, changes, reason="another plan was published")
    directed = (
        order.dispatch_step is AssignmentStep.DIRECTED and order.named_technician_id == crew[0]
    )
    step = AssignmentStep.DIRECTED if directed else AssignmentStep.AUTO
    order.state = STEPS.after(state=order.state, step=WorkOrderStep.ASSIGN)
    order.dispatch_step = step
    assignment = Assignment(
        work_order_id=order.id,
        technician_id=lead.technician_id,
        step=step,
        planned_start=lead.starts_at,
        planned_end=lead.ends_at,
        travel_s=lead.travel_s,
        plan_id=stands.plan.id,
        why={"step": step.value, **why},
        confirmed_by_id=tx.actor.user_id,
        confirmed_by_name=tx.actor.name,
        created_at=tx.now,
    )
    changes.begun.append((assignment, "assignment.made", _of(order)))
    changes.crews.append((assignment, crew))
    changes.orders.append((order, "work_order.assigned", told))
    return True


def _is_as_planned(held: Assignment, stop: PlanStop) -> bool:
    """Whether the times are the same to everybody."""
    is_same_start = is_same_time(held.planned_start, stop.starts_at)
    return is_same_start and is_same_time(held.planned_end, stop.ends_at)


def held_now(stands: Standing, order: WorkOrder) -> Held:
    """Who has the order until now, and when."""
    assignment = stands.assignments.get(order.id)
    return held(assignment, sorted(stands.crews[assignment.id]) if assignment is not None else ())


def take_back(tx: Tx, stands: Standing, order: WorkOrder, changes: Changes, *, reason: str) -> None:
    """Ends what stands in the way: the assignment of another, an open offer."""
    held = stands.assignments.get(order.id)
    if held is not None:
        order.state = STEPS.after(state=order.state, step=WorkOrderStep.UNASSIGN)
        held.ended_at = tx.now
        held.end = AssignmentEnd.REASSIGNED
        held.end_reason = reason
        changes.ended.append((held, "assignment.ended", _of(order)))
    offer = stands.offers.get(order.id)
    if offer is not None:
        offer.closed_at = tx.now
        offer.outcome = OfferOutcome.WITHDRAWN
        changes.ended.append((offer, "offer.closed", _of(order)))


async def write(tx: Tx, changes: Changes) -> None:
    await tx.save_all(changes.ended)
    await tx.save_all(changes.begun)
    tx.session.add_all(
        CrewMember(assignment_id=assignment.id, technician_id=member, is_lead=index == 0)
        for assignment, crew in changes.crews
        for index, member in enumerate(crew)
    )
    await tx.save_all(changes.orders)


def _of(order: WorkOrder) -> dict[str, Any]:
    return {"site_id": order.site_id, "ticket_id": order.ticket_id, "work_order_id": order.id}

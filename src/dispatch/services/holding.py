"""Who holds an order: giving it to a technician, taking it back, closing its offer."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from dispatch.domain.clocks import ORDER_KINDS
from dispatch.domain.errors import Code, refuse
from dispatch.domain.offers import OfferOutcome
from dispatch.domain.plans_in_force import Move, PlanCause
from dispatch.domain.sizes import CREW_MOST, check_count
from dispatch.domain.tickets import STEPS as TICKET_STEPS
from dispatch.domain.tickets import TicketState, TicketStep
from dispatch.domain.work_orders import (
    STEPS,
    AssignmentEnd,
    AssignmentStep,
    WorkOrderState,
    WorkOrderStep,
)
from dispatch.services import duty, plans_in_force
from dispatch.services.action import Tx
from dispatch.services.alignment import foresee
from dispatch.services.ownership import disown
from dispatch.services.walking import WALK, stop_walk
from dispatch.store.among import among
from dispatch.store.offers import Offer
from dispatch.store.technicians import Technician
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import Assignment, CrewMember, WorkOrder

_OPEN_ASSIGNMENT = select(Assignment).where(
    Assignment.work_order_id == bindparam("order"), Assignment.ended_at.is_(None)
)


async def hold(
    tx: Tx,
    order: WorkOrder,
    *,
    step: WorkOrderStep,
    by: AssignmentStep,
    lead: Technician,
    helpers: Sequence[Technician] = (),
    planned_start: datetime | None = None,
    planned_end: datetime | None = None,
    travel_s: int | None = None,
    plan_id: int | None = None,
    offer_id: int | None = None,
    why: Mapping[str, Any] | None = None,
    cause: PlanCause | None = None,
    also: Sequence[Move] = (),
    **told: Any,
) -> Assignment:
    """Gives a free order to a technician: state, assignment with its why, crew, event (DSP-13).

    `why` keeps plan run, score terms and alternatives, or the reason in words. `cause`, `also` and
    `told` are what the change of the plan in force says: why it is, and what else moves.
    """
    order.state = STEPS.after(state=order.state, step=step)
    order.dispatch_step = by
    await foresee(tx, order, (*WALK, *ORDER_KINDS))
    await stop_walk(tx, order)
    if step is not WorkOrderStep.GRAB:
        await close_offer(tx, order, outcome=OfferOutcome.WITHDRAWN)
    assignment = Assignment(
        work_order_id=order.id,
        technician_id=lead.id,
        step=by,
        planned_start=planned_start,
        planned_end=planned_end,
        travel_s=travel_s,
        plan_id=plan_id,
        offer_id=offer_id,
        why={"step": by.value, **(why or {})},
        confirmed_by_id=tx.actor.user_id,
        confirmed_by_name=tx.actor.name,
        created_at=tx.now,
    )
    await tx.save(assignment, "assignment.made", **_of(order))
    tx.session.add_all(
        CrewMember(
            assignment_id=assignment.id, technician_id=member.id, is_lead=member.id == lead.id
        )
        for member in (lead, *helpers)
    )
    await plans_in_force.tell_arrival(tx, order, planned_start)
    kind = "work_order.grabbed" if step is WorkOrderStep.GRAB else "work_order.assigned"
    await tx.save(
        order,
        kind,
        technician_id=lead.id,
        technician=lead.name,
        helpers=[helper.id for helper in helpers],
        planned_start=planned_start,
    )
    if order.state is WorkOrderState.ACCEPTED:
        await begin_ticket(tx, order)
    await plans_in_force.taken(
        tx,
        order,
        assignment,
        helper_ids=[each.id for each in helpers],
        cause=cause,
        also=also,
        **told,
    )
    return assignment


async def begin_ticket(tx: Tx, order: WorkOrder) -> None:
    """A technician has accepted: the ticket is in progress."""
    ticket = await tx.session.get_one(
        Ticket, order.ticket_id, with_for_update=True, populate_existing=True
    )
    if ticket.state is TicketState.TRIAGED:
        ticket.state = TICKET_STEPS.after(state=ticket.state, step=TicketStep.BEGIN)
        disown(ticket)
        await tx.save(ticket, "ticket.begun")


async def end_assignment(
    tx: Tx,
    order: WorkOrder,
    *,
    end: AssignmentEnd,
    reason: str | None = None,
    at: datetime | None = None,
) -> Assignment | None:
    """Closes the open assignment of an order, if it has one; `at`: when it was, if not now."""
    assignment = await open_assignment(tx, order.id)
    if assignment is not None:
        assignment.ended_at = at or tx.now
        assignment.end = end
        assignment.end_reason = reason
        await tx.save(assignment, "assignment.ended", **_of(order))
        await plans_in_force.ended(tx, order, assignment)
    return assignment


async def open_assignment(tx: Tx, work_order_id: int) -> Assignment | None:
    """Who holds the order now."""
    key = ("open assignment", work_order_id)
    known = tx.memo.get(key)
    if known is not None and known.ended_at is None:
        return known
    found = await tx.session.execute(_OPEN_ASSIGNMENT, {"order": work_order_id})
    tx.memo[key] = found.scalar_one_or_none()
    return tx.memo[key]


async def close_offer(tx: Tx, order: WorkOrder, *, outcome: OfferOutcome) -> Offer | None:
    """Closes the open offer of an order, if it has one."""
    statement = select(Offer).where(Offer.work_order_id == order.id, Offer.closed_at.is_(None))
    offer = (await tx.session.execute(statement)).scalar_one_or_none()
    if offer is not None:
        offer.closed_at = tx.now
        offer.outcome = outcome
        await tx.save(offer, "offer.closed", **_of(order))
    return offer


async def find_helpers(
    tx: Tx, order: WorkOrder, *, lead_id: int, helper_ids: Sequence[int]
) -> list[Technician]:
    """The rest of the crew: people of the site, as many as the order needs or more."""
    check_count("helper_ids", helper_ids, most=CREW_MOST)
    others = [each for each in dict.fromkeys(helper_ids) if each != lead_id]
    if 1 + len(others) < order.crew_size:
        raise refuse(
            Code.CREW_INCOMPLETE, field="helper_ids", needed=order.crew_size, given=1 + len(others)
        )
    return [
        await duty.find_serving(tx, each, site_id=order.site_id, field="helper_ids")
        for each in others
    ]


async def release(tx: Tx, order: WorkOrder, *, end: AssignmentEnd, reason: str | None) -> None:
    """Takes the order from who holds it, back into the queue."""
    order.state = STEPS.after(state=order.state, step=WorkOrderStep.UNASSIGN)
    await end_assignment(tx, order, end=end, reason=reason)
    await tx.save(order, "work_order.unassigned", reason=reason)


async def release_all(
    tx: Tx, orders: Sequence[WorkOrder], *, end: AssignmentEnd, reason: str | None
) -> None:
    """`release` for orders that are all taken back for one cause, as many as they are."""
    for order in orders:
        order.state = STEPS.after(state=order.state, step=WorkOrderStep.UNASSIGN)
    statement = select(Assignment).where(
        among(Assignment.work_order_id, [each.id for each in orders]),
        Assignment.ended_at.is_(None),
    )
    held = {each.work_order_id: each for each in (await tx.session.execute(statement)).scalars()}
    taken = [(order, held[order.id]) for order in orders if order.id in held]
    for _, assignment in taken:
        assignment.ended_at, assignment.end, assignment.end_reason = tx.now, end, reason
    await tx.save_all((each, "assignment.ended", _of(order)) for order, each in taken)
    await plans_in_force.all_unassigned(tx, taken)
    await tx.save_all((each, "work_order.unassigned", {"reason": reason}) for each in orders)


def _of(order: WorkOrder) -> dict[str, int]:
    return {"site_id": order.site_id, "ticket_id": order.ticket_id, "work_order_id": order.id}

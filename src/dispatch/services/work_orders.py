"""Work orders from tickets; who holds them, by a person's decision."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select

from dispatch.domain.approvals import ApprovalType
from dispatch.domain.door_codes import DIGITS, door_code
from dispatch.domain.errors import Code, refuse
from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.numbers import Series
from dispatch.domain.offers import OfferOutcome
from dispatch.domain.rights import Action
from dispatch.domain.sizes import REASON_MOST, check_text, demand_text
from dispatch.domain.tickets import STEPS as TICKET_STEPS
from dispatch.domain.tickets import Area, TicketState
from dispatch.domain.triage import Priority
from dispatch.domain.work_orders import (
    STEPS,
    AssignmentEnd,
    AssignmentStep,
    WorkOrderState,
    WorkOrderStep,
)
from dispatch.services import appointments, duty, plans_in_force, visible
from dispatch.services.action import Tx, expect_version
from dispatch.services.appointments import promise
from dispatch.services.approval_questions import open_question
from dispatch.services.assigning import assign
from dispatch.services.checks import demand_done
from dispatch.services.holding import (
    begin_ticket,
    close_offer,
    end_assignment,
    find_helpers,
    hold,
    open_assignment,
    release,
)
from dispatch.services.order_needs import figures_of, set_needs
from dispatch.services.policies import policy_of
from dispatch.services.resolution import resolve_when_all_done
from dispatch.services.sites import building_of, local_day
from dispatch.services.telling import tell
from dispatch.services.walking import await_hand, await_step, stop_walk
from dispatch.store.categories import Trade
from dispatch.store.counters import take_number
from dispatch.store.sites import Place, Site
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import WorkOrder

__all__ = [
    "assign",
    "begin_ticket",
    "cancel",
    "cancel_order",
    "check_trade",
    "close_offer",
    "create",
    "create_for",
    "demand_triaged",
    "end_assignment",
    "find_helpers",
    "follow_triage",
    "hold",
    "open_assignment",
    "orders_of",
    "promise",
    "release",
    "unassign",
]

# Asked with every triage: put together once.
_OF_TICKET = (
    select(WorkOrder)
    .where(WorkOrder.ticket_id == bindparam("ticket"))
    .order_by(WorkOrder.id)
    .with_for_update()
)


async def create(
    tx: Tx,
    *,
    ticket_id: int,
    trade: str | None = None,
    level: int | None = None,
    duration_s: int | None = None,
    crew_size: int | None = None,
    area: Area | None = None,
    instructions: str | None = None,
    after_id: int | None = None,
    named_technician_id: int | None = None,
    appointment: tuple[datetime, datetime] | None = None,
    approval_type: ApprovalType | None = None,
    insists: bool = False,
) -> WorkOrder:
    """A further visit for a triaged ticket; what is not named comes from the triage.

    The `appointment` is promised as said: the caller has made sure that there is room for it, or
    `insists`.
    """
    ticket = await visible.find_ticket(tx, ticket_id, Action.CREATE_WORK_ORDER)
    if trade is not None:
        await check_trade(tx, trade)
    demand_triaged(ticket)
    if after_id is not None:
        same_ticket = WorkOrder.ticket_id == ticket.id
        await visible.find(tx, WorkOrder, after_id, same_ticket, field="after_id")
    if named_technician_id is not None:
        await duty.find_serving(
            tx, named_technician_id, site_id=ticket.site_id, field="named_technician_id"
        )
    order = await create_for(
        tx,
        ticket,
        trade=trade,
        level=level,
        duration_s=duration_s,
        crew_size=crew_size,
        area=area,
        instructions=instructions,
        after_id=after_id,
        named_technician_id=named_technician_id,
        approval_type=approval_type,
    )
    if appointment is not None:
        starts_at, ends_at = appointment
        await promise(tx, order, starts_at=starts_at, ends_at=ends_at, insisted=insists)
        await await_step(tx, order)
    return order


def demand_triaged(ticket: Ticket) -> None:
    """Orders are made for a ticket that was triaged, until it is solved."""
    if ticket.state not in (TicketState.TRIAGED, TicketState.IN_PROGRESS):
        raise refuse(
            Code.WRONG_STEP,
            allowed=TICKET_STEPS.allowed(ticket.state),
            noun="ticket",
            step="CREATE_WORK_ORDER",
            state=ticket.state.value,
        )


async def create_for(
    tx: Tx,
    ticket: Ticket,
    *,
    trade: str | None = None,
    level: int | None = None,
    duration_s: int | None = None,
    crew_size: int | None = None,
    area: Area | None = None,
    instructions: str | None = None,
    after_id: int | None = None,
    named_technician_id: int | None = None,
    is_rework: bool = False,
    approval_type: ApprovalType | None = None,
) -> WorkOrder:
    """The order row itself, queued; an in-home one gets its door code now (EXE-2).

    One that the policy asks approval for waits for it instead (DSP-11). A rework is promised anew:
    the first promise and the customer's first wish are over.
    """
    await demand_done(tx, ticket)
    site = await tx.session.get_one(Site, ticket.site_id)
    place = await tx.session.get(Place, ticket.place_id) if ticket.place_id else None
    area = area or ticket.area or Area.PUBLIC
    policy = await policy_of(tx, ticket.site_id)
    wanted = figures_of(policy, ticket, level=level, duration_s=duration_s, crew_size=crew_size)
    first = policy.dispatch_steps[0].step
    if first is AssignmentStep.DIRECTED and named_technician_id is None:
        after = policy.step_after(AssignmentStep.DIRECTED)
        first = after.step if after is not None else first
    priority = ticket.priority or Priority.NORMAL
    promised_anew = tx.now + timedelta(seconds=policy.answer_within_s[priority.value])
    order = WorkOrder(
        site_id=ticket.site_id,
        ticket_id=ticket.id,
        number=await take_number(
            tx.session, site_id=site.id, series=Series.WORK_ORDER, day=local_day(tx, site)
        ),
        state=WorkOrderState.QUEUED,
        dispatch_step=first,
        priority=priority,
        trade=trade or ticket.trade or "",
        level=wanted["level"],
        duration_s=wanted["duration_s"],
        crew_size=wanted["crew_size"],
        area=area,
        instructions=instructions,
        place_id=ticket.place_id,
        building_id=await building_of(tx, place) if place is not None else None,
        floor=place.floor if place is not None else None,
        latitude=ticket.latitude,
        longitude=ticket.longitude,
        due_at=promised_anew if is_rework else ticket.due_at,
        wished_from=None if is_rework else ticket.wished_from,
        wished_to=None if is_rework else ticket.wished_to,
        named_technician_id=named_technician_id,
        after_id=after_id,
        is_rework=is_rework or ticket.rework_of_id is not None,
        door_code=door_code(tx.randbelow(10**DIGITS)) if area is Area.IN_HOME else None,
        created_at=tx.now,
    )
    approval = await set_needs(tx, order, ticket, policy, type=approval_type)
    if approval is not None:
        order.state = WorkOrderState.AWAITING_APPROVAL
    await tx.save(order, "work_order.created")
    await appointments.attach(tx, order)
    await _tell_door_code(tx, order)
    if approval is not None:
        await open_question(tx, order, type=approval)
    await await_step(tx, order)
    await plans_in_force.emergency(tx, order)
    return order


async def _tell_door_code(tx: Tx, order: WorkOrder) -> None:
    """The customer is told at once what to say at the door (EXE-2)."""
    if order.door_code is not None:
        await tell(
            tx,
            MessageKind.DOOR_CODE,
            Audience(reporter=True),
            site_id=order.site_id,
            ticket_id=order.ticket_id,
            work_order_id=order.id,
            number=order.number,
            code=order.door_code,
        )


async def follow_triage(tx: Tx, ticket: Ticket) -> Sequence[WorkOrder]:
    """Orders that nobody holds yet take over what a repeated triage changed; all of the ticket's
    orders."""
    orders = await orders_of(tx, ticket)
    policy = await policy_of(tx, ticket.site_id)
    for order in orders:
        if order.state not in (WorkOrderState.QUEUED, WorkOrderState.AWAITING_APPROVAL):
            continue
        order.priority = ticket.priority or order.priority
        order.trade = ticket.trade or order.trade
        order.level = ticket.level or order.level
        order.duration_s = ticket.duration_s or order.duration_s
        order.crew_size = ticket.crew_size or order.crew_size
        if order.rework_of_id is None:
            order.due_at = ticket.due_at
        with tx.session.no_autoflush:
            approval = await set_needs(tx, order, ticket, policy)
        needs_asking = approval is not None and order.state is WorkOrderState.QUEUED
        if needs_asking:
            order.state = STEPS.after(state=order.state, step=WorkOrderStep.ASK_APPROVAL)
        if tx.session.is_modified(order):
            await tx.save(order, "work_order.changed")
            await plans_in_force.emergency(tx, order)
        if approval is not None and needs_asking:
            await stop_walk(tx, order)
            await open_question(tx, order, type=approval)
    return orders


async def orders_of(tx: Tx, ticket: Ticket) -> Sequence[WorkOrder]:
    """All orders of a ticket, oldest first, locked until the transaction ends."""
    return (await tx.session.execute(_OF_TICKET, {"ticket": ticket.id})).scalars().all()


async def cancel(
    tx: Tx, *, work_order_id: int, version: int | None = None, reason: str
) -> WorkOrder:
    """Ends an order before work has begun; the ticket stays, or is resolved if it was the last."""
    order = await visible.find_work_order(tx, work_order_id, Action.CREATE_WORK_ORDER)
    expect_version(order, version)
    demand_text("reason", reason)
    await cancel_order(tx, order, reason=reason)
    await resolve_when_all_done(tx, order.ticket_id)
    return order


async def cancel_order(tx: Tx, order: WorkOrder, *, reason: str) -> None:
    """The step itself, with what hangs on it: offer, assignment, appointment."""
    order.state = STEPS.after(state=order.state, step=WorkOrderStep.CANCEL)
    order.ended_at = tx.now
    order.end_reason = reason
    await stop_walk(tx, order)
    await close_offer(tx, order, outcome=OfferOutcome.WITHDRAWN)
    await end_assignment(tx, order, end=AssignmentEnd.CANCELLED, reason=reason)
    await appointments.release_all(tx, order, reason=reason)
    await tx.save(order, "work_order.cancelled")


async def unassign(
    tx: Tx, *, work_order_id: int, version: int | None = None, reason: str
) -> WorkOrder:
    """Takes an order back into the queue before its technician has set out."""
    order = await visible.find_work_order(tx, work_order_id, Action.ASSIGN)
    expect_version(order, version)
    demand_text("reason", reason)
    check_text("reason", reason, most=REASON_MOST)
    await release(tx, order, end=AssignmentEnd.REASSIGNED, reason=reason)
    await await_hand(tx, order)
    return order


async def check_trade(tx: Tx, trade: str) -> None:
    statement = select(Trade.code).where(Trade.organization_id == tx.actor.organization_id)
    known = tuple((await tx.session.execute(statement.order_by(Trade.code))).scalars())
    if trade not in known:
        raise refuse(Code.NOT_FOUND, field="trade", id=trade[:40], allowed=known)

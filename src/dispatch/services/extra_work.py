"""More that the customer asks for while somebody is there (INT-9)."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from dispatch.domain.errors import Code, refuse
from dispatch.domain.plans_in_force import DisturbanceCause
from dispatch.domain.rights import Action
from dispatch.domain.sizes import LONG_TEXT_MOST, check_number, check_text, demand_text
from dispatch.domain.technicians import qualifies
from dispatch.domain.tickets import Channel
from dispatch.domain.work_orders import STEPS, WorkOrderState
from dispatch.services import duty, plans_in_force, tickets, visible, work_orders
from dispatch.services.action import Tx, expect_version
from dispatch.services.categories import find_leaf, work_of
from dispatch.services.offers import own_assignment
from dispatch.services.policies import policy_of
from dispatch.store.categories import Category
from dispatch.store.extra_work import ExtraWork
from dispatch.store.sites import Site
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import WorkOrder

_ON_THE_SPOT = frozenset({WorkOrderState.ARRIVED, WorkOrderState.STARTED, WorkOrderState.PAUSED})
_SAME = (
    "site_id",
    "kind",
    "is_complete",
    "party_id",
    "requester_name",
    "requester_phone",
    "place_id",
    "building",
    "unit",
    "floor",
    "room",
    "landmark",
    "location_text",
    "latitude",
    "longitude",
    "area",
)
_DURATION_LEAST = 60
_DURATION_MOST = 30 * 24 * 3600


async def add(
    tx: Tx,
    *,
    work_order_id: int,
    version: int | None = None,
    category_id: int,
    description: str,
    duration_s: int | None = None,
) -> ExtraWork:
    """Adds work to the visit that its technician is on, if they have its trade and level; else it
    becomes a new ticket linked to the first, for the desk to triage."""
    order = await visible.find_work_order(tx, work_order_id, Action.WORK)
    expect_version(order, version)
    demand_text("description", description)
    check_text("description", description, most=LONG_TEXT_MOST)
    technician_id = await own_assignment(tx, order)
    if order.state not in _ON_THE_SPOT:
        raise refuse(
            Code.WRONG_STEP,
            field="work_order_id",
            allowed=STEPS.allowed(order.state),
            noun="work_order",
            step="ADD_WORK",
            state=order.state.value,
        )
    category = await find_leaf(tx, category_id, site_id=order.site_id)
    policy = await policy_of(tx, order.site_id)
    usual_s = work_of(category).duration_s or policy.intake.usual_duration_s
    seconds = duration_s if duration_s is not None else usual_s
    check_number("duration_s", seconds, least=_DURATION_LEAST, most=_DURATION_MOST)
    can = await _can_do(tx, technician_id, category, order)
    new = None if can else await _new_ticket(tx, order, category, description)
    extra = ExtraWork(
        site_id=order.site_id,
        ticket_id=order.ticket_id,
        work_order_id=order.id,
        category_id=category.id,
        description=description,
        duration_s=seconds,
        new_ticket_id=new.id if new is not None else None,
        added_by_id=tx.actor.user_id,
        added_by_name=tx.actor.name,
        created_at=tx.now,
    )
    await tx.save(extra, "extra_work.added" if can else "extra_work.passed_on")
    if can:
        order.duration_s += seconds
        await tx.save(order, "work_order.extended", extra_work_id=extra.id, by_s=seconds)
        await _stay_longer(tx, order, technician_id, seconds)
    return extra


async def _can_do(tx: Tx, technician_id: int, category: Category, order: WorkOrder) -> bool:
    site = await tx.session.get_one(Site, order.site_id)
    work = work_of(category)
    skills = await duty.skills_of(tx, [technician_id])
    return qualifies(
        skills.get(technician_id, ()),
        trade=work.trade,
        level=work.level,
        on=tx.now.astimezone(ZoneInfo(site.time_zone)).date(),
    )


async def _stay_longer(tx: Tx, order: WorkOrder, technician_id: int, seconds: int) -> None:
    """What comes after the visit has to move: the day is looked at anew."""
    assignment = await work_orders.open_assignment(tx, order.id)
    if assignment is not None and assignment.planned_end is not None:
        assignment.planned_end += timedelta(seconds=seconds)
        await tx.save(assignment, "assignment.extended", work_order_id=order.id)
    await plans_in_force.disturbed(
        tx,
        site_id=order.site_id,
        day=await plans_in_force.day_of(tx, order.site_id, None),
        cause=DisturbanceCause.OVERRUN,
        work_order_id=order.id,
        technician_id=technician_id,
    )


async def _new_ticket(tx: Tx, order: WorkOrder, category: Category, description: str) -> Ticket:
    """A report of its own, from the same person at the same place."""
    first = await tx.session.get_one(Ticket, order.ticket_id)
    same = {name: getattr(first, name) for name in _SAME}
    return await tickets.enter(
        tx,
        Ticket(
            **same,
            channel=Channel.VISIT,
            description=description,
            photos=[],
            category_id=category.id,
            linked_to_id=first.id,
            reported_at=tx.now,
        ),
    )

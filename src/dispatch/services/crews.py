"""Who goes along: whether a crew is up to it, and each helper's own times (DSP-10, GRAB-7)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from dispatch.domain.errors import Code, refuse
from dispatch.domain.rights import Action
from dispatch.domain.seniority import crew_suffices
from dispatch.domain.technicians import skills_in_force
from dispatch.domain.work_orders import HELD_STATES, STEPS, UNDER_WAY_STATES, WorkOrderState
from dispatch.services import duty, visible
from dispatch.services.action import Tx, expect_version
from dispatch.services.holding import open_assignment
from dispatch.services.policies import policy_of
from dispatch.store.sites import Site
from dispatch.store.technicians import Technician
from dispatch.store.work_orders import Assignment, CrewMember, WorkOrder


async def find_lead(
    tx: Tx,
    technician_id: int,
    *,
    order: WorkOrder,
    helper_ids: Sequence[int],
    at: datetime,
    field: str = "technician_id",
) -> Technician:
    """Who is to lead: of the order's level, or a junior of its trade beside such a person.

    Refuses NOT_QUALIFIED, also who has declined the order, and NOT_FOUND who does not serve the
    site.
    """
    lead = await duty.find_serving(tx, technician_id, site_id=order.site_id, field=field)
    day = duty.local_date(await tx.session.get_one(Site, order.site_id), at)
    skills = await duty.skills_of(tx, [lead.id, *helper_ids])
    levels = {
        who: skills_in_force(found, on=day).get(order.trade, 0) for who, found in skills.items()
    }
    suffices = crew_suffices(
        await policy_of(tx, order.site_id),
        level=order.level,
        lead_level=levels[lead.id],
        helper_levels=[levels[each] for each in helper_ids if each != lead.id],
    )
    if not suffices or lead.id in await duty.refused_by(tx, order.id):
        raise refuse(
            Code.NOT_QUALIFIED,
            field=field,
            name=lead.name,
            trade=order.trade,
            level=order.level,
        )
    return lead


async def add_helper(
    tx: Tx, *, work_order_id: int, technician_id: int, version: int | None = None
) -> WorkOrder:
    """Names somebody who goes along, before or while the work goes on; by the lead or a leader."""
    order, assignment = await _held(tx, work_order_id, version)
    own = tx.actor.technician_id == assignment.technician_id
    if not own:
        visible.demand(tx, Action.ASSIGN, site_id=order.site_id)
    helper = await duty.find_serving(
        tx, technician_id, site_id=order.site_id, field="technician_id"
    )
    if await _member(tx, assignment, helper.id) is not None:
        raise refuse(Code.ALREADY_EXISTS, field="technician_id")
    tx.session.add(CrewMember(assignment_id=assignment.id, technician_id=helper.id, is_lead=False))
    await tx.session.flush()
    await tx.save(order, "work_order.helper_added", technician_id=helper.id, name=helper.name)
    return order


async def join(
    tx: Tx, *, work_order_id: int, technician_id: int | None = None, at: datetime | None = None
) -> WorkOrder:
    """A helper has come; they say so, or the lead does for them. Default: now."""
    order, member = await _helper(tx, work_order_id, technician_id)
    if member.left_at is not None:
        raise _wrong(order, "JOIN")
    member.joined_at = _moment(tx, at, least=order.started_at)
    await tx.session.flush()
    tx.note(
        order,
        "work_order.helper_joined",
        technician_id=member.technician_id,
        joined_at=member.joined_at,
    )
    return order


async def leave(
    tx: Tx, *, work_order_id: int, technician_id: int | None = None, at: datetime | None = None
) -> WorkOrder:
    """A helper goes before the work is done; their hours end here."""
    order, member = await _helper(tx, work_order_id, technician_id)
    if member.joined_at is None or member.left_at is not None:
        raise _wrong(order, "LEAVE")
    member.left_at = _moment(tx, at, least=member.joined_at)
    await tx.session.flush()
    tx.note(
        order, "work_order.helper_left", technician_id=member.technician_id, left_at=member.left_at
    )
    return order


async def _held(
    tx: Tx, work_order_id: int, version: int | None = None
) -> tuple[WorkOrder, Assignment]:
    order = await visible.find_work_order(tx, work_order_id, Action.SEE_SITE)
    expect_version(order, version)
    assignment = await open_assignment(tx, order.id)
    if assignment is None or order.state not in HELD_STATES:
        raise _wrong(order, "HELP")
    return order, assignment


async def _helper(
    tx: Tx, work_order_id: int, technician_id: int | None
) -> tuple[WorkOrder, CrewMember]:
    """The helper whose times are told: oneself, or whom the lead names."""
    order, assignment = await _held(tx, work_order_id)
    if order.state not in UNDER_WAY_STATES - {WorkOrderState.EN_ROUTE}:
        raise _wrong(order, "HELP")
    wanted = technician_id if technician_id is not None else tx.actor.technician_id
    is_lead = tx.actor.technician_id == assignment.technician_id
    if wanted != tx.actor.technician_id and not is_lead:
        visible.demand(tx, Action.ASSIGN, site_id=order.site_id)
    member = await _member(tx, assignment, wanted) if wanted is not None else None
    if member is None or member.is_lead:
        raise refuse(Code.NOT_FOUND, field="technician_id", id=wanted or 0)
    return order, member


async def _member(tx: Tx, assignment: Assignment, technician_id: int) -> CrewMember | None:
    statement = select(CrewMember).where(
        CrewMember.assignment_id == assignment.id, CrewMember.technician_id == technician_id
    )
    return (await tx.session.execute(statement)).scalar_one_or_none()


def _moment(tx: Tx, at: datetime | None, *, least: datetime | None) -> datetime:
    moment = at or tx.now
    if moment > tx.now or (least is not None and moment < least):
        raise refuse(
            Code.OUT_OF_RANGE,
            field="at",
            least=least.isoformat() if least is not None else "",
            most=tx.now.isoformat(),
        )
    return moment


def _wrong(order: WorkOrder, step: str) -> Exception:
    return refuse(
        Code.WRONG_STEP,
        field="work_order_id",
        allowed=STEPS.allowed(order.state),
        noun="work_order",
        step=step,
        state=order.state.value,
    )

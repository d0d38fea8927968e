"""A person gives an order to somebody: by hand, or by word of mouth noted afterwards (DSP-9)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select

from dispatch.domain.errors import Code, Refusal, Refused, refuse
from dispatch.domain.rights import Action
from dispatch.domain.sizes import REASON_MOST, check_text
from dispatch.domain.tickets import Channel
from dispatch.domain.work_orders import (
    ENDED_STATES,
    STEPS,
    AssignmentEnd,
    AssignmentStep,
    WorkOrderState,
    WorkOrderStep,
)
from dispatch.services import duty, visible
from dispatch.services.action import Tx, expect_version, plain
from dispatch.services.crews import find_lead
from dispatch.services.grab_fit import fits_of
from dispatch.services.holding import begin_ticket, find_helpers, hold, release
from dispatch.services.policies import policy_of
from dispatch.store.sites import Site
from dispatch.store.technicians import Technician
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import Assignment, CrewMember, WorkOrder

SPOKEN = (Channel.PHONE, Channel.RADIO)


async def assign(
    tx: Tx,
    *,
    work_order_id: int,
    technician_id: int,
    helper_ids: Sequence[int] = (),
    planned_start: datetime | None = None,
    version: int | None = None,
    reason: str | None = None,
    override_reason: str | None = None,
) -> WorkOrder:
    """A person decides (supervisor step); who holds it until now is relieved.

    Trade, level and crew are never bent. Every other rule that the choice breaks (duty, work
    limit, promises, overlaps, order of work) is a refusal of its own, unless `override_reason`
    says why it shall be so; what was broken is then kept with the assignment (DSP-5, DSP-13).
    """
    order = await visible.find_work_order(tx, work_order_id, Action.ASSIGN)
    expect_version(order, version)
    check_text("reason", reason, most=REASON_MOST)
    check_text("override_reason", override_reason, most=REASON_MOST)
    at = planned_start or tx.now
    lead = await find_lead(tx, technician_id, order=order, helper_ids=helper_ids, at=at)
    helpers = await find_helpers(tx, order, lead_id=lead.id, helper_ids=helper_ids)
    broken = await broken_rules(tx, order, lead, planned_start=planned_start)
    if broken and not (override_reason and override_reason.strip()):
        raise Refused(*broken)
    if order.state in (WorkOrderState.ASSIGNED, WorkOrderState.ACCEPTED):
        await release(tx, order, end=AssignmentEnd.REASSIGNED, reason=reason)
    directed = order.named_technician_id == technician_id
    await hold(
        tx,
        order,
        step=WorkOrderStep.ASSIGN,
        by=AssignmentStep.DIRECTED if directed else AssignmentStep.SUPERVISOR,
        lead=lead,
        helpers=helpers,
        planned_start=planned_start,
        planned_end=planned_start + timedelta(seconds=order.duration_s) if planned_start else None,
        why=_why(reason, broken, override_reason),
    )
    return order


async def broken_rules(
    tx: Tx, order: WorkOrder, lead: Technician, *, planned_start: datetime | None
) -> list[Refusal]:
    """The rules that may be bent with a reason, as far as this choice breaks them."""
    field = ("technician_id",)
    broken: list[Refusal] = []
    site = await tx.session.get_one(Site, order.site_id)
    if not await duty.is_on_duty(tx, lead.id, site=site, at=planned_start or tx.now):
        broken.append(Refusal(Code.NOT_ON_DUTY, field, {"name": lead.name}))
    found = (await fits_of(tx, lead, [order]))[order.id]
    if found.is_over_limit:
        figures = {"minutes": found.load_s // 60, "most": (found.limit_s or 0) // 60}
        broken.append(Refusal(Code.WORK_LIMIT_REACHED, field, figures))
    if planned_start is not None:
        broken += await _at_its_time(tx, order, lead, planned_start, window_to=found.window_to)
    elif found.fit.breaks is not None:
        figures = {"number": found.fit.breaks, "minutes": -(-found.fit.late_s // 60)}
        broken.append(Refusal(Code.PROMISE_WOULD_BREAK, field, figures))
    before = await tx.session.get(WorkOrder, order.after_id) if order.after_id else None
    if before is not None and before.state not in ENDED_STATES:
        broken.append(Refusal(Code.WAITS_FOR_ORDER, ("work_order_id",), {"number": before.number}))
    return broken


async def record_verbal(
    tx: Tx,
    *,
    work_order_id: int,
    technician_id: int,
    taken_at: datetime,
    channel: Channel,
    agreed_arrival: datetime | None = None,
    helper_ids: Sequence[int] = (),
    note: str | None = None,
    version: int | None = None,
) -> WorkOrder:
    """Notes that somebody took the order by phone or radio, when (to the minute), and the arrival
    they agreed (DSP-9).

    It counts from that minute on. Refuses what cannot have been: a time to come, before the
    report or too long ago, and one at which the order was somebody else's.
    """
    order = await visible.find_work_order(tx, work_order_id, Action.ASSIGN)
    expect_version(order, version)
    check_text("note", note, most=REASON_MOST)
    if channel not in SPOKEN:
        allowed = tuple(each.value for each in SPOKEN)
        raise refuse(Code.BAD_INPUT, field="channel", given=channel, allowed=allowed)
    taken_at = taken_at.replace(second=0, microsecond=0)
    await _check_time(tx, order, taken_at)
    if agreed_arrival is not None and agreed_arrival < taken_at:
        raise refuse(Code.OUT_OF_RANGE, field="agreed_arrival", least=taken_at.isoformat(), most="")
    lead = await find_lead(tx, technician_id, order=order, helper_ids=helper_ids, at=taken_at)
    helpers = await find_helpers(tx, order, lead_id=lead.id, helper_ids=helper_ids)
    length = timedelta(seconds=order.duration_s)
    assignment = await hold(
        tx,
        order,
        step=WorkOrderStep.ASSIGN,
        by=AssignmentStep.SUPERVISOR,
        lead=lead,
        helpers=helpers,
        planned_start=agreed_arrival,
        planned_end=agreed_arrival + length if agreed_arrival is not None else None,
        why={
            "verbal": plain(
                {
                    "channel": channel,
                    "taken_at": taken_at,
                    "agreed_arrival": agreed_arrival,
                    "recorded_at": tx.now,
                    "note": note,
                }
            )
        },
    )
    assignment.created_at = taken_at
    await tx.save(
        assignment,
        "assignment.recorded_afterwards",
        site_id=order.site_id,
        ticket_id=order.ticket_id,
        work_order_id=order.id,
    )
    # Who says on the phone that they go has accepted.
    order.state = STEPS.after(state=order.state, step=WorkOrderStep.ACCEPT)
    await tx.save(order, "work_order.accepted", technician_id=lead.id, by_word=True)
    await begin_ticket(tx, order)
    return order


async def _check_time(tx: Tx, order: WorkOrder, taken_at: datetime) -> None:
    policy = await policy_of(tx, order.site_id)
    ticket = await tx.session.get_one(Ticket, order.ticket_id)
    reported = ticket.reported_at.replace(second=0, microsecond=0)
    least = max(reported, tx.now - timedelta(seconds=policy.dispatching.verbal_back_s))
    if not least <= taken_at <= tx.now:
        raise refuse(
            Code.OUT_OF_RANGE,
            field="taken_at",
            least=least.isoformat(),
            most=tx.now.isoformat(),
        )
    # Whoever held it then, or has held it since, did so in truth.
    statement = (
        select(Assignment, Technician.name)
        .join(Technician, Technician.id == Assignment.technician_id)
        .where(
            Assignment.work_order_id == order.id,
            or_(Assignment.ended_at.is_(None), Assignment.ended_at > taken_at),
        )
        .order_by(Assignment.id)
        .limit(1)
    )
    held = (await tx.session.execute(statement)).first()
    if held is not None:
        assignment, name = held
        raise refuse(
            Code.ALREADY_TAKEN, field="taken_at", winner=name, at=plain(assignment.created_at)
        )


async def _at_its_time(
    tx: Tx,
    order: WorkOrder,
    lead: Technician,
    planned_start: datetime,
    *,
    window_to: datetime | None,
) -> list[Refusal]:
    """What a planned time breaks: the customer's window, another order at the same time."""
    broken: list[Refusal] = []
    if window_to is not None and planned_start > window_to:
        late_s = int((planned_start - window_to).total_seconds())
        figures = {"number": order.number, "minutes": -(-late_s // 60)}
        broken.append(Refusal(Code.PROMISE_WOULD_BREAK, ("planned_start",), figures))
    ends = planned_start + timedelta(seconds=order.duration_s)
    statement = (
        select(WorkOrder.number)
        .join(Assignment, Assignment.work_order_id == WorkOrder.id)
        .join(CrewMember, CrewMember.assignment_id == Assignment.id)
        .where(
            CrewMember.technician_id == lead.id,
            Assignment.ended_at.is_(None),
            Assignment.planned_start < ends,
            Assignment.planned_end > planned_start,
            WorkOrder.id != order.id,
        )
        .order_by(Assignment.planned_start)
        .limit(1)
    )
    other = (await tx.session.execute(statement)).scalar_one_or_none()
    if other is not None:
        broken.append(Refusal(Code.TIMES_OVERLAP, ("planned_start",), {"number": other}))
    return broken


def _why(
    reason: str | None, broken: Sequence[Refusal], override_reason: str | None
) -> dict[str, Any]:
    why: dict[str, Any] = {"reason": reason} if reason else {}
    if broken:
        why["broken"] = [{"code": each.code.value, **each.params} for each in broken]
        why["override_reason"] = override_reason
    return why

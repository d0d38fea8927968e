"""The technician's steps, from accepting to completing (上门). None is skipped or taken twice."""

from collections.abc import Sequence
from datetime import datetime
from typing import Unpack

from sqlalchemy import update

from dispatch.domain.errors import Code, refuse
from dispatch.domain.rights import Action
from dispatch.domain.sizes import LONG_TEXT_MOST, check_text, demand_text
from dispatch.domain.work_orders import AssignmentEnd, PauseReason, WorkOrderStep
from dispatch.services import visible
from dispatch.services.action import Tx, expect_version
from dispatch.services.completions import HoursInput, PartInput, Record, count_hours
from dispatch.services.declining import after_decline
from dispatch.services.door_codes import open_door
from dispatch.services.offers import refuse_order
from dispatch.services.precedence import demand_earlier_done
from dispatch.services.resolution import resolve_when_all_done
from dispatch.services.steps import Step, begin
from dispatch.services.walking import stop_walk
from dispatch.services.work_orders import begin_ticket, end_assignment, open_assignment
from dispatch.store.work_orders import CrewMember, WorkOrder


async def accept(tx: Tx, **given: Unpack[Step]) -> WorkOrder:
    """The technician takes on an assigned order; its ticket is in progress."""
    taking = await begin(tx, WorkOrderStep.ACCEPT, given)
    order = await taking.finish(tx, "accepted")
    await stop_walk(tx, order)
    await begin_ticket(tx, order)
    return order


async def decline(tx: Tx, *, reason: str, **given: Unpack[Step]) -> WorkOrder:
    """An assigned order goes back into the queue with the reason; it won't return to them."""
    taking = await begin(tx, WorkOrderStep.DECLINE, given)
    demand_text("reason", reason)
    await end_assignment(tx, taking.order, end=AssignmentEnd.DECLINED, reason=reason)
    await refuse_order(tx, taking.order, technician_id=taking.technician_id, reason=reason)
    order = await taking.finish(tx, "declined", reason=reason)
    await after_decline(tx, order, technician_id=taking.technician_id)
    return order


async def set_out(tx: Tx, **given: Unpack[Step]) -> WorkOrder:
    taking = await begin(tx, WorkOrderStep.SET_OUT, given)
    return await taking.finish(tx, "set_out")


async def arrive(tx: Tx, **given: Unpack[Step]) -> WorkOrder:
    taking = await begin(tx, WorkOrderStep.ARRIVE, given)
    return await taking.finish(tx, "arrived")


async def start(tx: Tx, *, door_code: str | None = None, **given: Unpack[Step]) -> WorkOrder:
    """Work begins; in a home only with the customer's door code (EXE-2)."""
    taking = await begin(tx, WorkOrderStep.START, given)
    order = taking.order
    await demand_earlier_done(tx, order)
    await open_door(tx, order, door_code)
    order.started_at = taking.at
    assignment = await open_assignment(tx, order.id)
    if assignment is not None:
        # Helpers who come later note their own times.
        await tx.session.execute(
            update(CrewMember)
            .where(CrewMember.assignment_id == assignment.id, CrewMember.joined_at.is_(None))
            .values(joined_at=taking.at)
        )
    return await taking.finish(tx, "started")


async def pause(
    tx: Tx,
    *,
    reason: PauseReason,
    note: str | None = None,
    customer_consents: bool | None = None,
    resume_on: datetime | None = None,
    **given: Unpack[Step],
) -> WorkOrder:
    """Work stops for a reason, with a time to go on (EXE-3)."""
    taking = await begin(tx, WorkOrderStep.PAUSE, given)
    if resume_on is None:
        raise refuse(Code.REQUIRED, field="resume_on")
    if resume_on <= taking.at:
        raise refuse(Code.OUT_OF_RANGE, field="resume_on", least=taking.at.isoformat(), most="")
    check_text("note", note, most=LONG_TEXT_MOST)
    taking.order.pause_reason = reason
    taking.order.resume_on = resume_on
    return await taking.finish(tx, "paused", note=note, customer_consents=customer_consents)


async def resume(tx: Tx, **given: Unpack[Step]) -> WorkOrder:
    taking = await begin(tx, WorkOrderStep.RESUME, given)
    taking.order.pause_reason = None
    taking.order.resume_on = None
    return await taking.finish(tx, "resumed")


async def complete(
    tx: Tx,
    *,
    found: str,
    cause: str,
    done: str,
    parts: Sequence[PartInput] = (),
    hours: Sequence[HoursInput] = (),
    photos_before: Sequence[str] = (),
    photos_after: Sequence[str] = (),
    signature: str | None = None,
    no_signature_reason: str | None = None,
    **given: Unpack[Step],
) -> WorkOrder:
    """Work is done, with its record (EXE-4); the last order resolves the ticket.

    Without `hours` each of the crew is counted from joining until now.
    """
    taking = await begin(tx, WorkOrderStep.COMPLETE, given)
    order = taking.order
    record = Record(
        found=found,
        cause=cause,
        done=done,
        parts=parts,
        hours=hours,
        photos_before=photos_before,
        photos_after=photos_after,
        signature=signature,
        no_signature_reason=no_signature_reason,
    )
    record.check()
    worked = await count_hours(tx, order, hours, at=taking.at)
    order.ended_at = taking.at
    order.completion = record.kept(worked)
    await end_assignment(tx, order, end=AssignmentEnd.DONE)
    await taking.finish(tx, "completed")
    await resolve_when_all_done(tx, order.ticket_id)
    return order


async def lift_door_code(
    tx: Tx, *, work_order_id: int, version: int | None = None, reason: str
) -> WorkOrder:
    """The desk has called the customer: work may start without the code (EXE-2)."""
    order = await visible.find_work_order(tx, work_order_id, Action.LIFT_DOOR_CODE)
    expect_version(order, version)
    demand_text("reason", reason)
    order.door_code_lifted_reason = reason
    order.door_code_wrong = 0
    order.door_code_locked_until = None
    await tx.save(order, "work_order.door_code_lifted", reason=reason)
    return order

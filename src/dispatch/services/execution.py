"""The technician's steps, from accepting to completing (上门). None is skipped or taken twice."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from dispatch.domain.door_codes import Tries, try_code
from dispatch.domain.errors import Code, Refusal, Refused, refuse
from dispatch.domain.rights import Action
from dispatch.domain.sizes import (
    CREW_MOST,
    LINK_MOST,
    LONG_TEXT_MOST,
    NAME_MOST,
    PHOTOS_MOST,
    REASON_MOST,
    check_count,
    check_number,
    check_text,
    check_texts,
    demand_text,
)
from dispatch.domain.work_orders import (
    STEPS,
    AssignmentEnd,
    PauseReason,
    WorkOrderStep,
)
from dispatch.services import visible
from dispatch.services.action import Tx, expect_version
from dispatch.services.offers import own_assignment, refuse_order
from dispatch.services.policies import policy_of
from dispatch.services.resolution import resolve_when_all_done
from dispatch.services.sites import check_point
from dispatch.services.work_orders import begin_ticket, end_assignment, open_assignment
from dispatch.store.work_orders import CrewMember, WorkOrder

_PARTS_MOST = 100
_UNIT_MOST = 40
_QUANTITY_MOST = 1_000_000_000
# Strokes drawn on a screen come as a picture within the text.
_SIGNATURE_MOST = 200_000


@dataclass(frozen=True, slots=True)
class Where:
    """Where a device says a step was taken (WGS 84); both or none."""

    latitude: float | None = None
    longitude: float | None = None

    def told(self) -> dict[str, Any]:
        check_point(latitude=self.latitude, longitude=self.longitude)
        return asdict(self) if self.latitude is not None else {}


@dataclass(frozen=True, slots=True)
class HoursInput:
    """Working time of one of the crew."""

    technician_id: int
    seconds: int


@dataclass(frozen=True, slots=True)
class PartInput:
    """Material used, in words and count."""

    name: str
    quantity: float
    unit: str = ""


async def accept(
    tx: Tx,
    *,
    work_order_id: int,
    version: int | None = None,
    latitude: float | None = None,
    longitude: float | None = None,
) -> WorkOrder:
    """The technician takes on an assigned order; its ticket is in progress."""
    order = await _step(
        tx,
        work_order_id,
        version,
        step=WorkOrderStep.ACCEPT,
        verbed="accepted",
        where=Where(latitude, longitude),
    )
    await begin_ticket(tx, order)
    return order


async def decline(
    tx: Tx,
    *,
    work_order_id: int,
    version: int | None = None,
    reason: str,
    latitude: float | None = None,
    longitude: float | None = None,
) -> WorkOrder:
    """An assigned order goes back into the queue with the reason; it won't return to them."""
    order, technician_id = await _own(tx, work_order_id, version)
    demand_text("reason", reason)
    order.state = STEPS.after(state=order.state, step=WorkOrderStep.DECLINE)
    await end_assignment(tx, order, end=AssignmentEnd.DECLINED, reason=reason)
    await refuse_order(tx, order, technician_id=technician_id, reason=reason)
    where = Where(latitude, longitude).told()
    await tx.save(
        order, "work_order.declined", technician_id=technician_id, reason=reason, where=where
    )
    return order


async def set_out(
    tx: Tx,
    *,
    work_order_id: int,
    version: int | None = None,
    latitude: float | None = None,
    longitude: float | None = None,
) -> WorkOrder:
    return await _step(
        tx,
        work_order_id,
        version,
        step=WorkOrderStep.SET_OUT,
        verbed="set_out",
        where=Where(latitude, longitude),
    )


async def arrive(
    tx: Tx,
    *,
    work_order_id: int,
    version: int | None = None,
    latitude: float | None = None,
    longitude: float | None = None,
) -> WorkOrder:
    return await _step(
        tx,
        work_order_id,
        version,
        step=WorkOrderStep.ARRIVE,
        verbed="arrived",
        where=Where(latitude, longitude),
    )


async def start(
    tx: Tx,
    *,
    work_order_id: int,
    version: int | None = None,
    door_code: str | None = None,
    latitude: float | None = None,
    longitude: float | None = None,
) -> WorkOrder:
    """Work begins; in a home only with the customer's door code (EXE-2)."""
    order, technician_id = await _own(tx, work_order_id, version)
    state = STEPS.after(state=order.state, step=WorkOrderStep.START)
    await _open_door(tx, order, door_code)
    order.state = state
    order.started_at = tx.now
    assignment = await open_assignment(tx, order.id)
    if assignment is not None:
        # Helpers who come later note their own times.
        await tx.session.execute(
            update(CrewMember)
            .where(CrewMember.assignment_id == assignment.id, CrewMember.joined_at.is_(None))
            .values(joined_at=tx.now)
        )
    where = Where(latitude, longitude).told()
    await tx.save(order, "work_order.started", technician_id=technician_id, where=where)
    return order


async def pause(
    tx: Tx,
    *,
    work_order_id: int,
    version: int | None = None,
    reason: PauseReason,
    note: str | None = None,
    customer_consents: bool | None = None,
    resume_on: datetime | None = None,
    latitude: float | None = None,
    longitude: float | None = None,
) -> WorkOrder:
    """Work stops for a reason, with a time to go on (EXE-3)."""
    order, technician_id = await _own(tx, work_order_id, version)
    order.state = STEPS.after(state=order.state, step=WorkOrderStep.PAUSE)
    if resume_on is None:
        raise refuse(Code.REQUIRED, field="resume_on")
    if resume_on <= tx.now:
        raise refuse(Code.OUT_OF_RANGE, field="resume_on", least=tx.now.isoformat(), most="")
    check_text("note", note, most=LONG_TEXT_MOST)
    order.pause_reason = reason
    order.resume_on = resume_on
    await tx.save(
        order,
        "work_order.paused",
        technician_id=technician_id,
        note=note,
        customer_consents=customer_consents,
        where=Where(latitude, longitude).told(),
    )
    return order


async def resume(
    tx: Tx,
    *,
    work_order_id: int,
    version: int | None = None,
    latitude: float | None = None,
    longitude: float | None = None,
) -> WorkOrder:
    order, technician_id = await _own(tx, work_order_id, version)
    order.state = STEPS.after(state=order.state, step=WorkOrderStep.RESUME)
    order.pause_reason = None
    order.resume_on = None
    where = Where(latitude, longitude).told()
    await tx.save(order, "work_order.resumed", technician_id=technician_id, where=where)
    return order


async def complete(
    tx: Tx,
    *,
    work_order_id: int,
    version: int | None = None,
    found: str,
    cause: str,
    done: str,
    parts: Sequence[PartInput] = (),
    hours: Sequence[HoursInput] = (),
    photos_before: Sequence[str] = (),
    photos_after: Sequence[str] = (),
    signature: str | None = None,
    no_signature_reason: str | None = None,
    latitude: float | None = None,
    longitude: float | None = None,
) -> WorkOrder:
    """Work is done, with its record (EXE-4); the last order resolves the ticket.

    Without `hours` each of the crew is counted from joining until now.
    """
    order, technician_id = await _own(tx, work_order_id, version)
    order.state = STEPS.after(state=order.state, step=WorkOrderStep.COMPLETE)
    words = {"found": found, "cause": cause, "done": done}
    faults = [Refusal(Code.REQUIRED, (name,)) for name, text in words.items() if not text.strip()]
    if not (signature and signature.strip()) and not (
        no_signature_reason and no_signature_reason.strip()
    ):
        faults.append(Refusal(Code.SIGNATURE_OR_REASON, ("signature",)))
    if faults:
        raise Refused(*faults)
    for name, text in words.items():
        check_text(name, text, most=LONG_TEXT_MOST)
    check_text("signature", signature, most=_SIGNATURE_MOST)
    check_text("no_signature_reason", no_signature_reason, most=REASON_MOST)
    check_texts("photos_before", photos_before, count=PHOTOS_MOST, most=LINK_MOST)
    check_texts("photos_after", photos_after, count=PHOTOS_MOST, most=LINK_MOST)
    _check_parts(parts)
    worked = await _count_hours(tx, order, hours)
    order.ended_at = tx.now
    order.completion = {
        **words,
        "parts": [asdict(part) for part in parts],
        "hours": [asdict(each) for each in worked],
        "photos_before": list(photos_before),
        "photos_after": list(photos_after),
        "signature": signature,
        "no_signature_reason": no_signature_reason,
    }
    await end_assignment(tx, order, end=AssignmentEnd.DONE)
    where = Where(latitude, longitude).told()
    await tx.save(order, "work_order.completed", technician_id=technician_id, where=where)
    await resolve_when_all_done(tx, order.ticket_id)
    return order


async def lift_door_code(
    tx: Tx,
    *,
    work_order_id: int,
    version: int | None = None,
    reason: str,
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


async def _own(tx: Tx, work_order_id: int, version: int | None) -> tuple[WorkOrder, int]:
    order = await visible.find_work_order(tx, work_order_id, Action.WORK)
    expect_version(order, version)
    # A step of an order that is nobody's any more is wrong by its state, not by its owner.
    if await open_assignment(tx, order.id) is None:
        raise refuse(
            Code.WRONG_STEP,
            field="work_order_id",
            allowed=STEPS.allowed(order.state),
            noun="work_order",
            step="WORK",
            state=order.state.value,
        )
    return order, await own_assignment(tx, order)


async def _step(
    tx: Tx,
    work_order_id: int,
    version: int | None,
    *,
    step: WorkOrderStep,
    verbed: str,
    where: Where,
) -> WorkOrder:
    order, technician_id = await _own(tx, work_order_id, version)
    order.state = STEPS.after(state=order.state, step=step)
    await tx.save(order, f"work_order.{verbed}", technician_id=technician_id, where=where.told())
    return order


async def _open_door(tx: Tx, order: WorkOrder, given: str | None) -> None:
    if order.door_code is None or order.door_code_lifted_reason is not None:
        return
    policy = await policy_of(tx, order.site_id)
    tries = try_code(
        expected=order.door_code,
        given=given,
        tries=Tries(order.door_code_wrong, order.door_code_locked_until),
        now=tx.now,
        most_tries=policy.door_code_tries,
        lock=timedelta(seconds=policy.door_code_lock_s),
    )
    order.door_code_wrong = tries.wrong
    order.door_code_locked_until = tries.locked_until
    if tries == Tries():
        return
    # The count must outlive the refusal, or nobody would ever be locked out.
    await tx.save(order, "work_order.door_code_wrong")
    if tries.locked_until is not None:
        raise refuse(
            Code.DOOR_CODE_LOCKED,
            field="door_code",
            keep_changes=True,
            until=tries.locked_until.isoformat(),
        )
    raise refuse(
        Code.DOOR_CODE_WRONG,
        field="door_code",
        keep_changes=True,
        left=policy.door_code_tries - tries.wrong,
    )


def _check_parts(parts: Sequence[PartInput]) -> None:
    check_count("parts", parts, most=_PARTS_MOST)
    for part in parts:
        check_text(("parts", "name"), part.name, most=NAME_MOST)
        check_text(("parts", "unit"), part.unit, most=_UNIT_MOST)
        check_number(("parts", "quantity"), part.quantity, least=0, most=_QUANTITY_MOST)


async def _count_hours(tx: Tx, order: WorkOrder, hours: Sequence[HoursInput]) -> list[HoursInput]:
    check_count("hours", hours, most=CREW_MOST)
    assignment = await open_assignment(tx, order.id)
    statement = (
        select(CrewMember)
        .where(CrewMember.assignment_id == (assignment.id if assignment is not None else 0))
        .order_by(CrewMember.is_lead.desc(), CrewMember.id)
    )
    crew = {each.technician_id: each for each in (await tx.session.execute(statement)).scalars()}
    given = {each.technician_id: each.seconds for each in hours}
    for technician_id, seconds in given.items():
        if technician_id not in crew:
            raise refuse(Code.NOT_FOUND, field="hours", id=technician_id)
        if not 0 <= seconds <= 30 * 24 * 3600:
            raise refuse(Code.OUT_OF_RANGE, field="hours", least=0, most=30 * 24 * 3600)
    worked = []
    for technician_id, member in crew.items():
        member.joined_at = member.joined_at or order.started_at
        member.left_at = member.left_at or tx.now
        elapsed = (member.left_at or tx.now) - (member.joined_at or tx.now)
        seconds = given.get(technician_id, int(elapsed.total_seconds()))
        member.worked_s = seconds
        worked.append(HoursInput(technician_id, seconds))
    await tx.session.flush()
    return worked

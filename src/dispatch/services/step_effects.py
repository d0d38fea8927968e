"""What each of the technician's steps does, once its turn has come (EXE-1 … EXE-4)."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import bindparam, update

from dispatch.domain.errors import Code, refuse
from dispatch.domain.sizes import LONG_TEXT_MOST, check_text, demand_text
from dispatch.domain.work_orders import AssignmentEnd, PauseReason, WorkOrderStep
from dispatch.services import (
    appointments,
    customer_calls,
    help_requests,
    offers,
    overtime,
    pauses,
    trips,
)
from dispatch.services.action import Tx, plain
from dispatch.services.completions import (
    HoursInput,
    PartInput,
    Record,
    count_hours,
    crew_of,
    keep_pictures,
)
from dispatch.services.declining import after_decline
from dispatch.services.door_codes import open_door
from dispatch.services.precedence import demand_earlier_done
from dispatch.services.resolution import resolve_when_all_done
from dispatch.services.steps import Taking
from dispatch.services.walking import stop_walk
from dispatch.services.work_orders import begin_ticket, end_assignment, open_assignment
from dispatch.store.work_orders import CrewMember

if TYPE_CHECKING:
    from sqlalchemy import Table

Effect = Callable[..., Awaitable[None]]

_CREW = cast("Table", CrewMember.__table__)
# Helpers who come later note their own times.
_JOIN = (
    update(_CREW)
    .where(_CREW.c.assignment_id == bindparam("held"), _CREW.c.joined_at.is_(None))
    .values(joined_at=bindparam("at"))
)


async def accept(tx: Tx, taking: Taking) -> None:
    await taking.finish(tx, "accepted")
    await stop_walk(tx, taking.order)
    await begin_ticket(tx, taking.order)


async def decline(tx: Tx, taking: Taking, *, reason: str) -> None:
    demand_text("reason", reason)
    order = taking.order
    await end_assignment(tx, order, end=AssignmentEnd.DECLINED, reason=reason)
    await offers.refuse_order(tx, order, technician_id=taking.technician_id, reason=reason)
    await taking.finish(tx, "declined", reason=reason)
    await after_decline(tx, order, technician_id=taking.technician_id)


async def give_back(tx: Tx, taking: Taking, *, reason: str) -> None:
    await offers.give_back(tx, work_order_id=taking.order.id, reason=reason)


async def set_out(tx: Tx, taking: Taking) -> None:
    await customer_calls.before_setting_out(
        tx, taking.order, technician_id=taking.technician_id, at=taking.at
    )
    await trips.set_out(tx, taking)
    await taking.finish(tx, "set_out")


async def arrive(tx: Tx, taking: Taking) -> None:
    way_m = await trips.arrive(tx, taking)
    await taking.finish(tx, "arrived", way_m=way_m)
    await appointments.arrived(tx, taking.order, at=taking.at)


async def start(tx: Tx, taking: Taking, *, door_code: str | None = None) -> None:
    order = taking.order
    await demand_earlier_done(tx, order)
    await open_door(tx, order, door_code)
    order.started_at = taking.at
    assignment = await open_assignment(tx, order.id)
    if assignment is not None:
        await tx.session.execute(_JOIN, {"held": assignment.id, "at": taking.at})
    await taking.finish(tx, "started")


async def pause(
    tx: Tx,
    taking: Taking,
    *,
    reason: PauseReason,
    note: str | None = None,
    customer_consents: bool | None = None,
    resume_on: datetime | None = None,
) -> None:
    check_text("note", note, most=LONG_TEXT_MOST)
    order = taking.order
    until = await pauses.check(
        tx, order, reason=reason, consents=customer_consents, resume_on=resume_on, at=taking.at
    )
    if taking.is_newest:
        order.pause_reason = reason
        order.resume_on = until
    await taking.finish(
        tx,
        "paused",
        reason=reason,
        resume_on=until,
        note=note,
        customer_consents=customer_consents,
    )
    if taking.is_newest:
        await pauses.begin(tx, order, note=note)


async def resume(tx: Tx, taking: Taking) -> None:
    if taking.is_newest:
        taking.order.pause_reason = None
        taking.order.resume_on = None
        await pauses.end(tx, taking.order)
    await taking.finish(tx, "resumed")


async def complete(tx: Tx, taking: Taking, **words: Any) -> None:
    record = Record(**words)
    record.check()
    order = taking.order
    record = await keep_pictures(tx, order, record)
    crew = await crew_of(tx, order)
    worked = await count_hours(tx, order, crew, record.hours, at=taking.at)
    order.ended_at = taking.at
    order.completion = record.kept(worked)
    assignment = await open_assignment(tx, order.id)
    await end_assignment(tx, order, end=AssignmentEnd.DONE, at=taking.at)
    if assignment is not None:
        await overtime.note_worked(tx, order, assignment, crew)
    await taking.finish(tx, "completed")
    await help_requests.end(tx, order)
    await resolve_when_all_done(tx, order.ticket_id)


EFFECTS: Mapping[WorkOrderStep, Effect] = {
    WorkOrderStep.ACCEPT: accept,
    WorkOrderStep.DECLINE: decline,
    WorkOrderStep.GIVE_BACK: give_back,
    WorkOrderStep.SET_OUT: set_out,
    WorkOrderStep.ARRIVE: arrive,
    WorkOrderStep.START: start,
    WorkOrderStep.PAUSE: pause,
    WorkOrderStep.RESUME: resume,
    WorkOrderStep.COMPLETE: complete,
}


def check(step: WorkOrderStep, arguments: Mapping[str, Any]) -> None:
    """Refuses at once what could never be taken, whenever its turn comes."""
    if step in (WorkOrderStep.DECLINE, WorkOrderStep.GIVE_BACK):
        demand_text("reason", arguments["reason"])
    elif step is WorkOrderStep.PAUSE and arguments.get("resume_on") is None:
        raise refuse(Code.REQUIRED, field="resume_on")
    elif step is WorkOrderStep.COMPLETE:
        Record(**arguments).check()


def kept(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a step that has to wait, as JSON."""
    return plain(
        {
            name: [asdict(each) for each in value] if _holds_rows(value) else value
            for name, value in arguments.items()
        }
    )


def revived(step: WorkOrderStep, given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that `kept` put away."""
    arguments = dict(given)
    if step is WorkOrderStep.PAUSE:
        arguments["reason"] = PauseReason(given["reason"])
        arguments["resume_on"] = datetime.fromisoformat(given["resume_on"])
    elif step is WorkOrderStep.COMPLETE:
        arguments["parts"] = [PartInput(**each) for each in given.get("parts", ())]
        arguments["hours"] = [HoursInput(**each) for each in given.get("hours", ())]
    return arguments


def _holds_rows(value: object) -> bool:
    return (
        isinstance(value, Sequence)
        and not isinstance(value, str)
        and all(isinstance(each, PartInput | HoursInput) for each in value)
    )

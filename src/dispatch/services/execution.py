"""The technician's steps, from accepting to completing (上门). None is skipped or taken twice.

Each may bring its own time, `occurred_at`: it is then sorted in among the others (EXE-6).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Unpack

from dispatch.domain.rights import Action
from dispatch.domain.sizes import demand_text
from dispatch.domain.work_orders import PauseReason, WorkOrderStep
from dispatch.services import visible
from dispatch.services.action import Tx, expect_version
from dispatch.services.completions import HoursInput, PartInput
from dispatch.services.late_steps import take
from dispatch.services.steps import Step
from dispatch.store.work_orders import WorkOrder


async def accept(tx: Tx, **given: Unpack[Step]) -> WorkOrder:
    """The technician takes on an assigned order; its ticket is in progress."""
    return await take(tx, WorkOrderStep.ACCEPT, given)


async def decline(tx: Tx, *, reason: str, **given: Unpack[Step]) -> WorkOrder:
    """An assigned order goes back into the queue with the reason; it won't return to them."""
    return await take(tx, WorkOrderStep.DECLINE, given, reason=reason)


async def set_out(tx: Tx, **given: Unpack[Step]) -> WorkOrder:
    return await take(tx, WorkOrderStep.SET_OUT, given)


async def arrive(tx: Tx, **given: Unpack[Step]) -> WorkOrder:
    return await take(tx, WorkOrderStep.ARRIVE, given)


async def start(tx: Tx, *, door_code: str | None = None, **given: Unpack[Step]) -> WorkOrder:
    """Work begins; in a home only with the customer's door code (EXE-2)."""
    return await take(tx, WorkOrderStep.START, given, door_code=door_code)


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
    return await take(
        tx,
        WorkOrderStep.PAUSE,
        given,
        reason=reason,
        note=note,
        customer_consents=customer_consents,
        resume_on=resume_on,
    )


async def resume(tx: Tx, **given: Unpack[Step]) -> WorkOrder:
    return await take(tx, WorkOrderStep.RESUME, given)


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

    Without `hours` each of the crew is counted from joining until the end.
    """
    return await take(
        tx,
        WorkOrderStep.COMPLETE,
        given,
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

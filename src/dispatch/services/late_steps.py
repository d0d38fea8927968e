"""Steps as they are told, at once or late, in any order: each is taken once, in its turn (EXE-6).

A step that is told with its own time joins the history of the technician's steps on the order.
What follows on from what was taken is taken; what came too early waits for what is missing.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table, bindparam, insert, select

from dispatch.domain.clocks import ClockKind
from dispatch.domain.errors import Code, Refused, refuse
from dispatch.domain.late_steps import (
    StepState,
    Told,
    clock_correction,
    history,
    own_time,
)
from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.rights import Action, Role
from dispatch.domain.work_orders import STEPS, AssignmentEnd, WorkOrderState, WorkOrderStep
from dispatch.services import clocks, step_effects, visible
from dispatch.services.action import Tx, expect_version
from dispatch.services.idempotency import KEY_MOST
from dispatch.services.offers import own_assignment
from dispatch.services.policies import policy_of
from dispatch.services.steps import Step, Taking, Where
from dispatch.services.telling import tell
from dispatch.services.work_orders import open_assignment
from dispatch.store.changes import forget_recorded, write_down
from dispatch.store.clocks import Clock
from dispatch.store.work_orders import Assignment, WorkOrder
from dispatch.store.work_steps import WorkStep

KINDS = tuple(step_effects.EFFECTS)
"""The steps that a technician can tell."""
_STEPS = select(WorkStep).where(
    WorkStep.assignment_id == bindparam("assignment"), WorkStep.state != StepState.REFUSED
)
# Most steps are told at once, and nothing waits for them: such a one is no row to be kept in mind.
_TAKEN = insert(cast("Table", WorkStep.__table__)).inline()
_WAITING = (
    select(WorkStep.id)
    .where(WorkStep.assignment_id == bindparam("assignment"), WorkStep.state == StepState.WAITING)
    .limit(1)
)


async def take(tx: Tx, step: WorkOrderStep, given: Step, **arguments: Any) -> WorkOrder:
    """A technician's step: taken now, or sorted in by its own time if it brings one."""
    order = await visible.find_work_order(tx, given["work_order_id"], Action.WORK)
    expect_version(order, given.get("version"))
    if given.get("occurred_at") is None:
        await _take_now(tx, order, step, _where(given), arguments)
    else:
        await _take_in(tx, order, step, given, arguments)
    return order


async def report(
    tx: Tx, *, step: WorkOrderStep, key: str, clock_off: timedelta, given: Step, **arguments: Any
) -> WorkStep:
    """One step of a batch; `clock_off` is how far the device's clock is behind. The same key
    again gives what became of it the first time."""
    if not 1 <= len(key) <= KEY_MOST:
        raise refuse(Code.OUT_OF_RANGE, field="key", least=1, most=KEY_MOST)
    known = await _by_key(tx, key)
    if known is not None:
        wished = (given["work_order_id"], step, given.get("occurred_at"))
        if (known.work_order_id, known.step, known.occurred_at) != wished:
            raise refuse(Code.IDEMPOTENCY_KEY_REUSED, field="key")
        return known
    order = await visible.find_work_order(tx, given["work_order_id"], Action.WORK)
    return await _take_in(tx, order, step, given, arguments, key=key, clock_off=clock_off)


async def give_up_waiting(tx: Tx, clock: Clock) -> None:
    """What a step waited for has not come: it is refused, and people are told."""
    row = await tx.session.get_one(WorkStep, clock.subject_id, with_for_update=True)
    if row.state is StepState.WAITING:
        await _refuse(tx, row, Code.WRONG_STEP)


async def _take_now(
    tx: Tx,
    order: WorkOrder,
    step: WorkOrderStep,
    where: dict[str, Any],
    arguments: Mapping[str, Any],
) -> None:
    assignment = await open_assignment(tx, order.id)
    if assignment is None:
        # A step of an order that is nobody's any more is wrong by its state, not by its owner.
        raise _wrong_step(order, step)
    technician_id = await own_assignment(tx, order)
    before = order.state
    taking = Taking(order, technician_id, STEPS.after(state=before, step=step), where, tx.now)
    await step_effects.EFFECTS[step](tx, taking, **arguments)
    taken = {
        **_of(order),
        "technician_id": technician_id,
        "assignment_id": assignment.id,
        "step": step,
        "state": StepState.TAKEN,
        "before": before,
        "occurred_at": tx.now,
        "at": tx.now,
        "received_at": tx.now,
    }
    await tx.session.execute(_TAKEN, taken)
    if (await tx.session.execute(_WAITING, {"assignment": assignment.id})).first() is not None:
        await _settle(tx, order, assignment.id)


async def _take_in(
    tx: Tx,
    order: WorkOrder,
    step: WorkOrderStep,
    given: Step,
    arguments: Mapping[str, Any],
    *,
    key: str | None = None,
    clock_off: timedelta = timedelta(0),
) -> WorkStep:
    occurred_at = given.get("occurred_at")
    if occurred_at is None:
        raise refuse(Code.REQUIRED, field="occurred_at")
    technician_id = tx.actor.technician_id
    if technician_id is None:
        raise refuse(Code.FORBIDDEN, action=Action.WORK.value)
    known = await _same(tx, order, technician_id, step, occurred_at)
    if known is not None and known.state is not StepState.REFUSED:
        return known
    assignment = await _own_history(tx, order, technician_id, step)
    rows = await _rows(tx, assignment.id)
    policy = (await policy_of(tx, order.site_id)).on_site
    correction = clock_correction(clock_off, most=timedelta(seconds=policy.clock_off_s))
    at = own_time(
        occurred_at + correction,
        now=tx.now,
        stamped=max((row.at for row in rows if row.occurred_at == row.received_at), default=None),
        fast=timedelta(seconds=policy.clock_fast_s),
        oldest=timedelta(seconds=policy.offline_most_s),
    )
    where = _where(given)
    step_effects.check(step, arguments)
    row = known or WorkStep(
        **_of(order),
        technician_id=technician_id,
        assignment_id=assignment.id,
        step=step,
        occurred_at=occurred_at,
    )
    row.state, row.at, row.received_at, row.refusal = StepState.WAITING, at, tx.now, None
    row.key = row.key or key
    row.given = {"where": where, "arguments": step_effects.kept(arguments)}
    tx.session.add(row)
    await tx.session.flush()
    await _settle(tx, order, assignment.id, asked=row)
    if row.state is StepState.WAITING:
        await tx.save(row, "work_step.waits", step=step)
        await clocks.start(
            tx, ClockKind.STEP_WAITS, row, site_id=row.site_id, after_s=policy.step_waits_s
        )
    return row


async def _settle(
    tx: Tx, order: WorkOrder, assignment_id: int, *, asked: WorkStep | None = None
) -> None:
    """Takes every waiting step whose turn has come; what is refused then is refused for good,
    but for the one that was just `asked` for: its refusal goes to who asked."""
    tried = True
    while tried:
        tried = False
        rows = await _rows(tx, assignment_id)
        if not any(row.state is StepState.WAITING for row in rows):
            return
        taken = [row for row in rows if row.state is StepState.TAKEN]
        before = (taken[0].before if taken else None) or order.state
        held = history(before, [_told(row) for row in rows])
        final = max((i for i, one in enumerate(held) if rows[one.index] in taken), default=-1)
        for place, one in enumerate(held):
            row = rows[one.index]
            if row.state is StepState.WAITING:
                is_newest = place > final
                # Somebody else has moved the order meanwhile: the step has to wait.
                if is_newest and order.state is not before:
                    return
                state = one.state if is_newest else None
                if not await _try(tx, order, row, before=before, state=state, asked=asked):
                    tried = True
                    break
            before = one.state


async def _try(
    tx: Tx,
    order: WorkOrder,
    row: WorkStep,
    *,
    before: WorkOrderState,
    state: WorkOrderState | None,
    asked: WorkStep | None,
) -> bool:
    """Takes a step whose turn it is; False when it was refused for good."""
    where, arguments = row.given["where"], step_effects.revived(row.step, row.given["arguments"])
    taking = Taking(order, row.technician_id, state, where, row.at, is_late=True)
    await write_down(tx.session)
    savepoint = await tx.session.begin_nested()
    try:
        await step_effects.EFFECTS[row.step](tx, taking, **arguments)
    except Refused as refused:
        if refused.keep_changes:
            await savepoint.commit()
        else:
            forget_recorded(tx.session)
            await savepoint.rollback()
            await tx.session.refresh(order)
            await tx.session.refresh(row)
        if row is asked:
            await tx.session.delete(row)
            await tx.session.flush()
            raise
        await _refuse(tx, row, refused.refusals[0].code)
        return False
    await savepoint.commit()
    row.state, row.before, row.given = StepState.TAKEN, before, {}
    await tx.session.flush()
    await clocks.stop(tx, row, ClockKind.STEP_WAITS)
    return True


async def _refuse(tx: Tx, row: WorkStep, code: Code) -> None:
    # The key is free again: the step may be told once more, put right.
    row.state, row.refusal, row.given, row.key = StepState.REFUSED, code.value, {}, None
    await tx.save(row, "work_step.refused", step=row.step, code=code)
    await clocks.stop(tx, row, ClockKind.STEP_WAITS)
    order = await tx.session.get_one(WorkOrder, row.work_order_id)
    await tell(
        tx,
        MessageKind.STEP_NOT_TAKEN,
        Audience(roles=(Role.DESK,), technician_ids=(row.technician_id,)),
        site_id=row.site_id,
        ticket_id=row.ticket_id,
        work_order_id=row.work_order_id,
        number=order.number,
        step=row.step,
        occurred_at=row.occurred_at,
        code=code,
    )


async def _own_history(
    tx: Tx, order: WorkOrder, technician_id: int, step: WorkOrderStep
) -> Assignment:
    """The assignment to which a late step belongs: the open one, or the one that they ended."""
    assignment = await open_assignment(tx, order.id)
    if assignment is None:
        statement = (
            select(Assignment)
            .where(Assignment.work_order_id == order.id, Assignment.end == AssignmentEnd.DONE)
            .order_by(Assignment.id.desc())
            .limit(1)
        )
        assignment = (await tx.session.execute(statement)).scalar_one_or_none()
    if assignment is None:
        raise _wrong_step(order, step)
    if assignment.technician_id != technician_id:
        raise refuse(Code.NOT_YOUR_ORDER, field="work_order_id", number=order.number)
    return assignment


async def _rows(tx: Tx, assignment_id: int) -> Sequence[WorkStep]:
    """The steps of an assignment that are taken or wait, in order of their own times."""
    rows = (await tx.session.execute(_STEPS, {"assignment": assignment_id})).scalars()
    return sorted(rows, key=lambda row: _told(row).sort_key)


async def _same(
    tx: Tx, order: WorkOrder, technician_id: int, step: WorkOrderStep, occurred_at: datetime
) -> WorkStep | None:
    statement = select(WorkStep).where(
        WorkStep.work_order_id == order.id,
        WorkStep.technician_id == technician_id,
        WorkStep.step == step,
        WorkStep.occurred_at == occurred_at,
    )
    return (await tx.session.execute(statement)).scalar_one_or_none()


async def _by_key(tx: Tx, key: str) -> WorkStep | None:
    statement = select(WorkStep).where(
        WorkStep.technician_id == (tx.actor.technician_id or 0),
        WorkStep.key == key,
        WorkStep.state != StepState.REFUSED,
    )
    return (await tx.session.execute(statement)).scalar_one_or_none()


def _told(row: WorkStep) -> Told:
    return Told(row.step, row.at, row.occurred_at, is_taken=row.state is StepState.TAKEN)


def _where(given: Step) -> dict[str, Any]:
    return Where(given.get("latitude"), given.get("longitude")).told()


def _of(order: WorkOrder) -> dict[str, int]:
    return {"site_id": order.site_id, "ticket_id": order.ticket_id, "work_order_id": order.id}


def _wrong_step(order: WorkOrder, step: WorkOrderStep) -> Refused:
    return refuse(
        Code.WRONG_STEP,
        field="work_order_id",
        allowed=STEPS.allowed(order.state),
        noun="work_order",
        step=step.value,
        state=order.state.value,
    )

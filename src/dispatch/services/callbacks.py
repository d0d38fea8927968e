"""The call after the work (回访): owed for every resolved ticket, closing or reopening it (CBK)."""

from collections.abc import Mapping

from sqlalchemy import select

from dispatch.domain.callbacks import (
    SCORES,
    CallbackState,
    CallResult,
    Outcome,
    check_answers,
    outcome,
    state_after,
)
from dispatch.domain.errors import Code, refuse
from dispatch.domain.tickets import STEPS, TicketStep
from dispatch.domain.work_orders import STEPS as ORDER_STEPS
from dispatch.domain.work_orders import WorkOrderState, WorkOrderStep
from dispatch.services import visible
from dispatch.services.action import Tx, expect_version
from dispatch.services.answers import answer_merged
from dispatch.services.policies import policy_of
from dispatch.services.work_orders import create_for
from dispatch.store.callbacks import Callback, CallbackCall
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import WorkOrder


async def record(
    tx: Tx,
    *,
    callback_id: int,
    version: int | None = None,
    result: CallResult,
    solved: bool | None = None,
    satisfied: bool | None = None,
    charge_as_agreed: bool | None = None,
    scores: Mapping[str, int] | None = None,
    dissatisfaction_reason: str | None = None,
    remarks: str | None = None,
) -> Callback:
    """Notes one call. A satisfied customer closes the ticket, an unsatisfied one reopens it with a
    further visit for the supervisor to send (CBK-4)."""
    callback = await visible.find(
        tx,
        Callback,
        callback_id,
        visible.callbacks(tx.actor),
        field="callback_id",
        lock=True,
    )
    expect_version(callback, version)
    if callback.state is not CallbackState.DUE:
        raise refuse(Code.CALLBACK_ENDED, field="callback_id", state=callback.state.value)
    policy = await policy_of(tx, callback.site_id)
    given = dict(scores or {})
    unknown = sorted(set(given) - set(SCORES))
    if unknown:
        raise refuse(Code.BAD_INPUT, field="scores", given=unknown[0], allowed=SCORES)
    check_answers(
        result=result,
        solved=solved,
        satisfied=satisfied,
        reason=dissatisfaction_reason,
        scores=given,
        scale=policy.callback_scale,
    )
    if result is not CallResult.ANSWERED:
        callback.unanswered += 1
    follows = outcome(
        result=result,
        # A fault that is not solved cannot satisfy, whatever else was said.
        satisfied=bool(satisfied and solved),
        unanswered=callback.unanswered,
        most_unanswered=policy.callback_unanswered,
    )
    callback.state = state_after(result=result, outcome=follows)
    if result is CallResult.ANSWERED:
        callback.solved = solved
        callback.satisfied = satisfied
        callback.charge_as_agreed = charge_as_agreed
        callback.scores = given
        callback.dissatisfaction_reason = dissatisfaction_reason
    callback.remarks = remarks or callback.remarks
    if follows is not Outcome.CALL_AGAIN:
        callback.ended_at = tx.now
    tx.session.add(
        CallbackCall(
            callback_id=callback.id,
            called_by_id=tx.actor.user_id,
            called_by_name=tx.actor.name,
            at=tx.now,
            result=result,
        )
    )
    await tx.save(callback, "callback.recorded", result=result, follows=follows)
    if follows is Outcome.CLOSE:
        await _close(tx, callback)
    elif follows is Outcome.REOPEN:
        await _reopen(tx, callback)
    return callback


async def _close(tx: Tx, callback: Callback) -> None:
    ticket = await _ticket(tx, callback)
    ticket.state = STEPS.after(state=ticket.state, step=TicketStep.CLOSE)
    ticket.closed_at = tx.now
    await tx.save(ticket, "ticket.closed", callback_id=callback.id)
    await answer_merged(tx, ticket)
    for order in await _completed_orders(tx, ticket):
        order.state = ORDER_STEPS.after(state=order.state, step=WorkOrderStep.CLOSE)
        await tx.save(order, "work_order.closed")


async def _reopen(tx: Tx, callback: Callback) -> None:
    ticket = await _ticket(tx, callback)
    ticket.state = STEPS.after(state=ticket.state, step=TicketStep.REOPEN)
    ticket.resolved_at = None
    await tx.save(
        ticket, "ticket.reopened", callback_id=callback.id, reason=callback.dissatisfaction_reason
    )
    order = await create_for(
        tx, ticket, instructions=callback.dissatisfaction_reason, is_rework=True
    )
    tx.note(order, "supervisor.told", reason=callback.dissatisfaction_reason)


async def _ticket(tx: Tx, callback: Callback) -> Ticket:
    return await tx.session.get_one(
        Ticket, callback.ticket_id, with_for_update=True, populate_existing=True
    )


async def _completed_orders(tx: Tx, ticket: Ticket) -> list[WorkOrder]:
    statement = (
        select(WorkOrder)
        .where(WorkOrder.ticket_id == ticket.id, WorkOrder.state == WorkOrderState.COMPLETED)
        .order_by(WorkOrder.id)
        .with_for_update()
    )
    return list((await tx.session.execute(statement)).scalars())

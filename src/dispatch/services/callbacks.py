"""The call after the work (回访): what is said, and what follows from it (CBK-2 … CBK-6)."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from dispatch.domain.callbacks import (
    SCORES,
    Amends,
    AnsweredBy,
    CallbackState,
    CallResult,
    Outcome,
    check_answers,
    outcome,
    state_after,
)
from dispatch.domain.errors import Code, Refusal, Refused, refuse
from dispatch.domain.rights import Action
from dispatch.domain.sizes import LONG_TEXT_MOST, REASON_MOST, demand_text
from dispatch.services import visible
from dispatch.services.action import Tx, expect_version
from dispatch.services.amends import close, complain, reopen
from dispatch.services.owed_callbacks import tell_managers
from dispatch.services.policies import policy_of
from dispatch.store.callbacks import Callback, CallbackCall
from dispatch.store.tickets import Ticket


async def record(
    tx: Tx,
    *,
    callback_id: int,
    version: int | None = None,
    result: CallResult,
    amends: Amends = Amends.REWORK,
    **answers: Any,
) -> Callback:
    """Notes one call. A satisfied customer closes the ticket; for an unsatisfied one it is
    reopened with a rework, or a complaint is opened (CBK-4). A serious case is called back by a
    manager (CBK-5)."""
    callback = await _find(tx, callback_id)
    expect_version(callback, version)
    _demand_due(callback)
    is_manager = tx.actor.may(Action.CALL_BACK_SERIOUS, site_id=callback.site_id)
    if callback.serious_reason is not None and not is_manager:
        raise refuse(Code.MANAGER_MUST_CALL, field="callback_id", reason=callback.serious_reason)
    tx.session.add(
        CallbackCall(
            callback_id=callback.id,
            called_by_id=tx.actor.user_id,
            called_by_name=tx.actor.name,
            at=tx.now,
            result=result,
            by_manager=is_manager,
        )
    )
    return await _conclude(
        tx, callback, result=result, by=AnsweredBy.CALL, amends=amends, answers=answers
    )


async def mark_serious(
    tx: Tx, *, callback_id: int, version: int | None = None, reason: str
) -> Callback:
    """From now on only a manager makes this call, for a reason that people see (CBK-5)."""
    callback = await _find(tx, callback_id)
    expect_version(callback, version)
    _demand_due(callback)
    demand_text("reason", reason)
    callback.serious_reason = reason
    await tx.save(callback, "callback.marked_serious", reason=reason)
    ticket = await tx.session.get_one(Ticket, callback.ticket_id)
    await tell_managers(tx, callback, number=ticket.number)
    return callback


async def answer_own(tx: Tx, *, ticket_id: int, **answers: Any) -> Ticket:
    """The reporter answers by the app, in place of a call (CBK-6)."""
    seen = visible.own_tickets(tx.actor) & visible.tickets(tx.actor)
    ticket = await visible.find(tx, Ticket, ticket_id, seen, field="ticket_id", lock=True)
    # Whoever took the report for somebody may not answer for them.
    if ticket.party_id is None or ticket.party_id != tx.actor.party_id:
        raise refuse(Code.NOT_FOUND, field="ticket_id", id=ticket_id)
    statement = (
        select(Callback.id)
        .where(Callback.ticket_id == ticket.id)
        .order_by(Callback.id.desc())
        .limit(1)
    )
    callback_id = (await tx.session.execute(statement)).scalar_one_or_none()
    if callback_id is None:
        raise refuse(Code.NOT_FOUND, field="ticket_id", id=ticket_id)
    await take_answer(tx, await locked(tx, callback_id), by=AnsweredBy.APP, **answers)
    return ticket


async def take_answer(tx: Tx, callback: Callback, *, by: AnsweredBy, **answers: Any) -> Callback:
    """A customer's own answer: as good as a call's in time, kept beside it when it is late."""
    if callback.state is CallbackState.DUE:
        return await _conclude(
            tx,
            callback,
            result=CallResult.ANSWERED,
            by=by,
            amends=Amends.REWORK,
            answers=answers,
        )
    if callback.late_answer is not None or callback.answered_by not in (None, AnsweredBy.CALL):
        raise refuse(Code.CALLBACK_ENDED, field="callback_id", state=callback.state.value)
    given = await _checked(tx, callback, result=CallResult.ANSWERED, answers=answers)
    callback.late_answer = {"by": by.value, **given}
    callback.late_answer_at = tx.now
    await tx.save(callback, "callback.answered_late", by=by)
    if not (given["satisfied"] and given["solved"]):
        await complain(tx, callback, reason=given["dissatisfaction_reason"] or "")
    return callback


async def locked(tx: Tx, callback_id: int) -> Callback:
    return await tx.session.get_one(
        Callback, callback_id, with_for_update=True, populate_existing=True
    )


async def _conclude(
    tx: Tx,
    callback: Callback,
    *,
    result: CallResult,
    by: AnsweredBy,
    amends: Amends,
    answers: Mapping[str, Any],
) -> Callback:
    """What a call or an answer leads to: closed, made good, or another call."""
    given = await _checked(tx, callback, result=result, answers=answers)
    policy = await policy_of(tx, callback.site_id)
    if result is not CallResult.ANSWERED:
        callback.unanswered += 1
    follows = outcome(
        result=result,
        # A fault that is not solved cannot satisfy, whatever else was said.
        satisfied=bool(given["satisfied"] and given["solved"]),
        unanswered=callback.unanswered,
        most_unanswered=policy.callback_unanswered,
    )
    callback.state = state_after(result=result, outcome=follows)
    if result is CallResult.ANSWERED:
        for name in ("solved", "satisfied", "charge_as_agreed", "dissatisfaction_reason"):
            setattr(callback, name, given[name])
        callback.scores = given["scores"]
        callback.answered_by = by
    callback.remarks = given["remarks"] or callback.remarks
    if follows is not Outcome.CALL_AGAIN:
        callback.ended_at = tx.now
    await tx.save(callback, "callback.recorded", result=result, follows=follows, by=by)
    # What is broken still is mended; a complaint alone would leave it so.
    is_mended = amends is Amends.COMPLAINT and given["solved"]
    if follows is Outcome.CLOSE or (follows is Outcome.REOPEN and is_mended):
        await close(tx, callback)
    elif follows is Outcome.REOPEN:
        await reopen(tx, callback)
    if follows is Outcome.REOPEN and amends is Amends.COMPLAINT:
        await complain(tx, callback, reason=given["dissatisfaction_reason"] or "")
    return callback


async def _checked(
    tx: Tx, callback: Callback, *, result: CallResult, answers: Mapping[str, Any]
) -> dict[str, Any]:
    """The answers, all of them named, if they fit the site's scale and each other."""
    given: dict[str, Any] = {
        "solved": None,
        "satisfied": None,
        "charge_as_agreed": None,
        "dissatisfaction_reason": None,
        "remarks": None,
        **answers,
        "scores": dict(answers.get("scores") or {}),
    }
    unknown = sorted(set(given["scores"]) - set(SCORES))
    if unknown:
        raise refuse(Code.BAD_INPUT, field="scores", given=unknown[0], allowed=SCORES)
    policy = await policy_of(tx, callback.site_id)
    check_answers(
        result=result,
        solved=given["solved"],
        satisfied=given["satisfied"],
        reason=given["dissatisfaction_reason"],
        scores=given["scores"],
        scale=policy.callback_scale,
    )
    faults = [
        Refusal(Code.TOO_LONG, (name,), {"most": most, "length": len(given[name])})
        for name, most in (("dissatisfaction_reason", REASON_MOST), ("remarks", LONG_TEXT_MOST))
        if given[name] is not None and len(given[name]) > most
    ]
    if faults:
        raise Refused(*faults)
    return given


async def _find(tx: Tx, callback_id: int) -> Callback:
    seen = visible.callbacks(tx.actor)
    return await visible.find(tx, Callback, callback_id, seen, field="callback_id", lock=True)


def _demand_due(callback: Callback) -> None:
    if callback.state is not CallbackState.DUE:
        raise refuse(Code.CALLBACK_ENDED, field="callback_id", state=callback.state.value)

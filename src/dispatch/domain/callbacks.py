"""After the work: the call back (回访) and what its answer leads to."""

from collections.abc import Mapping
from enum import StrEnum

from dispatch.domain.errors import Code, Refusal, Refused


class CallbackState(StrEnum):
    DUE = "DUE"
    ANSWERED = "ANSWERED"
    UNREACHED = "UNREACHED"
    REFUSED = "REFUSED"


class CallResult(StrEnum):
    """What came of one call."""

    ANSWERED = "ANSWERED"
    NO_ANSWER = "NO_ANSWER"
    HUNG_UP = "HUNG_UP"
    REFUSED = "REFUSED"


class AnsweredBy(StrEnum):
    """By which way the customer answered (CBK-6)."""

    CALL = "CALL"
    LINK = "LINK"
    APP = "APP"


class Amends(StrEnum):
    """What an unsatisfied customer is given (CBK-4)."""

    REWORK = "REWORK"
    COMPLAINT = "COMPLAINT"


class Outcome(StrEnum):
    """What a callback does to its ticket."""

    CLOSE = "CLOSE"
    REOPEN = "REOPEN"
    CALL_AGAIN = "CALL_AGAIN"


SCORES = ("on_time", "attitude", "quality", "total")


def outcome(
    *, result: CallResult, satisfied: bool | None, unanswered: int, most_unanswered: int
) -> Outcome:
    """What follows from a call; `unanswered` counts this call, too.

    A customer who does not answer often enough, hangs up or refuses ends the callback (CBK-2):
    the ticket closes unheard.
    """
    if result is CallResult.ANSWERED:
        return Outcome.CLOSE if satisfied else Outcome.REOPEN
    if result is CallResult.NO_ANSWER and unanswered < most_unanswered:
        return Outcome.CALL_AGAIN
    return Outcome.CLOSE


def state_after(*, result: CallResult, outcome: Outcome) -> CallbackState:
    """The callback's own state once the call is recorded."""
    if outcome is Outcome.CALL_AGAIN:
        return CallbackState.DUE
    return {
        CallResult.ANSWERED: CallbackState.ANSWERED,
        CallResult.NO_ANSWER: CallbackState.UNREACHED,
        CallResult.HUNG_UP: CallbackState.REFUSED,
        CallResult.REFUSED: CallbackState.REFUSED,
    }[result]


def check_answers(
    *,
    result: CallResult,
    solved: bool | None,
    satisfied: bool | None,
    reason: str | None,
    scores: Mapping[str, int | None],
    scale: int,
) -> None:
    """Refuses an answered call without answers, a complaint without reason, a score off scale."""
    faults: list[Refusal] = []
    if result is CallResult.ANSWERED:
        asked = {"solved": solved, "satisfied": satisfied}
        faults += [
            Refusal(Code.REQUIRED, (name,)) for name, value in asked.items() if value is None
        ]
        if satisfied is False and not (reason and reason.strip()):
            faults.append(Refusal(Code.REQUIRED, ("dissatisfaction_reason",)))
    faults += [
        Refusal(Code.SCORE_OFF_SCALE, ("scores", name), {"most": scale, "given": score})
        for name, score in scores.items()
        if score is not None and not 1 <= score <= scale
    ]
    if faults:
        raise Refused(*faults)

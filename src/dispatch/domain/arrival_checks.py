"""The desk's call soon after dispatch (到场回访): is the technician there? (SLA-5)"""

from datetime import datetime
from enum import StrEnum

from dispatch.domain.errors import Code, Refusal, Refused


class ArrivalCheckState(StrEnum):
    DUE = "DUE"
    THERE = "THERE"
    NOT_THERE = "NOT_THERE"
    """The customer was told why and until when; they are called again."""
    OBSOLETE = "OBSOLETE"
    """The technician arrived, or the order went elsewhere, before anybody called."""


def check_answer(
    *,
    is_there: bool,
    apologized: bool,
    reason: str | None,
    new_time: datetime | None,
    now: datetime,
) -> None:
    """Refuses a call that found nobody there without apology, reason and a new time ahead."""
    if is_there:
        return
    faults = []
    if not apologized:
        faults.append(Refusal(Code.REQUIRED, ("apologized",)))
    if not (reason and reason.strip()):
        faults.append(Refusal(Code.REQUIRED, ("reason",)))
    if new_time is None:
        faults.append(Refusal(Code.REQUIRED, ("new_time",)))
    elif new_time <= now:
        bounds = {"least": now.isoformat(), "most": ""}
        faults.append(Refusal(Code.OUT_OF_RANGE, ("new_time",), bounds))
    if faults:
        raise Refused(*faults)

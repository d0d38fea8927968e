"""The door code (维修验证码): six digits without which no in-home work starts."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from dispatch.domain.errors import Code, refuse

DIGITS = 6


def door_code(number: int) -> str:
    """The code for a random `number` below 10**DIGITS."""
    return f"{number % 10**DIGITS:0{DIGITS}d}"


@dataclass(frozen=True, slots=True)
class Tries:
    """Wrong tries so far and until when the door is locked."""

    wrong: int = 0
    locked_until: datetime | None = None


def try_code(
    *,
    expected: str,
    given: str | None,
    tries: Tries,
    now: datetime,
    most_tries: int,
    lock: timedelta,
) -> Tries:
    """The tries after `given`; `Tries()` when it is right.

    Refuses when no code came or while locked. A wrong code does not raise but counts, so that the
    caller can store the count before it refuses; the last try allowed locks.
    """
    if not given:
        raise refuse(Code.DOOR_CODE_NEEDED, field="door_code")
    if tries.locked_until is not None and now < tries.locked_until:
        raise refuse(Code.DOOR_CODE_LOCKED, field="door_code", until=tries.locked_until.isoformat())
    if hmac.compare_digest(expected.encode(), given.strip().encode()):
        return Tries()
    wrong = tries.wrong + 1
    if wrong >= most_tries:
        return Tries(wrong=0, locked_until=now + lock)
    return Tries(wrong=wrong)

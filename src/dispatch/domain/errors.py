"""Every refusal the service can give, as a named value.

A code never changes its meaning. Its texts (message and remedy, Chinese and English) live in the
message catalogue under the code's name; `docs/errors.md` lists cause and remedy of each.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Code(StrEnum):
    """Stable names of refusals."""

    # Who is asking
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    WRONG_CREDENTIALS = "WRONG_CREDENTIALS"
    SIGN_IN_FAILED = "SIGN_IN_FAILED"
    ACCOUNT_UNKNOWN = "ACCOUNT_UNKNOWN"
    # What was sent
    BAD_INPUT = "BAD_INPUT"
    REQUIRED = "REQUIRED"
    TOO_LONG = "TOO_LONG"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    NOT_FOUND = "NOT_FOUND"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    STALE_VERSION = "STALE_VERSION"
    # Whole requests
    TOO_LARGE = "TOO_LARGE"
    TOO_COSTLY = "TOO_COSTLY"
    RATE_LIMITED = "RATE_LIMITED"
    TIMEOUT = "TIMEOUT"
    PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
    PERSISTED_QUERY_NOT_SUPPORTED = "PERSISTED_QUERY_NOT_SUPPORTED"
    DOCUMENT_NOT_TRUSTED = "DOCUMENT_NOT_TRUSTED"
    TOO_MANY_SUBSCRIPTIONS = "TOO_MANY_SUBSCRIPTIONS"
    TOO_MANY_CONNECTIONS = "TOO_MANY_CONNECTIONS"
    TOO_SLOW = "TOO_SLOW"
    CURSOR_TOO_OLD = "CURSOR_TOO_OLD"
    BUSY = "BUSY"
    UNAVAILABLE = "UNAVAILABLE"
    INTERNAL = "INTERNAL"
    # Tickets and triage
    WRONG_STEP = "WRONG_STEP"
    NOT_OWN_UNIT = "NOT_OWN_UNIT"
    CATEGORY_NOT_A_LEAF = "CATEGORY_NOT_A_LEAF"
    EMERGENCY_NEEDS_REASON = "EMERGENCY_NEEDS_REASON"
    WORK_HAS_STARTED = "WORK_HAS_STARTED"
    CANNOT_MERGE = "CANNOT_MERGE"
    CHECK_PENDING = "CHECK_PENDING"
    CHECK_NOT_PENDING = "CHECK_NOT_PENDING"
    NO_STEWARD = "NO_STEWARD"
    EARLIER_ORDER_OPEN = "EARLIER_ORDER_OPEN"
    # Dispatch and grab
    ALREADY_TAKEN = "ALREADY_TAKEN"
    OFFER_CLOSED = "OFFER_CLOSED"
    NOT_OFFERED_TO_YOU = "NOT_OFFERED_TO_YOU"
    NOT_QUALIFIED = "NOT_QUALIFIED"
    NOT_ON_DUTY = "NOT_ON_DUTY"
    NOT_YOUR_ORDER = "NOT_YOUR_ORDER"
    CREW_INCOMPLETE = "CREW_INCOMPLETE"
    NOBODY_FREE = "NOBODY_FREE"
    WORK_LIMIT_REACHED = "WORK_LIMIT_REACHED"
    OVERTIME_LIMIT = "OVERTIME_LIMIT"
    WITHIN_SHIFT = "WITHIN_SHIFT"
    CANNOT_REACH_IN_TIME = "CANNOT_REACH_IN_TIME"
    PROMISE_WOULD_BREAK = "PROMISE_WOULD_BREAK"
    TIMES_OVERLAP = "TIMES_OVERLAP"
    WAITS_FOR_ORDER = "WAITS_FOR_ORDER"
    MANAGER_CONSENT_NEEDED = "MANAGER_CONSENT_NEEDED"
    # Appointments
    SLOT_TAKEN = "SLOT_TAKEN"
    SATURATED = "SATURATED"
    APPOINTMENT_ENDED = "APPOINTMENT_ENDED"
    CUSTOMER_CONSENT_NEEDED = "CUSTOMER_CONSENT_NEEDED"
    CALL_FIRST = "CALL_FIRST"
    # On site
    DOOR_CODE_NEEDED = "DOOR_CODE_NEEDED"
    DOOR_CODE_WRONG = "DOOR_CODE_WRONG"
    DOOR_CODE_LOCKED = "DOOR_CODE_LOCKED"
    SIGNATURE_OR_REASON = "SIGNATURE_OR_REASON"
    CONSENT_NEEDED = "CONSENT_NEEDED"
    # Plans
    NOTHING_TO_PLAN = "NOTHING_TO_PLAN"
    PLAN_OUTDATED = "PLAN_OUTDATED"
    PLAN_RUN_FAILED = "PLAN_RUN_FAILED"
    DAY_IS_PAST = "DAY_IS_PAST"
    # Callbacks
    CALLBACK_ENDED = "CALLBACK_ENDED"
    SCORE_OFF_SCALE = "SCORE_OFF_SCALE"
    MANAGER_MUST_CALL = "MANAGER_MUST_CALL"
    LINK_INVALID = "LINK_INVALID"
    # Photos
    PHOTO_NOT_UPLOADED = "PHOTO_NOT_UPLOADED"
    PHOTO_UNFIT = "PHOTO_UNFIT"
    TOO_MANY_PHOTOS = "TOO_MANY_PHOTOS"
    LINK_EXPIRED = "LINK_EXPIRED"
    # Imports
    FILE_UNREADABLE = "FILE_UNREADABLE"
    BAD_ROWS = "BAD_ROWS"
    # Set-up
    ALREADY_EXISTS = "ALREADY_EXISTS"
    WORK_IN_HAND = "WORK_IN_HAND"
    POLICY_INVALID = "POLICY_INVALID"
    POLICY_HAS_BEGUN = "POLICY_HAS_BEGUN"


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sentence of the catalogue, by its path there, with what fills it: a parameter of a refusal
    that is itself said in the reader's language."""

    path: tuple[str, ...]
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason why something was not done.

    `field` is the path of the input field at fault, in the caller's spelling of the domain
    (`("requester_phone",)`); `params` fill the placeholders of the message; `allowed` names what
    would have been accepted (steps, values), where that is a closed list.
    """

    code: Code
    field: tuple[str, ...] = ()
    params: dict[str, Any] = dataclasses.field(default_factory=dict)
    allowed: tuple[str, ...] = ()


class Refused(Exception):  # noqa: N818 -- it is an answer, not a fault of the program
    """Raised by domain and services; turned into a payload or an error in one place of the API.

    The transaction is rolled back, except with `keep_changes`: then what was written so far
    stays (the count of wrong door codes must survive the refusal it causes).
    """

    def __init__(self, *refusals: Refusal, keep_changes: bool = False) -> None:
        super().__init__(", ".join(refusal.code for refusal in refusals))
        self.refusals = refusals
        self.keep_changes = keep_changes


def refuse(
    code: Code,
    *,
    field: tuple[str, ...] | str = (),
    allowed: tuple[str, ...] = (),
    keep_changes: bool = False,
    **params: Any,
) -> Refused:
    """A `Refused` with a single reason: `raise refuse(Code.NOT_FOUND, field="site_id")`."""
    path = (field,) if isinstance(field, str) else field
    return Refused(
        Refusal(code=code, field=path, params=params, allowed=allowed), keep_changes=keep_changes
    )

"""The promise to the customer (预约): its life, and who may change it."""

from datetime import date, datetime
from enum import StrEnum

from dispatch.domain.errors import Code, refuse
from dispatch.domain.work_orders import PLANNABLE_STATES, STEPS, WorkOrderState


class AppointmentState(StrEnum):
    HELD = "HELD"
    CONFIRMED = "CONFIRMED"
    MOVED = "MOVED"
    MET = "MET"
    MISSED = "MISSED"
    RELEASED = "RELEASED"


class AppointmentBy(StrEnum):
    """Who asked for it, in the name of whom the customer was promised a time."""

    CUSTOMER = "CUSTOMER"
    DESK = "DESK"
    TECHNICIAN = "TECHNICIAN"


class VisitCallResult(StrEnum):
    """What came of the technician's call before setting out (APT-7)."""

    REACHED = "REACHED"
    """The customer is there and expects them."""
    NO_ANSWER = "NO_ANSWER"
    WRONG_NUMBER = "WRONG_NUMBER"
    OTHER_TIME = "OTHER_TIME"
    """The customer wishes another time."""
    NOT_NEEDED = "NOT_NEEDED"
    """The customer does not need the visit any more."""


class CallRule(StrEnum):
    """What setting out without a noted call means at a site (APT-7)."""

    NOT_ASKED = "NOT_ASKED"
    FLAGGED = "FLAGGED"
    REFUSED = "REFUSED"


STANDING_STATES = frozenset({AppointmentState.HELD, AppointmentState.CONFIRMED})
"""At most one appointment of an order stands at a time."""

MOVABLE_STATES = PLANNABLE_STATES | {WorkOrderState.AWAITING_APPROVAL}
"""An order's appointment may be made, moved or set free until somebody has set out."""


def demand_movable(state: WorkOrderState, *, step: str) -> None:
    """Refuses WRONG_STEP what is in progress or has ended (APT-4); `step` names what was asked."""
    if state not in MOVABLE_STATES:
        raise refuse(
            Code.WRONG_STEP,
            field="work_order_id",
            allowed=STEPS.allowed(state),
            noun="work_order",
            step=step,
            state=state.value,
        )


def check_window(starts_at: datetime, ends_at: datetime, *, now: datetime) -> None:
    """Refuses OUT_OF_RANGE a window that ends before it begins, or has passed."""
    if ends_at <= now:
        raise refuse(Code.OUT_OF_RANGE, field="ends_at", least=now.isoformat(), most="")
    if starts_at >= ends_at:
        raise refuse(Code.OUT_OF_RANGE, field="ends_at", least=starts_at.isoformat(), most="")


def is_expired(state: AppointmentState, *, held_until: datetime | None, now: datetime) -> bool:
    """A slot that was held, and not confirmed in time (APT-2)."""
    return state is AppointmentState.HELD and held_until is not None and held_until <= now


def kept(*, ends_at: datetime, arrived_at: datetime, grace_s: int) -> AppointmentState:
    """Whether an arrival kept the promise; who comes early waits, and has kept it."""
    late_s = (arrived_at - ends_at).total_seconds()
    return AppointmentState.MET if late_s <= grace_s else AppointmentState.MISSED


def state_when_left(*, ends_at: datetime, now: datetime) -> AppointmentState:
    """What a promise has become that another time stands for: one whose window passed was missed,
    whatever was agreed afterwards."""
    return AppointmentState.MISSED if ends_at <= now else AppointmentState.MOVED


def needs_reminder(*, made_on: date, falls_on: date) -> bool:
    """Moved within the day: agreed on the very day it falls on (APT-5)."""
    return made_on == falls_on

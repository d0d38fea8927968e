"""Deadlines (时限): what kinds of clock there are, and where a running one stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dispatch.domain.calendars import Calendar


class ClockKind(StrEnum):
    """What falls due. Each kind has its effect in `services/effects.py`."""

    FIRST_ANSWER = "FIRST_ANSWER"
    """Nobody has triaged the ticket (SLA-1)."""
    ACCEPT = "ACCEPT"
    """The technician has not accepted (SLA-1)."""
    ARRIVE = "ARRIVE"
    """Nobody is at the door (SLA-1)."""
    PROGRESS = "PROGRESS"
    """No step was taken on an open order (SLA-1)."""
    STEWARD_REPORT = "STEWARD_REPORT"
    """The steward owes the desk a word on an open ticket (SLA-1)."""
    RESOLVE = "RESOLVE"
    """The ticket is open for too long (SLA-1)."""
    DISPATCH_STEP = "DISPATCH_STEP"
    """The order's step of the dispatch policy is to be carried out (DSP-1)."""
    DISPATCH_LIMIT = "DISPATCH_LIMIT"
    """The step's time is over: the next one follows (DSP-1)."""
    CLIMB = "CLIMB"
    """Who must assign the order has not: it climbs one level (GRAB-3, DSP-8)."""
    MEDIATION = "MEDIATION"
    """Nobody has called a customer who complains (DSP-8)."""
    OFFER_WIDENS = "OFFER_WIDENS"
    """The head start of those with less work is over (GRAB-6)."""
    RESUME_DUE = "RESUME_DUE"
    """A paused order should go on (EXE-3)."""
    HELP_ANSWER = "HELP_ANSWER"
    """Nobody has answered a call for help (EXE-5)."""
    STEP_WAITS = "STEP_WAITS"
    """A step waits for one before it that does not come (EXE-6)."""
    REWORK_REPORT = "REWORK_REPORT"
    """The day's word on a rework is due (EXE-7)."""
    CASE_TAKE = "CASE_TAKE"
    """Nobody has taken a complaint (CMP-1)."""
    CASE_CONTACT = "CASE_CONTACT"
    """Nobody has contacted who complained (CMP-1)."""
    CASE_SOLVE = "CASE_SOLVE"
    """A complaint is unsolved for too long (CMP-1)."""
    SERVICE_CONFIRM = "SERVICE_CONFIRM"
    """No provider has confirmed what was ordered online (CMP-5)."""
    OVERTIME_ANSWER = "OVERTIME_ANSWER"
    """Nobody has answered a call for overtime, or approved it (RST-5)."""
    ARRIVAL_CHECK = "ARRIVAL_CHECK"
    """The desk is to ask whether the technician is there (SLA-5)."""
    APPOINTMENT_HOLD = "APPOINTMENT_HOLD"
    """A slot that is held was not confirmed (APT-2)."""
    APPOINTMENT_REMINDER = "APPOINTMENT_REMINDER"
    """The technician of an appointment moved within the day is to be reminded (APT-5)."""
    APPOINTMENT_ANSWER = "APPOINTMENT_ANSWER"
    """They have not confirmed (APT-5)."""
    POLICY_STARTS = "POLICY_STARTS"
    """A policy set ahead comes into force: open clocks are counted anew."""


TICKET_KINDS = (ClockKind.FIRST_ANSWER, ClockKind.STEWARD_REPORT, ClockKind.RESOLVE)
"""Clocks about a ticket, from its report on."""

ORDER_KINDS = (ClockKind.ACCEPT, ClockKind.ARRIVE, ClockKind.PROGRESS, ClockKind.ARRIVAL_CHECK)
"""Clocks about a work order."""

LADDERED = frozenset({*TICKET_KINDS, *ORDER_KINDS}) - {ClockKind.ARRIVAL_CHECK}
"""Clocks whose breach climbs a ladder (SLA-3)."""

BREACHES = LADDERED | {
    ClockKind.MEDIATION,
    ClockKind.HELP_ANSWER,
    ClockKind.STEP_WAITS,
    ClockKind.REWORK_REPORT,
    ClockKind.CASE_TAKE,
    ClockKind.CASE_CONTACT,
    ClockKind.CASE_SOLVE,
    ClockKind.SERVICE_CONFIRM,
}
"""Clocks whose time means that somebody did not do what was due; the others are reminders."""


class ClockState(StrEnum):
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    STOPPED = "STOPPED"
    """What was due has happened in time, or does not matter any more."""
    FIRED = "FIRED"


OPEN_CLOCKS = (ClockState.RUNNING, ClockState.PAUSED)


class ClockCalendar(StrEnum):
    """Which time counts."""

    ROUND_THE_CLOCK = "ROUND_THE_CLOCK"
    BUSINESS_HOURS = "BUSINESS_HOURS"


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch that does not count; `ends_at` is None while it lasts."""

    starts_at: datetime
    ends_at: datetime | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Count:
    """How a clock stands: due at a moment, or with so many seconds left while it is paused."""

    due_at: datetime
    left_s: float | None = None


def count(
    calendar: Calendar, *, started_at: datetime, length_s: float, pauses: Sequence[Pause] = ()
) -> Count:
    """When `length_s` seconds of the calendar's time have passed since the start, pauses left out.

    Pauses are in order of time; only the last may still last. Then `due_at` is when the clock
    would be due if it went on at once.
    """
    here, remaining = started_at, float(length_s)
    for pause in pauses:
        before = calendar.elapsed(here, pause.starts_at)
        if before >= remaining:
            break
        remaining -= before
        here = max(here, pause.starts_at)
        if pause.ends_at is None:
            return Count(calendar.add(here, remaining), remaining)
        here = max(here, pause.ends_at)
    return Count(calendar.add(here, remaining))

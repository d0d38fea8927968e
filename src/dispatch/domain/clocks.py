"""Deadlines (时限): what kinds of clock there are, and where a running one stands."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


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


class ClockState(StrEnum):
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    STOPPED = "STOPPED"
    """What was due has happened in time, or does not matter any more."""
    FIRED = "FIRED"


class ClockCalendar(StrEnum):
    """Which time counts."""

    ROUND_THE_CLOCK = "ROUND_THE_CLOCK"
    BUSINESS_HOURS = "BUSINESS_HOURS"


@dataclass(frozen=True, slots=True)
class Pause:
    """A running clock's due time and what is left when it stops for a while."""

    due_at: datetime
    paused_at: datetime

    def resumed(self, at: datetime) -> datetime:
        """The due time after a pause that ends at `at`, round the clock."""
        left = max(self.due_at - self.paused_at, timedelta(0))
        return at + left

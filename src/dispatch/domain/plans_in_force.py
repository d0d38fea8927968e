"""The plan in force of a day (当日执行方案): what changes it, and what disturbs it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

_SAME = timedelta(seconds=60)


class PlanCause(StrEnum):
    """Why the plan in force became another."""

    OPENED = "OPENED"
    """Nothing has changed yet."""
    PUBLISHED = "PUBLISHED"
    INSERTED = "INSERTED"
    """The optimizer found a place for one order."""
    EMERGENCY = "EMERGENCY"
    REPAIRED = "REPAIRED"
    GRABBED = "GRABBED"
    ASSIGNED = "ASSIGNED"
    """A person decided."""
    UNASSIGNED = "UNASSIGNED"
    DECLINED = "DECLINED"
    GIVEN_BACK = "GIVEN_BACK"
    CANCELLED = "CANCELLED"
    COMPLETED = "COMPLETED"
    APPOINTMENT = "APPOINTMENT"


class DisturbanceCause(StrEnum):
    """What makes the rest of a day impossible, or a better one possible (DSP-7)."""

    LATE = "LATE"
    """A technician is not, or will not be, where they should be."""
    ILL = "ILL"
    OVERRUN = "OVERRUN"
    """A job takes longer than planned."""
    DECLINED = "DECLINED"
    EMERGENCY = "EMERGENCY"
    """One waits for whoever is nearest (DSP-6)."""
    DISPLACED = "DISPLACED"
    """Work had to make room for another order, and is late or without a place now."""
    TAKEN = "TAKEN"
    """Somebody holds an order for which the day has no time yet: grabbed, or given by hand."""
    APPOINTMENT = "APPOINTMENT"


class DisturbanceOutcome(StrEnum):
    REPAIRED = "REPAIRED"
    PROPOSED = "PROPOSED"
    """A plan waits for the dispatcher, as the policy asks for."""
    UNCHANGED = "UNCHANGED"
    """The day holds as it is."""
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Held:
    """Who has an order, the lead first, and when it is to start; nobody has: no crew."""

    crew: tuple[int, ...] = ()
    starts_at: datetime | None = None


NOBODY = Held()


@dataclass(frozen=True, slots=True)
class Move:
    """One order that other people come to, or at another time."""

    work_order_id: int
    was: Held
    now: Held

    @property
    def is_none(self) -> bool:
        return self.was == self.now


def real(moves: Sequence[Move]) -> tuple[Move, ...]:
    """Those that change something."""
    return tuple(move for move in moves if not move.is_none)


def is_same_time(was: datetime | None, now: datetime) -> bool:
    """Whether nobody would notice that a visit is planned sooner or later."""
    return was is not None and abs(now - was) <= _SAME


def is_moved(*, told: datetime | None, now: datetime | None, more_than_s: int) -> bool:
    """Whether a customer who was told one time has to hear of another (DSP-7)."""
    if told is None or now is None:
        return False
    return abs((now - told).total_seconds()) > more_than_s

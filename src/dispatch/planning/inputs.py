"""What a plan is made from: one site's day, as rows and what they mean on that day."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from dispatch.domain.policies import Policy
from dispatch.domain.roster import Shift
from dispatch.domain.travel import Spot
from dispatch.store.technicians import Technician
from dispatch.store.work_orders import Appointment, Assignment, WorkOrder


@dataclass(frozen=True, slots=True)
class Person:
    """One technician's day.

    `skills` are those in force; `at` is where a running day has brought them (None: home base);
    `worked_s` is what they did that day already; `away` are leaves, which overtime must not touch;
    `free_from` is when they can go on, by their own word; `overtime_s` is what the day still has of
    overtime (None: their own limit alone).
    """

    technician: Technician
    skills: dict[str, int]
    shifts: tuple[Shift, ...]
    away: tuple[tuple[datetime, datetime], ...] = ()
    at: Spot | None = None
    worked_s: int = 0
    free_from: datetime | None = None
    overtime_s: int | None = None


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """One order that is open on the day, with what hangs on it.

    `helpers` are the crew of its open assignment but for the lead; `served_before` those who
    were at the same building or for the same customer earlier.
    """

    order: WorkOrder
    appointment: Appointment | None = None
    assignment: Assignment | None = None
    helpers: tuple[int, ...] = ()
    refused: frozenset[int] = frozenset()
    served_before: frozenset[int] = frozenset()
    waits_for_open: bool = False
    """Its predecessor exists and has not ended."""


@dataclass(frozen=True, slots=True)
class PlanningDay:
    """A site's calendar day. The problem's second 0 is its first moment.

    `now` is the earliest moment anything may be planned for: the day's start, or the present of
    a running day. A day that is over (`is_past`) is planned as if nobody had been sent yet.
    """

    site_id: int
    day: date
    starts_at: datetime
    ends_at: datetime
    now: datetime
    is_past: bool
    policy: Policy
    orders: tuple[OpenOrder, ...]
    people: tuple[Person, ...]

    @property
    def is_running(self) -> bool:
        """The day has begun and is not over."""
        return not self.is_past and self.now > self.starts_at

    def second(self, moment: datetime) -> int:
        """Seconds of a moment on the problem's clock; what lies before the day counts as 0."""
        return max(0, round((moment - self.starts_at).total_seconds()))

    def moment(self, second: int) -> datetime:
        return self.starts_at + timedelta(seconds=second)


@dataclass(frozen=True, slots=True)
class NotPlanned:
    """An order that never came to the optimizer, and why, as a code with figures."""

    work_order_id: int
    code: str
    data: dict[str, Any] = field(default_factory=dict)


def spot_of(order: WorkOrder) -> Spot | None:
    """Where the order is; None when nobody knows."""
    if order.latitude is None or order.longitude is None:
        return None
    return Spot(order.latitude, order.longitude, order.building_id, order.floor)

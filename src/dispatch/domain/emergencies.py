"""Who goes to an emergency (DSP-6): whoever can be there first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from dispatch.domain.triage import RANK, Priority
from dispatch.domain.work_orders import WorkOrderState

_ON_THE_WAY = (WorkOrderState.EN_ROUTE, WorkOrderState.ARRIVED)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who could go: from when, how far it is, which order they would leave for it."""

    technician_id: int
    free_at: datetime
    travel_s: int
    leaves: int | None = None

    @property
    def arrives_at(self) -> datetime:
        return self.free_at + timedelta(seconds=self.travel_s)


@dataclass(frozen=True, slots=True)
class AtWork:
    """What somebody is on the way to or working on."""

    work_order_id: int
    state: WorkOrderState
    priority: Priority
    duration_s: int
    planned_start: datetime | None
    planned_end: datetime | None
    started_at: datetime | None


def by_nearness(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Who is there first comes first; of equals, who leaves nothing behind."""
    return sorted(
        candidates, key=lambda each: (each.arrives_at, each.leaves is not None, each.technician_id)
    )


def may_leave(work: AtWork, *, up_to: Priority | None) -> bool:
    """Whether an emergency may call somebody away; `up_to`: the most urgent that gives way."""
    return up_to is not None and RANK[work.priority] <= RANK[up_to]


def done_at(work: AtWork, *, now: datetime, overrun_s: int) -> datetime:
    """When somebody will have ended what they are at, which may be late already."""
    needed = timedelta(seconds=work.duration_s)
    if work.state in _ON_THE_WAY:
        return max(work.planned_start or now, now) + needed
    expected = (work.started_at or now) + needed
    return expected if expected > now else now + timedelta(seconds=overrun_s)

"""Steps that were taken offline and arrive late, in any order (EXE-6): which of them hold.

A technician's steps on one order make a history: each leads from the state that the one before
left. What arrives is sorted in by its own time. A step whose predecessor has not arrived waits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dispatch.domain.errors import Code, refuse
from dispatch.domain.work_orders import STEPS, WorkOrderState, WorkOrderStep


class StepState(StrEnum):
    WAITING = "WAITING"
    """It came before a step that must be taken first."""
    TAKEN = "TAKEN"
    REFUSED = "REFUSED"
    """Its turn came and it was refused, or never came."""


@dataclass(frozen=True, slots=True)
class Told:
    """A step as it is known: when it counts as taken, what the device's clock said, and whether
    it is taken already: nothing can undo it then."""

    step: WorkOrderStep
    at: datetime
    occurred_at: datetime
    is_taken: bool

    @property
    def sort_key(self) -> tuple[datetime, datetime, int]:
        # Two steps in one tick of the device's clock were taken in the order of the work.
        return self.at, self.occurred_at, _RANK[self.step]


_RANK = {step: rank for rank, step in enumerate(WorkOrderStep)}


@dataclass(frozen=True, slots=True)
class Held:
    """A step of a history that holds: its place among those given, and the state it leads to."""

    index: int
    state: WorkOrderState


def history(start: WorkOrderState, steps: Sequence[Told]) -> tuple[Held, ...]:
    """The longest history from `start`, in order of time, that holds all that was taken.

    Of the waiting steps it takes as many as fit together; so the last to arrive completes the
    history, whatever the order of delivery. Among equals the earlier steps win.
    """
    order = sorted(range(len(steps)), key=lambda index: steps[index].sort_key)
    # State -> the best history that leads to it; there are few states and few steps.
    best: dict[WorkOrderState, tuple[Held, ...]] = {start: ()}
    for index in order:
        told = steps[index]
        way = STEPS.ways[told.step]
        longer: dict[WorkOrderState, tuple[Held, ...]] = {}
        for state, held in best.items():
            if state in way.sources:
                target = WorkOrderState(way.target)
                _keep(longer, target, (*held, Held(index, target)))
        if not told.is_taken:
            for state, held in best.items():
                _keep(longer, state, held)
        best = longer
    return max(best.values(), key=len, default=())


def _keep(
    found: dict[WorkOrderState, tuple[Held, ...]], state: WorkOrderState, held: tuple[Held, ...]
) -> None:
    if state not in found or len(held) > len(found[state]):
        found[state] = held


def clock_correction(off: timedelta, *, most: timedelta) -> timedelta:
    """What to add to the times of a device whose clock is wrong by `-off`, to the minute.

    Whole minutes, so that the time a message takes does not reorder what two of them bring.
    Refuses a clock that is wrong by more than `most`.
    """
    if abs(off) > most:
        seconds = int(most.total_seconds())
        raise refuse(Code.OUT_OF_RANGE, field="device_time", least=-seconds, most=seconds)
    return timedelta(minutes=round(off / timedelta(minutes=1)))


def own_time(
    occurred_at: datetime,
    *,
    now: datetime,
    stamped: datetime | None,
    fast: timedelta,
    oldest: timedelta,
) -> datetime:
    """When a step counts as taken; refuses what lies in the future or too far back.

    A clock may be fast by `fast`: what it says is then cut to now. It may be slow by as much:
    a step then counts as taken no earlier than one that was taken online at `stamped`.
    """
    if occurred_at > now + fast or occurred_at < now - oldest:
        raise refuse(
            Code.OUT_OF_RANGE,
            field="occurred_at",
            least=(now - oldest).isoformat(),
            most=(now + fast).isoformat(),
        )
    if stamped is not None and stamped - fast <= occurred_at < stamped:
        return stamped
    return min(occurred_at, now)

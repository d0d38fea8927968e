"""Whether somebody may take an order on offer: time, promises, fairness (GRAB-4 to GRAB-6)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

HERE = 0
"""The stop where somebody is now; every other stop is named by its order's id."""


@dataclass(frozen=True, slots=True)
class Stop:
    """An order to be done: held by a technician, or wanted.

    `planned` is when it is to begin (None: as soon as may be); `earliest` and `latest` bound its
    start where a customer was promised one.
    """

    order_id: int
    number: str
    duration_s: int
    planned: datetime | None = None
    earliest: datetime | None = None
    latest: datetime | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """What a technician has to do from now on.

    `free_at`: when they can leave where they are; `ends_at`: when the shift, with the overtime
    allowed, is over (None: it is not running). `travel[a, b]`: seconds from stop to stop.
    """

    free_at: datetime
    ends_at: datetime | None
    held: Sequence[Stop]
    travel: Mapping[tuple[int, int], int]


@dataclass(frozen=True, slots=True)
class Fit:
    """Where an order would go in somebody's day, and what that would break.

    It would stand between the orders `after` and `before`; those behind it begin `delays_s` later
    in all. `breaks` is the number of the order whose promise would be missed, by `late_s`; it may
    be the order's own. The day would end `past_shift_s` after the shift.
    """

    starts_at: datetime
    after: int | None = None
    before: int | None = None
    delays_s: int = 0
    breaks: str | None = None
    late_s: int = 0
    past_shift_s: int = 0

    @property
    def fits(self) -> bool:
        """Nothing is promised in vain, and the day does not get too long."""
        return self.breaks is None and not self.past_shift_s


def fit(day: Day, wanted: Stop) -> Fit:
    """The best place for an order in a day that keeps its sequence: what breaks no promise first,
    then what ends within the shift, then the least delay, then the earliest."""
    held = sorted(day.held, key=lambda each: (each.planned is None, each.planned, each.order_id))
    without = _schedule(day, held)
    return min(
        (_inserted(day, held, wanted, at, without) for at in range(len(held) + 1)),
        key=lambda each: (each.late_s, each.past_shift_s, each.delays_s, each.starts_at),
    )


def reach_s(day: Day, wanted: Stop, *, now: datetime) -> int:
    """In how many seconds somebody could be at the order's door, going there next (GRAB-4)."""
    waits = max(timedelta(0), day.free_at - now)
    return int(waits.total_seconds()) + day.travel[HERE, wanted.order_id]


def first_to_see(loads_s: Mapping[int, int], *, gap_s: int) -> set[int]:
    """Who sees an offer early: whose work today is at most `gap_s` above the least (GRAB-6)."""
    least = min(loads_s.values(), default=0)
    return {who for who, load in loads_s.items() if load <= least + gap_s}


def is_over_limit(load_s: int, more_s: int, *, limit_s: int | None) -> bool:
    """Whether so much more work is beyond the day's limit."""
    return limit_s is not None and load_s + more_s > limit_s


@dataclass(frozen=True, slots=True)
class _Schedule:
    starts: Mapping[int, datetime]
    ends_at: datetime


def _schedule(day: Day, stops: Iterable[Stop]) -> _Schedule:
    """Each stop as early as travel, its plan and its promise allow."""
    free, here = day.free_at, HERE
    starts: dict[int, datetime] = {}
    for stop in stops:
        arrives = free + timedelta(seconds=day.travel[here, stop.order_id])
        start = max(arrives, stop.planned or arrives, stop.earliest or arrives)
        starts[stop.order_id] = start
        free, here = start + timedelta(seconds=stop.duration_s), stop.order_id
    return _Schedule(starts, free)


def _inserted(day: Day, held: Sequence[Stop], wanted: Stop, at: int, without: _Schedule) -> Fit:
    stops = [*held[:at], wanted, *held[at:]]
    made = _schedule(day, stops)
    worst, late_s = None, 0
    for stop in stops:
        # A promise that is missed anyway is not missed because of this order.
        before_s = _late_s(stop, without.starts.get(stop.order_id))
        more_s = _late_s(stop, made.starts[stop.order_id]) - before_s
        if more_s > late_s:
            worst, late_s = stop.number, more_s
    return Fit(
        starts_at=made.starts[wanted.order_id],
        after=held[at - 1].order_id if at else None,
        before=held[at].order_id if at < len(held) else None,
        delays_s=sum(
            _seconds(made.starts[stop.order_id] - without.starts[stop.order_id]) for stop in held
        ),
        breaks=worst,
        late_s=late_s,
        past_shift_s=_past_s(day, made) - _past_s(day, without) if held else _past_s(day, made),
    )


def _late_s(stop: Stop, start: datetime | None) -> int:
    if stop.latest is None or start is None:
        return 0
    return max(0, _seconds(start - stop.latest))


def _past_s(day: Day, schedule: _Schedule) -> int:
    return max(0, _seconds(schedule.ends_at - day.ends_at)) if day.ends_at is not None else 0


def _seconds(length: timedelta) -> int:
    return int(length.total_seconds())

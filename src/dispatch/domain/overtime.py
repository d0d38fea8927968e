"""How much overtime is too much (加班): counted by day, week and month (RST-5)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from dispatch.domain.errors import Code, refuse
from dispatch.domain.policies.overtime import Overtime
from dispatch.domain.roster import Shift


class OvertimePeriod(StrEnum):
    DAY = "DAY"
    WEEK = "WEEK"
    """From Monday to Sunday."""
    MONTH = "MONTH"
    """The calendar month."""


@dataclass(frozen=True, slots=True)
class OvertimeCount:
    """A technician's overtime of one period: `counted_s` of at most `most_s` seconds."""

    period: OvertimePeriod
    starts: date
    ends: date
    """The first day after it."""
    counted_s: int
    most_s: int

    @property
    def left_s(self) -> int:
        return max(0, self.most_s - self.counted_s)


def days_of(period: OvertimePeriod, day: date) -> tuple[date, date]:
    """The first day of the period that holds `day`, and the first one after it."""
    if period is OvertimePeriod.DAY:
        return day, day + timedelta(days=1)
    if period is OvertimePeriod.WEEK:
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=7)
    first = day.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1)


def span_of(day: date) -> tuple[date, date]:
    """The days that all periods of `day` are made of."""
    spans = [days_of(period, day) for period in OvertimePeriod]
    return min(starts for starts, _ in spans), max(ends for _, ends in spans)


def counts(by_day: Mapping[date, int], *, day: date, limits: Overtime) -> list[OvertimeCount]:
    """What counts in each period that holds the day; `by_day`: seconds of overtime."""
    most = {
        OvertimePeriod.DAY: limits.day_most_s,
        OvertimePeriod.WEEK: limits.week_most_s,
        OvertimePeriod.MONTH: limits.month_most_s,
    }
    found = []
    for period in OvertimePeriod:
        starts, ends = days_of(period, day)
        counted = sum(seconds for each, seconds in by_day.items() if starts <= each < ends)
        found.append(OvertimeCount(period, starts, ends, counted, most[period]))
    return found


def room_s(by_day: Mapping[date, int], *, day: date, limits: Overtime) -> int:
    """Seconds of overtime that the day may still see."""
    return min(each.left_s for each in counts(by_day, day=day, limits=limits))


def check_room(by_day: Mapping[date, int], *, day: date, seconds: int, limits: Overtime) -> None:
    """Refuses OVERTIME_LIMIT where so much more is beyond a limit."""
    for each in counts(by_day, day=day, limits=limits):
        if each.counted_s + seconds > each.most_s:
            raise refuse(
                Code.OVERTIME_LIMIT,
                field="ends_at",
                period=each.period.value,
                minutes=each.counted_s // 60,
                most=each.most_s // 60,
            )


def outside_s(starts_at: datetime, ends_at: datetime, shifts: Iterable[Shift]) -> int:
    """Seconds between two moments that lie in no shift."""
    return int(
        sum(
            (end - start).total_seconds()
            for start, end in _without(starts_at, ends_at, sorted(shifts, key=_begin))
        )
    )


def _without(
    starts_at: datetime, ends_at: datetime, shifts: Sequence[Shift]
) -> Iterable[tuple[datetime, datetime]]:
    at = starts_at
    for shift in shifts:
        if shift.starts_at > at:
            yield at, min(shift.starts_at, ends_at)
        at = max(at, shift.ends_at)
        if at >= ends_at:
            return
    if at < ends_at:
        yield at, ends_at


def _begin(shift: Shift) -> datetime:
    return shift.starts_at

"""Days, weeks, months and hours of a named time zone, as numbers that a database can group by.

A moment is a number of seconds since 1970 in UTC; its local time is that plus the zone's offset
then. An hour is told by the moment it begins, so that the hour that comes twice when clocks are put
back is two; days, weeks and months have as many hours as they have.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

HOUR_S = 3600
DAY_S = 24 * HOUR_S
_EPOCH = date(1970, 1, 1)
# The first of January 1970 was a Thursday.
_THURSDAY = 3
_STEP = timedelta(hours=6)


class Interval(StrEnum):
    HOUR = "HOUR"
    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"


@dataclass(frozen=True, slots=True)
class Offset:
    """From a moment on (seconds since 1970) local time is `seconds` ahead of UTC."""

    since: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Days:
    """Whole days of a time zone, `first` to `last`, both included."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def starts_at(self) -> datetime:
        return self.midnight(self.first)

    @property
    def ends_at(self) -> datetime:
        return self.midnight(self.last + timedelta(days=1))

    @property
    def count(self) -> int:
        return (self.last - self.first).days + 1

    def midnight(self, day: date) -> datetime:
        """When a day begins, in UTC."""
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def all(self) -> list[date]:
        return [self.first + timedelta(days=ahead) for ahead in range(self.count)]

    def offsets(self) -> list[Offset]:
        """How far local time is ahead of UTC, and from when on; the first holds from ever."""
        at = self.starts_at
        found = [Offset(0, self._offset(at))]
        while at < self.ends_at:
            then = at + _STEP
            if self._offset(then) != found[-1].seconds:
                since = self._change(at, then)
                found.append(Offset(since, self._offset(datetime.fromtimestamp(since, UTC))))
            at = then
        return found

    def span(self, interval: Interval, key: int) -> tuple[datetime, datetime]:
        """Begin and end of what a key of `interval_key` names, in UTC."""
        if interval is Interval.HOUR:
            begins = datetime.fromtimestamp(key, UTC)
            return begins, begins + timedelta(seconds=HOUR_S)
        first, after = _dates(interval, key)
        return self.midnight(first), self.midnight(after)

    def key(self, interval: Interval, moment: datetime) -> int:
        """The key of what a moment lies in, as the database counts it."""
        here = moment.astimezone(self.zone)
        if interval is Interval.MONTH:
            return here.year * 12 + here.month - 1
        epoch = int(moment.timestamp())
        return interval_key(interval, epoch=epoch, local=epoch + self._offset(moment))

    def next_hour(self, moment: datetime) -> datetime:
        """When the next hour of the walls' clocks begins."""
        epoch = int(moment.timestamp())
        return moment + timedelta(seconds=HOUR_S - (epoch + self._offset(moment)) % HOUR_S)

    def next_day(self, moment: datetime) -> datetime:
        return self.midnight(moment.astimezone(self.zone).date() + timedelta(days=1))

    def _offset(self, at: datetime) -> int:
        return int((at.astimezone(self.zone).utcoffset() or timedelta()).total_seconds())

    def _change(self, before: datetime, after: datetime) -> int:
        """The first second of the new offset."""
        low, high = int(before.timestamp()), int(after.timestamp())
        old = self._offset(before)
        while high - low > 1:
            middle = (low + high) // 2
            if self._offset(datetime.fromtimestamp(middle, UTC)) == old:
                low = middle
            else:
                high = middle
        return high


def interval_key(interval: Interval, *, epoch: Any, local: Any) -> Any:
    """The number of the hour, day or week that a moment lies in; of numbers or SQL expressions.

    `epoch`: seconds since 1970; `local`: the same with the zone's offset. A month is found by
    `month_keys`, since it has no fixed length.
    """
    if interval is Interval.HOUR:
        return epoch - local % HOUR_S
    if interval is Interval.DAY:
        return day_number(local)
    if interval is Interval.WEEK:
        return (day_number(local) + _THURSDAY) // 7
    raise ValueError(interval)


def month_keys(days: Days) -> list[tuple[int, int]]:
    """The months of some days: each one's key, and the local second at which it begins."""
    found = []
    day = days.first.replace(day=1)
    while day <= days.last:
        found.append((day.year * 12 + day.month - 1, (day - _EPOCH).days * DAY_S))
        day = (day + timedelta(days=31)).replace(day=1)
    return found


def hour_of_day(local: Any) -> Any:
    """0 to 23."""
    return local % DAY_S // HOUR_S


def weekday(local: Any) -> Any:
    """0 is Monday."""
    return (day_number(local) + _THURSDAY) % 7


def day_number(local: Any) -> Any:
    return local // DAY_S


def offset_at(offsets: Sequence[Offset], epoch: int) -> int:
    """How far local time is ahead of UTC at a moment."""
    return next(each.seconds for each in reversed(offsets) if each.since <= epoch)


def _dates(interval: Interval, key: int) -> tuple[date, date]:
    if interval is Interval.DAY:
        first = _EPOCH + timedelta(days=key)
        return first, first + timedelta(days=1)
    if interval is Interval.WEEK:
        first = _EPOCH + timedelta(days=7 * key - _THURSDAY)
        return first, first + timedelta(days=7)
    first = date(key // 12, key % 12 + 1, 1)
    return first, (first + timedelta(days=31)).replace(day=1)

"""When a technician works: weekly shift patterns, exceptions for single days, leave (RST-1)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from dispatch.domain.calendars import DayKind, is_in_part


class DayRule(StrEnum):
    """What a pattern does on holidays, or on make-up workdays (RST-2)."""

    LIKE_WEEKDAY = "LIKE_WEEKDAY"
    """As on any day of the same weekday."""
    WORK = "WORK"
    """It holds, whatever the weekday."""
    OFF = "OFF"


class Pattern(Protocol):
    """Work on given weekdays (0 = Monday), between dates; past midnight when `ends` <= `starts`.

    A season (`MM-DD` to `MM-DD`) keeps it to a part of each year, as summer and winter hours.
    """

    @property
    def weekdays(self) -> list[int]: ...
    @property
    def starts(self) -> time: ...
    @property
    def ends(self) -> time: ...
    @property
    def break_starts(self) -> time | None: ...
    @property
    def break_ends(self) -> time | None: ...
    @property
    def break_minutes(self) -> int: ...
    @property
    def valid_from(self) -> date: ...
    @property
    def valid_to(self) -> date | None: ...
    @property
    def on_holidays(self) -> DayRule: ...
    @property
    def on_makeup_days(self) -> DayRule: ...
    @property
    def season_begins(self) -> str | None: ...
    @property
    def season_ends(self) -> str | None: ...


class DayException(Protocol):
    """One day that differs: other hours, or off (`starts` None)."""

    @property
    def day(self) -> date: ...
    @property
    def starts(self) -> time | None: ...
    @property
    def ends(self) -> time | None: ...


class Extension(Protocol):
    """A stretch outside the shifts that was agreed to and approved; `day` is the one it is of."""

    @property
    def day(self) -> date: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...


class Leave(Protocol):
    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Break:
    """A rest of `minutes` whose start lies between `earliest` and `latest`."""

    earliest: datetime
    latest: datetime
    minutes: int


@dataclass(frozen=True, slots=True)
class Shift:
    """One stretch of work, aware times."""

    starts_at: datetime
    ends_at: datetime
    rest: Break | None = None

    def holds(self, moment: datetime) -> bool:
        return self.starts_at <= moment < self.ends_at

    def meets(self, starts_at: datetime, ends_at: datetime) -> bool:
        """Whether the shift and a stretch share time, or one begins where the other ends."""
        return self.starts_at <= ends_at and starts_at <= self.ends_at


def shifts_of_day(
    day: date,
    *,
    zone: ZoneInfo,
    kind: DayKind | None = None,
    patterns: Iterable[Pattern],
    exceptions: Iterable[DayException] = (),
    extensions: Iterable[Extension] = (),
    leaves: Iterable[Leave] = (),
) -> list[Shift]:
    """Shifts that begin on the site's calendar day, less leave, in order of time.

    `kind`: what the day is on the site's calendar, which each pattern has its rules for (RST-2).
    An exception replaces the patterns of its day. An extension makes the shift it touches longer,
    or is one by itself (RST-5). Leave in the middle cuts a shift in two.
    """
    exceptional = [exception for exception in exceptions if exception.day == day]
    if exceptional:
        shifts = [
            _between(day, exception.starts, exception.ends, zone)
            for exception in exceptional
            if exception.starts is not None and exception.ends is not None
        ]
    else:
        shifts = [
            _from_pattern(day, pattern, zone) for pattern in patterns if _holds(pattern, day, kind)
        ]
    for extension in extensions:
        if extension.day == day:
            shifts = _extended(shifts, extension)
    for leave in leaves:
        shifts = [part for shift in shifts for part in _without(shift, leave)]
    return sorted(shifts, key=lambda shift: shift.starts_at)


def _holds(pattern: Pattern, day: date, kind: DayKind | None) -> bool:
    """Whether the pattern gives a shift on the day."""
    if day < pattern.valid_from or (pattern.valid_to is not None and day > pattern.valid_to):
        return False
    begins, ends = pattern.season_begins, pattern.season_ends
    if begins is not None and ends is not None and not is_in_part(day, begins=begins, ends=ends):
        return False
    rules = {DayKind.HOLIDAY: pattern.on_holidays, DayKind.WORKDAY: pattern.on_makeup_days}
    rule = rules.get(kind, DayRule.LIKE_WEEKDAY) if kind is not None else DayRule.LIKE_WEEKDAY
    if rule is DayRule.LIKE_WEEKDAY:
        return day.weekday() in pattern.weekdays
    return rule is DayRule.WORK


def _between(day: date, starts: time, ends: time, zone: ZoneInfo) -> Shift:
    first = datetime.combine(day, starts, zone)
    last = datetime.combine(day if ends > starts else day + timedelta(days=1), ends, zone)
    return Shift(first, last)


def _from_pattern(day: date, pattern: Pattern, zone: ZoneInfo) -> Shift:
    shift = _between(day, pattern.starts, pattern.ends, zone)
    if pattern.break_starts is None or pattern.break_ends is None or not pattern.break_minutes:
        return shift
    length = timedelta(minutes=pattern.break_minutes)
    window = _between(day, pattern.break_starts, pattern.break_ends, zone)
    latest = max(window.starts_at, window.ends_at - length)
    return Shift(
        shift.starts_at,
        shift.ends_at,
        Break(window.starts_at, latest, pattern.break_minutes),
    )


def _extended(shifts: Iterable[Shift], extension: Extension) -> list[Shift]:
    apart: list[Shift] = []
    joined = Shift(extension.starts_at, extension.ends_at)
    for shift in shifts:
        if not shift.meets(extension.starts_at, extension.ends_at):
            apart.append(shift)
            continue
        joined = Shift(
            min(joined.starts_at, shift.starts_at),
            max(joined.ends_at, shift.ends_at),
            joined.rest or shift.rest,
        )
    return [*apart, joined]


def _without(shift: Shift, leave: Leave) -> list[Shift]:
    if leave.ends_at <= shift.starts_at or leave.starts_at >= shift.ends_at:
        return [shift]
    parts = []
    if leave.starts_at > shift.starts_at:
        parts.append((shift.starts_at, leave.starts_at))
    if leave.ends_at < shift.ends_at:
        parts.append((leave.ends_at, shift.ends_at))
    return [Shift(start, end, _rest_within(shift.rest, start, end)) for start, end in parts]


def _rest_within(rest: Break | None, start: datetime, end: datetime) -> Break | None:
    if rest is None:
        return None
    fits = start <= rest.earliest and rest.latest + timedelta(minutes=rest.minutes) <= end
    return rest if fits else None

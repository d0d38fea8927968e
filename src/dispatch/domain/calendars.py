"""Which time counts (营业日历): opening hours by weekday and season, holidays, make-up workdays.

Times are those of walls at the site; lengths are seconds that really pass, so a night in which
clocks are changed is an hour shorter or longer.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

_LEAP_YEAR = 2024
_SEARCH_DAYS = 1000
"""A calendar that never opens must not be searched for ever."""


def month_day(given: str) -> str:
    """A day of every year as `MM-DD`; raises ValueError for what is none."""
    month, day = str(given).split("-")
    return f"{date(_LEAP_YEAR, int(month), int(day)):%m-%d}"


def is_in_part(day: date, *, begins: str, ends: str) -> bool:
    """Whether a day lies in a part of each year, `MM-DD` inclusive; it may pass New Year."""
    here = f"{day:%m-%d}"
    if begins <= ends:
        return begins <= here <= ends
    return here >= begins or here <= ends


class DayKind(StrEnum):
    """What a day is, whatever its weekday."""

    HOLIDAY = "HOLIDAY"
    WORKDAY = "WORKDAY"
    """A make-up workday (调休上班): open, though its weekday is not."""


@dataclass(frozen=True, slots=True)
class Opening:
    """Open on given weekdays (0 = Monday); past midnight when `ends` <= `starts`."""

    weekdays: tuple[int, ...]
    starts: time
    ends: time


@dataclass(frozen=True, slots=True)
class Season:
    """Hours of a part of each year, from `MM-DD` to `MM-DD` inclusive; it may pass New Year."""

    name: str
    begins: str
    ends: str
    hours: tuple[Opening, ...]

    def holds(self, day: date) -> bool:
        return is_in_part(day, begins=self.begins, ends=self.ends)


class Calendar(Protocol):
    """Counts time."""

    def is_open(self, at: datetime) -> bool: ...
    def add(self, start: datetime, seconds: float) -> datetime: ...
    def elapsed(self, start: datetime, end: datetime) -> float: ...


@dataclass(frozen=True, slots=True)
class RoundTheClock:
    """Every second counts."""

    def is_open(self, at: datetime) -> bool:  # noqa: ARG002
        return True

    def add(self, start: datetime, seconds: float) -> datetime:
        return start + timedelta(seconds=seconds)

    def elapsed(self, start: datetime, end: datetime) -> float:
        """Seconds from `start` to `end`; none when `end` is not later."""
        return max(0.0, (end - start).total_seconds())


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """Time counts while the site is open.

    `days` are the days that differ from their weekday. A make-up workday keeps its own weekday's
    hours if it has any, else those of the first weekday that has.
    """

    zone: ZoneInfo
    hours: tuple[Opening, ...]
    seasons: tuple[Season, ...] = ()
    days: Mapping[date, DayKind] = field(default_factory=dict)

    def season(self, day: date) -> Season | None:
        """The first season that holds the day; None: the hours of the rest of the year."""
        return next((each for each in self.seasons if each.holds(day)), None)

    def spans(self, day: date) -> list[tuple[datetime, datetime]]:
        """When the site is open, from openings that begin on its calendar day; UTC, joined."""
        kind = self.days.get(day)
        if kind is DayKind.HOLIDAY:
            return []
        season = self.season(day)
        hours = season.hours if season is not None else self.hours
        weekday = day.weekday()
        if kind is DayKind.WORKDAY and not any(weekday in each.weekdays for each in hours):
            weekday = min((min(each.weekdays) for each in hours if each.weekdays), default=weekday)
        return _joined([self._span(day, each) for each in hours if weekday in each.weekdays])

    def is_open(self, at: datetime) -> bool:
        day = at.astimezone(self.zone).date()
        return any(
            starts <= at < ends
            for each in (day - timedelta(days=1), day)
            for starts, ends in self.spans(each)
        )

    def opens_at(self, at: datetime) -> datetime | None:
        """The first open moment at or after `at`; None when there is none in sight."""
        return next((max(starts, at) for starts, ends in self._from(at) if ends > at), None)

    def add(self, start: datetime, seconds: float) -> datetime:
        """When `seconds` of open time have passed since `start`.

        A calendar that does not open again within some years counts round the clock: whatever
        was started must come to an end.
        """
        left = timedelta(seconds=seconds)
        for begins, ends in self._from(start):
            here = max(begins, start)
            if ends - here >= left:
                return here + left
            left -= max(ends - here, timedelta(0))
        return start + timedelta(seconds=seconds)

    def elapsed(self, start: datetime, end: datetime) -> float:
        """Seconds of open time from `start` to `end`."""
        open_time = timedelta(0)
        for begins, ends in self._from(start):
            if begins >= end:
                break
            open_time += max(min(ends, end) - max(begins, start), timedelta(0))
        return open_time.total_seconds()

    def _from(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Spans from the day before `at` on, in order, none counted twice."""
        first = at.astimezone(self.zone).date() - timedelta(days=1)
        counted = datetime.min.replace(tzinfo=UTC)
        for ahead in range(_SEARCH_DAYS):
            for starts, ends in self.spans(first + timedelta(days=ahead)):
                # A night that runs into the next morning's hours is open once.
                if ends > counted:
                    yield max(starts, counted), ends
                    counted = ends

    def _span(self, day: date, opening: Opening) -> tuple[datetime, datetime]:
        last = day if opening.ends > opening.starts else day + timedelta(days=1)
        return (
            datetime.combine(day, opening.starts, self.zone).astimezone(UTC),
            datetime.combine(last, opening.ends, self.zone).astimezone(UTC),
        )


def _joined(spans: Sequence[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    joined: list[tuple[datetime, datetime]] = []
    for starts, ends in sorted(spans):
        if joined and starts <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(ends, joined[-1][1]))
        elif starts < ends:
            joined.append((starts, ends))
    return joined

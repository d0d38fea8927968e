"""When a site is open: hours by weekday and season, and whose holidays it keeps (RST-2, SLA-2)."""

from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from dispatch.domain.calendars import Opening, Season
from dispatch.domain.policies.values import read_clock, read_whole, value

_HOURS_MOST = 50
_SEASONS_MOST = 12
_NAME_MOST = 40
_LEAP_YEAR = 2024
_COUNTRY_LETTERS = 2


def _hours(given: Any) -> tuple[Opening, ...]:
    if not isinstance(given, list | tuple):
        raise TypeError("a list of hours is needed")
    hours = tuple(
        Opening(
            tuple(sorted({read_whole(day, 0, 6) for day in each["weekdays"]})),
            read_clock(each["starts"]),
            read_clock(each["ends"]),
        )
        for each in given
    )
    if not 1 <= len(hours) <= _HOURS_MOST or not all(each.weekdays for each in hours):
        raise ValueError(f"1 to {_HOURS_MOST} entries are needed, each with a weekday")
    return hours


def _month_day(given: Any) -> str:
    month, day = str(given).split("-")
    return f"{date(_LEAP_YEAR, int(month), int(day)):%m-%d}"


def _seasons(given: Any) -> tuple[Season, ...]:
    seasons = tuple(
        Season(
            str(each["name"])[:_NAME_MOST],
            _month_day(each["begins"]),
            _month_day(each["ends"]),
            _hours(each["hours"]),
        )
        for each in given
    )
    if len(seasons) > _SEASONS_MOST:
        raise ValueError(f"at most {_SEASONS_MOST} seasons")
    for index, season in enumerate(seasons):
        for other in seasons[:index]:
            if _meet(season, other):
                raise ValueError(f"{other.name} and {season.name} share days of the year")
    return seasons


def _meet(one: Season, other: Season) -> bool:
    first = date(_LEAP_YEAR, 1, 1)
    days = (first + timedelta(days=ahead) for ahead in range(366))
    return any(one.holds(day) and other.holds(day) for day in days)


def _country(given: Any) -> str | None:
    if given is None:
        return None
    if not (isinstance(given, str) and len(given) == _COUNTRY_LETTERS and given.isalpha()):
        raise ValueError("a country's two letters (ISO 3166-1) are needed")
    return given.upper()


def _text_or_none(given: Any) -> str | None:
    if given is None:
        return None
    if not isinstance(given, str):
        raise TypeError("a text is needed")
    return given[:_NAME_MOST]


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """The site's business calendar."""

    hours: tuple[Opening, ...] = value(
        _hours, default=(Opening((0, 1, 2, 3, 4), time(9), time(17, 30)),)
    )
    """Opening hours by weekday (0 = Monday), outside every season."""
    seasons: tuple[Season, ...] = value(_seasons, default=())
    """Hours of parts of the year, such as summer and winter."""
    country: str | None = value(_country, default="CN")
    """Whose public holidays and make-up workdays are kept; none: no country's."""
    subdivision: str | None = value(_text_or_none, default=None)
    """A part of the country with holidays of its own."""

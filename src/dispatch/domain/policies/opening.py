"""When a site is open: hours by weekday and season, and whose holidays it keeps (RST-2, SLA-2)."""

from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from dispatch.domain.calendars import Opening, Season, month_day
from dispatch.domain.misfits import Misfit
from dispatch.domain.policies.values import read_clock, read_list, read_whole, value

_HOURS_MOST = 50
_SEASONS_MOST = 12
_NAME_MOST = 40
_LEAP_YEAR = 2024
_COUNTRY_LETTERS = 2


def _hours(given: Any) -> tuple[Opening, ...]:
    hours = tuple(
        Opening(
            tuple(sorted({read_whole(day, 0, 6) for day in each["weekdays"]})),
            read_clock(each["starts"]),
            read_clock(each["ends"]),
        )
        for each in read_list(given)
    )
    if not 1 <= len(hours) <= _HOURS_MOST:
        raise Misfit("COUNT", least=1, most=_HOURS_MOST)
    if not all(each.weekdays for each in hours):
        raise Misfit("HOURS_WITHOUT_DAY")
    return hours


def _month_day(given: Any) -> str:
    try:
        return month_day(str(given))
    except ValueError as error:
        raise Misfit("NOT_A_DAY_OF_THE_YEAR") from error


def _seasons(given: Any) -> tuple[Season, ...]:
    seasons = tuple(
        Season(
            str(each["name"])[:_NAME_MOST],
            _month_day(each["begins"]),
            _month_day(each["ends"]),
            _hours(each["hours"]),
        )
        for each in read_list(given)
    )
    if len(seasons) > _SEASONS_MOST:
        raise Misfit("COUNT", least=0, most=_SEASONS_MOST)
    for index, season in enumerate(seasons):
        for other in seasons[:index]:
            if _meet(season, other):
                raise Misfit("SEASONS_MEET", one=other.name, other=season.name)
    return seasons


def _meet(one: Season, other: Season) -> bool:
    first = date(_LEAP_YEAR, 1, 1)
    days = (first + timedelta(days=ahead) for ahead in range(366))
    return any(one.holds(day) and other.holds(day) for day in days)


def _country(given: Any) -> str | None:
    # Files that know no null write an empty text.
    if given is None or given == "":
        return None
    if not (isinstance(given, str) and len(given) == _COUNTRY_LETTERS and given.isalpha()):
        raise Misfit("NOT_A_COUNTRY")
    return given.upper()


def _text_or_none(given: Any) -> str | None:
    if given is None:
        return None
    if not isinstance(given, str):
        raise Misfit("NOT_A_TEXT", most=_NAME_MOST)
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

"""A site's business calendar (营业日历): its policy's hours, its country's days, its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

import holidays
from sqlalchemy import bindparam, select

from dispatch.domain.calendars import BusinessCalendar, DayKind
from dispatch.domain.errors import Code, refuse
from dispatch.domain.rights import Action
from dispatch.services import visible
from dispatch.services.action import Change, Tx
from dispatch.services.known_holidays import is_known_country
from dispatch.services.policies import policy_of
from dispatch.store.calendars import CalendarDay
from dispatch.store.sites import Site

_YEARS_BACK, _YEARS_AHEAD = 1, 2
_DAYS_MOST = 400
_OWN_DAYS = (
    select(CalendarDay).where(CalendarDay.site_id == bindparam("site")).order_by(CalendarDay.day)
)


@dataclass(frozen=True, slots=True)
class NationalDay:
    """What a country's calendar says of a day."""

    kind: DayKind
    name: str


@dataclass(frozen=True, slots=True)
class ShownDay:
    """A day of a site as people read it; `kind` null: a day like its weekday."""

    day: date
    kind: DayKind | None
    name: str
    season: str | None
    is_own: bool
    spans: Sequence[tuple[datetime, datetime]]


async def calendar_of(tx: Tx, site: Site) -> BusinessCalendar:
    """The calendar that the site's business hours are counted on."""
    key = ("calendar", site.id)
    if key not in tx.memo:
        tx.memo[key] = await _calendar(tx, site)
    return tx.memo[key]


async def set_day(
    tx: Tx, *, site_id: int, day: date, kind: DayKind | None = None, name: str = ""
) -> CalendarDay:
    """Says what a day is at this site, whatever the country's calendar says of it.

    Make-up workdays are published late: until then a site sets them itself. Without `kind` the
    day is like its weekday.
    """
    site = await visible.find_site(tx, site_id, Action.SET_POLICY)
    own = await _own_day(tx, site, day)
    if own is None:
        own = CalendarDay(site_id=site.id, day=day)
    own.kind = kind
    own.name = name
    tx.memo.pop(("calendar", site.id), None)
    await tx.save(own, "calendar.day_set", day=day)
    return own


async def clear_day(tx: Tx, *, site_id: int, day: date) -> Site:
    """The day is again what the country's calendar says."""
    site = await visible.find_site(tx, site_id, Action.SET_POLICY)
    own = await _own_day(tx, site, day)
    if own is None:
        raise refuse(Code.NOT_FOUND, field="day", id=day.isoformat())
    await tx.session.delete(own)
    await tx.session.flush()
    tx.memo.pop(("calendar", site.id), None)
    tx.note(own, "calendar.day_cleared", day=day, was=own.kind)
    await tx.follow([Change(own, "calendar.day_cleared", {}, {})])
    return site


async def shown(tx: Tx, site: Site, *, starts: date, ends: date, language: str) -> list[ShownDay]:
    """The site's days from `starts` to `ends`, both included."""
    if not starts <= ends < starts + timedelta(days=_DAYS_MOST):
        raise refuse(Code.OUT_OF_RANGE, field="to", least=starts.isoformat(), most=_DAYS_MOST)
    calendar = await calendar_of(tx, site)
    opening = (await policy_of(tx, site.id)).opening
    years = tuple(range(starts.year, ends.year + 1))
    national = national_days(opening.country, opening.subdivision, years, language)
    own = {each.day: each for each in await _own_days(tx, site)}
    days = (starts + timedelta(days=ahead) for ahead in range((ends - starts).days + 1))
    return [_shown(day, calendar, national.get(day), own.get(day)) for day in days]


@lru_cache(maxsize=64)
def national_days(
    country: str | None, subdivision: str | None, years: tuple[int, ...], language: str = "zh-CN"
) -> Mapping[date, NationalDay]:
    """Public holidays, and rest days worked instead of others, by day."""
    if not is_known_country(country, subdivision) or country is None:
        return MappingProxyType({})
    spoken = _language(country, language)
    found = holidays.country_holidays(country, subdiv=subdivision, years=years, language=spoken)
    days = {day: NationalDay(DayKind.HOLIDAY, name) for day, name in found.items()}
    for day in found.weekend_workdays:
        if day.year in years:
            days[day] = NationalDay(DayKind.WORKDAY, "")
    return MappingProxyType(days)


def _language(country: str, language: str) -> str | None:
    """The library's own name of the reader's language; None, its default, where it has none."""
    known: Sequence[str] = getattr(getattr(holidays, country, None), "supported_languages", ())
    letters = language.partition("-")[0]
    exact = language.replace("-", "_")
    return exact if exact in known else next((each for each in known if each[:2] == letters), None)


def _shown(
    day: date, calendar: BusinessCalendar, national: NationalDay | None, own: CalendarDay | None
) -> ShownDay:
    season = calendar.season(day)
    return ShownDay(
        day=day,
        kind=calendar.days.get(day),
        name=own.name if own is not None else national.name if national is not None else "",
        season=season.name if season is not None else None,
        is_own=own is not None,
        spans=calendar.spans(day),
    )


async def _calendar(tx: Tx, site: Site) -> BusinessCalendar:
    opening = (await policy_of(tx, site.id)).opening
    years = tuple(range(tx.now.year - _YEARS_BACK, tx.now.year + _YEARS_AHEAD + 1))
    national = national_days(opening.country, opening.subdivision, years)
    days = {day: each.kind for day, each in national.items()}
    for own in await _own_days(tx, site):
        if own.kind is None:
            days.pop(own.day, None)
        else:
            days[own.day] = own.kind
    return BusinessCalendar(
        zone=ZoneInfo(site.time_zone), hours=opening.hours, seasons=opening.seasons, days=days
    )


async def _own_days(tx: Tx, site: Site) -> Sequence[CalendarDay]:
    return (await tx.session.execute(_OWN_DAYS, {"site": site.id})).scalars().all()


async def _own_day(tx: Tx, site: Site, day: date) -> CalendarDay | None:
    statement = select(CalendarDay).where(CalendarDay.site_id == site.id, CalendarDay.day == day)
    return (await tx.session.execute(statement.with_for_update())).scalar_one_or_none()

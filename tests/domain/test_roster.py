"""Shifts from patterns, exceptions and leave."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.calendars import DayKind
from dispatch.domain.roster import DayRule, Shift, shifts_of_day
from dispatch.domain.technicians import Skill, qualifies, skills_in_force

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = date(2026, 11, 23)


@dataclass
class Pattern:
    starts: time = time(8)
    ends: time = time(17)
    weekdays: list[int] = field(default_factory=lambda: [0, 1, 2, 3, 4])
    break_starts: time | None = None
    break_ends: time | None = None
    break_minutes: int = 0
    valid_from: date = date(2026, 1, 1)
    valid_to: date | None = None
    on_holidays: DayRule = DayRule.LIKE_WEEKDAY
    on_makeup_days: DayRule = DayRule.LIKE_WEEKDAY
    season_begins: str | None = None
    season_ends: str | None = None


@dataclass
class DayOff:
    day: date
    starts: time | None = None
    ends: time | None = None


@dataclass
class Away:
    starts_at: datetime
    ends_at: datetime


def local(hour: int, minute: int = 0, day: date = MONDAY) -> datetime:
    return datetime.combine(day, time(hour, minute), SHANGHAI)


@pytest.mark.rule("RST-1")
def test_a_pattern_gives_a_shift_on_its_weekdays_within_its_dates() -> None:
    week = Pattern(valid_to=date(2026, 11, 24))
    assert shifts_of_day(MONDAY, zone=SHANGHAI, patterns=[week]) == [Shift(local(8), local(17))]
    assert shifts_of_day(date(2026, 11, 22), zone=SHANGHAI, patterns=[week]) == []
    assert shifts_of_day(date(2026, 11, 25), zone=SHANGHAI, patterns=[week]) == []


@pytest.mark.rule("RST-1")
def test_an_exception_replaces_the_pattern_of_its_day() -> None:
    short = DayOff(MONDAY, time(10), time(12))
    found = shifts_of_day(MONDAY, zone=SHANGHAI, patterns=[Pattern()], exceptions=[short])
    assert found == [Shift(local(10), local(12))]
    off = shifts_of_day(MONDAY, zone=SHANGHAI, patterns=[Pattern()], exceptions=[DayOff(MONDAY)])
    assert off == []


@pytest.mark.rule("RST-1")
def test_leave_in_the_middle_cuts_a_shift_in_two() -> None:
    away = Away(local(10), local(14))
    found = shifts_of_day(MONDAY, zone=SHANGHAI, patterns=[Pattern()], leaves=[away])
    assert found == [Shift(local(8), local(10)), Shift(local(14), local(17))]


def test_a_night_shift_ends_on_the_next_day() -> None:
    night = Pattern(starts=time(22), ends=time(6))
    [shift] = shifts_of_day(MONDAY, zone=SHANGHAI, patterns=[night])
    assert shift.ends_at == local(6, day=MONDAY + timedelta(days=1))
    assert shift.holds(local(23))
    assert not shift.holds(local(6, day=MONDAY + timedelta(days=1)))


def test_the_break_starts_early_enough_to_end_in_its_window() -> None:
    lunch = Pattern(break_starts=time(11, 30), break_ends=time(13, 30), break_minutes=30)
    [shift] = shifts_of_day(MONDAY, zone=SHANGHAI, patterns=[lunch])
    assert shift.rest is not None
    assert (shift.rest.earliest, shift.rest.latest) == (local(11, 30), local(13))


def test_a_shift_over_the_change_to_summer_time_is_an_hour_shorter() -> None:
    night = Pattern(starts=time(22), ends=time(6), weekdays=list(range(7)))
    [shift] = shifts_of_day(date(2026, 3, 28), zone=BERLIN, patterns=[night])
    assert shift.ends_at.astimezone(UTC) - shift.starts_at.astimezone(UTC) == timedelta(hours=7)


@given(
    st.lists(
        st.tuples(st.integers(0, 24 * 60), st.integers(1, 8 * 60)).map(
            lambda pair: Away(
                local(0) + timedelta(minutes=pair[0]),
                local(0) + timedelta(minutes=pair[0] + pair[1]),
            )
        ),
        max_size=6,
    ),
    st.integers(0, 24 * 60 - 1),
)
def test_at_any_minute_a_technician_is_on_duty_or_away(leaves: list[Away], minute: int) -> None:
    patterns = [Pattern(starts=time(8), ends=time(12)), Pattern(starts=time(13), ends=time(18))]
    moment = local(0) + timedelta(minutes=minute)
    working = any(
        datetime.combine(MONDAY, each.starts, SHANGHAI)
        <= moment
        < datetime.combine(MONDAY, each.ends, SHANGHAI)
        for each in patterns
    )
    away = any(leave.starts_at <= moment < leave.ends_at for leave in leaves)
    found = shifts_of_day(MONDAY, zone=SHANGHAI, patterns=patterns, leaves=leaves)
    assert sum(shift.holds(moment) for shift in found) == int(working and not away)


@pytest.mark.rule("RST-1")
def test_an_expired_certificate_does_not_qualify() -> None:
    skills = [Skill("electrical", 3, MONDAY), Skill("carpentry", 1)]
    assert qualifies(skills, trade="electrical", level=3, on=MONDAY)
    assert not qualifies(skills, trade="electrical", level=1, on=MONDAY + timedelta(days=1))
    assert not qualifies(skills, trade="carpentry", level=2, on=MONDAY)
    assert not qualifies(skills, trade="gas", level=1, on=MONDAY)
    assert skills_in_force(skills, on=MONDAY + timedelta(days=1)) == {"carpentry": 1}


SATURDAY = MONDAY + timedelta(days=5)


@pytest.mark.rule("RST-2")
@pytest.mark.parametrize(
    ("rules", "day", "kind", "works"),
    [
        ({}, MONDAY, DayKind.HOLIDAY, True),
        ({"on_holidays": DayRule.OFF}, MONDAY, DayKind.HOLIDAY, False),
        ({"on_holidays": DayRule.OFF}, MONDAY, None, True),
        ({"on_holidays": DayRule.OFF}, MONDAY, DayKind.WORKDAY, True),
        ({"on_holidays": DayRule.WORK}, SATURDAY, DayKind.HOLIDAY, True),
        ({"on_holidays": DayRule.WORK}, SATURDAY, None, False),
        ({}, SATURDAY, DayKind.WORKDAY, False),
        ({"on_makeup_days": DayRule.WORK}, SATURDAY, DayKind.WORKDAY, True),
        ({"on_makeup_days": DayRule.OFF}, MONDAY, DayKind.WORKDAY, False),
        ({"on_holidays": DayRule.WORK, "weekdays": []}, MONDAY, DayKind.HOLIDAY, True),
        ({"on_holidays": DayRule.WORK, "weekdays": []}, MONDAY, None, False),
    ],
)
def test_a_pattern_says_what_it_does_on_holidays_and_make_up_days(
    rules: dict[str, Any], day: date, kind: DayKind | None, works: bool
) -> None:
    found = shifts_of_day(day, zone=SHANGHAI, kind=kind, patterns=[Pattern(**rules)])
    assert bool(found) is works


@pytest.mark.rule("RST-2")
def test_an_exception_of_the_day_goes_before_holidays() -> None:
    off = Pattern(on_holidays=DayRule.OFF)
    called = DayOff(MONDAY, time(10), time(12))
    found = shifts_of_day(
        MONDAY, zone=SHANGHAI, kind=DayKind.HOLIDAY, patterns=[off], exceptions=[called]
    )
    assert found == [Shift(local(10), local(12))]


@pytest.mark.rule("RST-2")
def test_summer_and_winter_hours_differ_by_date_every_year() -> None:
    everyday = list(range(7))
    summer = Pattern(starts=time(7), weekdays=everyday, season_begins="05-01", season_ends="09-30")
    winter = Pattern(starts=time(9), weekdays=everyday, season_begins="10-01", season_ends="04-30")
    for year in (2026, 2027, 2028):
        for month, day, hour in (
            (5, 1, 7),
            (9, 30, 7),
            (10, 1, 9),
            (12, 31, 9),
            (2, 28, 9),
            (4, 30, 9),
        ):
            when = date(year, month, day)
            (shift,) = shifts_of_day(when, zone=SHANGHAI, patterns=[summer, winter])
            assert shift.starts_at.hour == hour, when

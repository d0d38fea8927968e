"""Overtime: what lies outside the shifts, and how much of it there may be."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.errors import Refused
from dispatch.domain.overtime import (
    OvertimePeriod,
    check_room,
    counts,
    days_of,
    outside_s,
    room_s,
    span_of,
)
from dispatch.domain.policies.overtime import Overtime
from dispatch.domain.roster import DayRule, Shift, shifts_of_day
from dispatch.domain.shift_extensions import STEPS, ExtensionState, ExtensionStep

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = date(2026, 11, 23)
HOUR = 3600
LIMITS = Overtime(day_most_s=3 * HOUR, week_most_s=5 * HOUR, month_most_s=9 * HOUR)


def at(hour: float, day: date = MONDAY) -> datetime:
    return datetime.combine(day, time(), ZONE) + timedelta(hours=hour)


@dataclass
class Stretch:
    starts_at: datetime
    ends_at: datetime
    day: date = MONDAY


@dataclass
class Pattern:
    starts: time = time(8)
    ends: time = time(17)
    weekdays: list[int] = field(default_factory=lambda: [0])
    break_starts: time | None = time(11)
    break_ends: time | None = time(13)
    break_minutes: int = 30
    valid_from: date = date(2026, 1, 1)
    valid_to: date | None = None
    on_holidays: DayRule = DayRule.LIKE_WEEKDAY
    on_makeup_days: DayRule = DayRule.LIKE_WEEKDAY
    season_begins: str | None = None
    season_ends: str | None = None


def shifts(*extensions: Stretch, day: date = MONDAY, **more: Any) -> list[Shift]:
    return shifts_of_day(day, zone=ZONE, patterns=[Pattern()], extensions=extensions, **more)


@pytest.mark.rule("RST-5")
def test_an_extension_makes_the_shift_it_touches_longer() -> None:
    (plain,) = shifts()
    (later,) = shifts(Stretch(at(17), at(20)))
    assert (later.starts_at, later.ends_at, later.rest) == (at(8), at(20), plain.rest)
    (earlier,) = shifts(Stretch(at(6), at(8)))
    assert (earlier.starts_at, earlier.ends_at) == (at(6), at(17))
    (both,) = shifts(Stretch(at(6), at(8)), Stretch(at(17), at(18)))
    assert (both.starts_at, both.ends_at) == (at(6), at(18))
    assert shifts(Stretch(at(17), at(20), day=MONDAY - timedelta(days=1))) == [plain]


@pytest.mark.rule("RST-5")
def test_apart_from_shifts_it_is_one_by_itself_and_leave_cuts_it() -> None:
    tuesday = MONDAY + timedelta(days=1)
    called = Stretch(at(9, tuesday), at(12, tuesday), day=tuesday)
    assert shifts(called, day=tuesday) == [Shift(called.starts_at, called.ends_at)]
    evening = Stretch(at(19), at(21))
    assert [(each.starts_at, each.ends_at) for each in shifts(evening)] == [
        (at(8), at(17)),
        (at(19), at(21)),
    ]
    away = Stretch(at(18), at(23))
    (cut,) = shifts(Stretch(at(17), at(20)), leaves=[away])
    assert cut.ends_at == at(18)


@pytest.mark.rule("RST-5")
def test_days_weeks_and_months_are_those_of_the_calendar() -> None:
    sunday = date(2026, 3, 1)
    assert days_of(OvertimePeriod.DAY, sunday) == (sunday, date(2026, 3, 2))
    assert days_of(OvertimePeriod.WEEK, sunday) == (date(2026, 2, 23), date(2026, 3, 2))
    assert days_of(OvertimePeriod.MONTH, sunday) == (date(2026, 3, 1), date(2026, 4, 1))
    assert days_of(OvertimePeriod.MONTH, date(2026, 12, 31))[1] == date(2027, 1, 1)
    assert span_of(sunday) == (date(2026, 2, 23), date(2026, 4, 1))


@pytest.mark.rule("RST-5")
@pytest.mark.parametrize(
    ("taken", "seconds", "period"),
    [
        ({}, 3 * HOUR, None),
        ({}, 3 * HOUR + 1, "DAY"),
        ({MONDAY: HOUR}, 2 * HOUR + 1, "DAY"),
        ({MONDAY + timedelta(days=6): 3 * HOUR}, 2 * HOUR, None),
        ({MONDAY + timedelta(days=6): 3 * HOUR}, 2 * HOUR + 1, "WEEK"),
        ({date(2026, 11, 2): 8 * HOUR}, HOUR, None),
        ({date(2026, 11, 2): 8 * HOUR}, HOUR + 1, "MONTH"),
        ({date(2026, 12, 1): 9 * HOUR, date(2026, 11, 22): 5 * HOUR}, 3 * HOUR, None),
    ],
)
def test_no_period_may_hold_more_than_its_limit(
    taken: dict[date, int], seconds: int, period: str | None
) -> None:
    if period is None:
        check_room(taken, day=MONDAY, seconds=seconds, limits=LIMITS)
        assert room_s(taken, day=MONDAY, limits=LIMITS) >= seconds
        return
    with pytest.raises(Refused) as refused:
        check_room(taken, day=MONDAY, seconds=seconds, limits=LIMITS)
    (refusal,) = refused.value.refusals
    assert (refusal.code.value, refusal.params["period"]) == ("OVERTIME_LIMIT", period)


@pytest.mark.rule("RST-5")
def test_each_period_tells_what_is_counted_and_what_is_left() -> None:
    taken = {MONDAY: HOUR, MONDAY + timedelta(days=2): 2 * HOUR, date(2026, 11, 1): 3 * HOUR}
    found = {each.period.value: each for each in counts(taken, day=MONDAY, limits=LIMITS)}
    assert {
        name: (each.counted_s // HOUR, each.left_s // HOUR) for name, each in found.items()
    } == {
        "DAY": (1, 2),
        "WEEK": (3, 2),
        "MONTH": (6, 3),
    }


@pytest.mark.rule("RST-5")
@pytest.mark.parametrize(
    ("begins", "ends", "hours"),
    [(9, 12, 0), (16, 19, 2), (6, 9, 2), (18, 20, 2), (6, 20, 5), (11.5, 12.5, 0)],
)
def test_work_outside_the_shifts_is_what_lies_in_none(
    begins: float, ends: float, hours: float
) -> None:
    assert outside_s(at(begins), at(ends), shifts()) == hours * HOUR


@pytest.mark.rule("RST-5")
@given(
    spans=st.lists(st.tuples(st.integers(0, 1440), st.integers(1, 300)), max_size=4),
    begins=st.integers(0, 1440),
    length=st.integers(1, 900),
)
def test_every_minute_of_work_is_in_a_shift_or_outside(
    spans: list[tuple[int, int]], begins: int, length: int
) -> None:
    made = [Shift(at(start / 60), at((start + long) / 60)) for start, long in spans]
    minutes = [at((begins + each) / 60) for each in range(length)]
    outside = sum(not any(shift.holds(minute) for shift in made) for minute in minutes)
    assert outside_s(at(begins / 60), at((begins + length) / 60), made) == outside * 60


@pytest.mark.rule("RST-5")
def test_nothing_is_approved_that_nobody_agreed_to() -> None:
    allowed = {state: STEPS.allowed(state) for state in ExtensionState}
    assert [state for state, steps in allowed.items() if ExtensionStep.APPROVE in steps] == [
        ExtensionState.AGREED
    ]
    assert [state for state, steps in allowed.items() if not steps] == [
        ExtensionState.DECLINED,
        ExtensionState.REJECTED,
        ExtensionState.WITHDRAWN,
    ]

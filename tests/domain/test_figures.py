"""Figures in themselves: ranks, shares, and the numbers that stand for local time (ANL-5)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.calendars import BusinessCalendar, DayKind, Opening
from dispatch.domain.figures.demand import BACKLOG, DEMAND
from dispatch.domain.figures.figure import Unit
from dispatch.domain.figures.open_time import open_time
from dispatch.domain.figures.periods import (
    Days,
    Interval,
    hour_of_day,
    interval_key,
    month_keys,
    offset_at,
    weekday,
)
from dispatch.domain.figures.service_levels import SERVICE_LEVELS
from dispatch.domain.figures.statistics import gini, max_to_mean, nearest_rank
from dispatch.domain.figures.workload import WORKLOAD
from dispatch.texts import LANGUAGES, catalogue

FAMILIES = {
    "service_levels": SERVICE_LEVELS,
    "workload": WORKLOAD,
    "demand": DEMAND,
    "backlog": BACKLOG,
}
LOADS = st.lists(st.integers(0, 100_000), min_size=1, max_size=30)
ZONES = (
    "Asia/Shanghai",
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/St_Johns",
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_has_a_name_and_a_formula_in_every_language(language: str) -> None:
    texts = catalogue(language)["figures"]
    for family, figures in FAMILIES.items():
        assert list(texts[family]) == list(figures), family
        assert all(each["name"] and each["formula"] for each in texts[family].values())
    assert set(texts["units"]) == {each.value for each in Unit}


@given(LOADS, st.integers(1, 100))
def test_a_percentile_is_the_least_value_that_enough_do_not_exceed(
    values: list[int], percent: int
) -> None:
    found = nearest_rank(values, percent)
    assert found in values
    enough = [
        value
        for value in values
        if 100 * sum(each <= value for each in values) >= percent * len(values)
    ]
    assert found == min(enough)


@given(LOADS)
def test_the_gini_coefficient_is_the_mean_difference_of_all_pairs(loads: list[int]) -> None:
    total, count = sum(loads), len(loads)
    if not total:
        assert gini(loads) is max_to_mean(loads) is None
        return
    pairs = sum(abs(a - b) for a in loads for b in loads)
    assert gini(loads) == pytest.approx(pairs / (2 * count * total), abs=1e-9)
    assert max_to_mean(loads) == pytest.approx(max(loads) / (total / count))
    assert gini([loads[0] + 1] * count) == pytest.approx(0, abs=1e-9)


@given(
    st.sampled_from(ZONES),
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    st.integers(0, 399),
    st.integers(0, 24 * 3600 * 2),
)
def test_a_moment_lies_in_the_period_that_the_walls_show(
    name: str, first: date, length: int, after: int
) -> None:
    zone = ZoneInfo(name)
    days = Days(first, first + timedelta(days=length), zone)
    room = int((days.ends_at - days.starts_at).total_seconds())
    epoch = int(days.starts_at.timestamp()) + (after * 7919) % room
    at = datetime.fromtimestamp(epoch, UTC)
    here = at.astimezone(zone)
    local = epoch + offset_at(days.offsets(), epoch)
    assert (weekday(local), hour_of_day(local)) == (here.weekday(), here.hour)
    for interval in (Interval.HOUR, Interval.DAY, Interval.WEEK):
        begins, ends = days.span(interval, interval_key(interval, epoch=epoch, local=local))
        assert begins <= at < ends
    begins, ends = days.span(Interval.DAY, interval_key(Interval.DAY, epoch=epoch, local=local))
    assert (
        begins.astimezone(zone).date()
        == here.date()
        == (ends.astimezone(zone) - timedelta(seconds=1)).date()
    )
    key = max(key for key, starts in month_keys(days) if starts <= local)
    begins, _ = days.span(Interval.MONTH, key)
    month = begins.astimezone(zone)
    assert (month.year, month.month, month.day) == (here.year, here.month, 1)


def test_the_hour_that_comes_twice_is_two_and_its_day_is_longer() -> None:
    days = Days(date(2026, 11, 1), date(2026, 11, 1), ZoneInfo("America/New_York"))
    offsets = days.offsets()
    twice = [datetime(2026, 11, 1, hour, 30, tzinfo=UTC) for hour in (5, 6)]
    epochs = [int(each.timestamp()) for each in twice]
    local = [each + offset_at(offsets, each) for each in epochs]
    assert [hour_of_day(each) for each in local] == [1, 1]
    keys = [
        interval_key(Interval.HOUR, epoch=epoch, local=here)
        for epoch, here in zip(epochs, local, strict=True)
    ]
    assert [days.span(Interval.HOUR, key)[0].hour for key in keys] == [5, 6]
    key = interval_key(Interval.DAY, epoch=epochs[0], local=local[0])
    begins, ends = days.span(Interval.DAY, key)
    assert ends - begins == timedelta(hours=25)


@given(st.integers(0, 60 * 24 * 20), st.integers(0, 60 * 24 * 20))
def test_open_time_is_what_the_calendar_counts(start: int, length: int) -> None:
    calendar = BusinessCalendar(
        zone=ZoneInfo("Asia/Shanghai"),
        hours=(
            Opening((0, 1, 2, 3, 4), time(9), time(18)),
            Opening((4,), time(20), time(10)),
            Opening((5,), time(9), time(12)),
        ),
        days={date(2026, 11, 24): DayKind.HOLIDAY, date(2026, 11, 29): DayKind.WORKDAY},
    )
    begins = datetime(2026, 11, 16, tzinfo=UTC) + timedelta(minutes=start)
    ends = begins + timedelta(minutes=length)
    counted = open_time(calendar, first=date(2026, 11, 14), last=date(2026, 12, 30))
    elapsed = counted.elapsed(begins.timestamp(), ends.timestamp())
    assert elapsed == pytest.approx(calendar.elapsed(begins, ends), abs=1e-6)

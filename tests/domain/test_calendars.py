"""Business time: weekdays, holidays, make-up workdays, seasons, nights when clocks are changed."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.calendars import BusinessCalendar, DayKind, Opening, RoundTheClock, Season
from dispatch.domain.errors import Refused
from dispatch.domain.policies import Policy, parse_policy, policy_document

SHANGHAI = ZoneInfo("Asia/Shanghai")
WEEK = (Opening((0, 1, 2, 3, 4), time(9), time(17, 30)),)
SUMMER = Season(
    "summer",
    "06-01",
    "09-30",
    (Opening((0, 1, 2, 3, 4), time(8), time(12)), Opening((0, 1, 2, 3, 4), time(15), time(18, 30))),
)
WINTER = Season("winter", "12-01", "02-15", (Opening((0, 1, 2, 3, 4), time(9, 30), time(17)),))
# The Spring Festival of 2026, with the Saturday before it worked.
FESTIVAL = {
    date(2026, 2, 14): DayKind.WORKDAY,
    **{date(2026, 2, day): DayKind.HOLIDAY for day in range(16, 24)},
}
SITE = BusinessCalendar(SHANGHAI, WEEK, (SUMMER, WINTER), FESTIVAL)


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.rule("SLA-2")
@pytest.mark.rule("RST-2")
@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-11-23T10:00", 2, "2026-11-23T12:00"),
        ("2026-11-23T16:30", 2, "2026-11-24T10:00"),
        ("2026-11-23T03:00", 1, "2026-11-23T10:00"),
        ("2026-11-27T17:00", 1, "2026-11-30T09:30"),  # a weekend lies between
        ("2026-02-13T16:00", 2, "2026-02-14T10:30"),  # a Saturday that is worked instead
        ("2026-02-14T16:00", 2, "2026-02-24T10:00"),  # a week of holidays lies between
        ("2026-06-30T11:00", 2, "2026-06-30T16:00"),  # summer hours pause at noon
        ("2026-09-30T18:00", 1, "2026-10-01T09:30"),  # … and end with their season
        ("2026-12-31T16:30", 1, "2027-01-01T10:00"),  # winter hours pass New Year
        ("2026-11-23T12:00", 0, "2026-11-23T12:00"),
    ],
)
def test_open_time_is_added_over_nights_weekends_holidays_and_seasons(
    start: str, hours: float, due: str
) -> None:
    assert SITE.add(at(start), hours * 3600) == at(due)
    assert SITE.elapsed(at(start), at(due)) == hours * 3600


@pytest.mark.rule("RST-2")
def test_a_day_is_what_season_holiday_and_make_up_day_say() -> None:
    assert SITE.is_open(at("2026-11-23T09:00"))
    assert not SITE.is_open(at("2026-11-23T17:30"))
    assert not SITE.is_open(at("2026-11-22T10:00"))
    assert SITE.is_open(at("2026-02-14T10:00"))
    assert not SITE.is_open(at("2026-02-17T10:00"))
    assert SITE.is_open(at("2026-07-01T08:30"))
    assert not SITE.is_open(at("2026-10-08T08:30"))
    assert SITE.opens_at(at("2026-02-15T10:00")) == at("2026-02-24T09:00")
    assert SITE.opens_at(at("2026-11-23T10:00")) == at("2026-11-23T10:00")


@pytest.mark.rule("RST-2")
@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-28", 24), ("2026-03-29", 23), ("2026-10-25", 25)]
)
def test_a_night_of_changed_clocks_is_as_long_as_it_is(day: str, hours: int) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    always = BusinessCalendar(berlin, (Opening(tuple(range(7)), time(0), time(0)),))
    begins = at(f"{day}T00:00", berlin)
    ends = datetime.combine(begins.date() + timedelta(days=1), time(0), berlin)
    assert always.elapsed(begins, ends) == hours * 3600
    assert always.add(begins, hours * 3600) == ends


def test_a_night_that_runs_into_the_morning_counts_once() -> None:
    night = BusinessCalendar(
        SHANGHAI,
        (Opening((0, 1), time(20), time(8)), Opening((0, 1), time(6), time(10))),
    )
    assert night.elapsed(at("2026-11-23T20:00"), at("2026-11-24T10:00")) == 14 * 3600


def test_a_calendar_that_never_opens_still_ends() -> None:
    never = BusinessCalendar(SHANGHAI, ())
    assert never.add(at("2026-11-23T10:00"), 60) == at("2026-11-23T10:01")
    assert never.opens_at(at("2026-11-23T10:00")) is None


MOMENTS = st.integers(0, 370 * 24 * 3600).map(
    lambda seconds: datetime(2025, 12, 20, tzinfo=UTC) + timedelta(seconds=seconds)
)


@pytest.mark.rule("SLA-2")
@given(MOMENTS, st.integers(0, 5 * 24 * 3600), st.sampled_from([SITE, RoundTheClock()]))
def test_what_is_added_has_elapsed(
    start: datetime, seconds: int, calendar: BusinessCalendar | RoundTheClock
) -> None:
    due = calendar.add(start, seconds)
    assert due >= start
    assert calendar.elapsed(start, due) == seconds
    if seconds:
        assert calendar.elapsed(start, due - timedelta(seconds=1)) == seconds - 1


def test_opening_hours_of_a_policy_are_read_and_written() -> None:
    document = {
        "opening": {
            "hours": [{"weekdays": [0, 2], "starts": "08:00", "ends": "12:00"}],
            "seasons": [
                {
                    "name": "summer",
                    "begins": "05-01",
                    "ends": "09-30",
                    "hours": [{"weekdays": [0], "starts": "07:00", "ends": "11:00"}],
                }
            ],
            "country": "de",
            "subdivision": "BY",
        }
    }
    policy = parse_policy(document)
    assert policy.opening.hours == (Opening((0, 2), time(8), time(12)),)
    assert policy.opening.seasons[0].holds(date(2026, 9, 30))
    assert policy.opening.country == "DE"
    assert parse_policy(policy_document(policy)) == policy
    assert parse_policy(policy_document(Policy())) == Policy()


@pytest.mark.parametrize(
    "given",
    [
        {"hours": []},
        {"hours": [{"weekdays": [], "starts": "08:00", "ends": "12:00"}]},
        {"hours": [{"weekdays": [7], "starts": "08:00", "ends": "12:00"}]},
        {"country": "China"},
        {"seasons": [{"name": "x", "begins": "02-30", "ends": "03-01", "hours": []}]},
        {
            "seasons": [
                {
                    "name": name,
                    "begins": begins,
                    "ends": ends,
                    "hours": [{"weekdays": [0], "starts": "07:00", "ends": "11:00"}],
                }
                for name, begins, ends in (("a", "05-01", "06-30"), ("b", "06-30", "08-31"))
            ]
        },
    ],
)
def test_opening_hours_that_make_no_sense_are_refused(given: dict[str, object]) -> None:
    with pytest.raises(Refused):
        parse_policy({"opening": given})

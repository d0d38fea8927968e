"""Whose duty it is at a moment, and what a day of the roster lacks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from dispatch.domain.duty_roster import DutyGap, DutyGapKind, DutyPost, duty_day, gaps_of, hours_of
from dispatch.domain.policies.duty import Duty

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = date(2026, 11, 23)
ALL = {DutyPost.MANAGER: 1, DutyPost.TECHNICIAN: 2, DutyPost.DESK: 1}


@pytest.mark.rule("RST-4")
@pytest.mark.parametrize(
    ("there", "published", "holiday", "lacks"),
    [
        (ALL, True, False, {}),
        (ALL, False, False, {"UNPUBLISHED": 0}),
        (ALL, True, True, {"NO_DELEGATE": 1}),
        ({**ALL, DutyPost.DELEGATE: 1}, True, True, {}),
        ({**ALL, DutyPost.TECHNICIAN: 1}, True, False, {"NO_TECHNICIAN": 1}),
        (
            {},
            False,
            True,
            {
                "NO_MANAGER": 1,
                "NO_TECHNICIAN": 2,
                "NO_DESK": 1,
                "NO_DELEGATE": 1,
                "UNPUBLISHED": 0,
            },
        ),
    ],
)
def test_what_a_day_lacks(
    there: dict[DutyPost, int], published: bool, holiday: bool, lacks: dict[str, int]
) -> None:
    found = gaps_of(
        MONDAY,
        there,
        is_published=published,
        is_holiday=holiday,
        numbers=Duty(technicians_least=2),
    )
    assert found == [DutyGap(MONDAY, DutyGapKind(kind), people) for kind, people in lacks.items()]


@pytest.mark.rule("RST-4")
def test_a_site_may_need_less() -> None:
    little = Duty(managers_least=0, technicians_least=0, desk_least=0, delegate_on_holidays=False)
    assert gaps_of(MONDAY, {}, is_published=True, is_holiday=True, numbers=little) == []


@pytest.mark.rule("RST-3")
@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 11, 23, 0, 59, tzinfo=UTC), date(2026, 11, 22)),
        (datetime(2026, 11, 23, 1, 0, tzinfo=UTC), MONDAY),
        (datetime(2026, 11, 23, 12, 0, tzinfo=UTC), MONDAY),
        (datetime(2026, 11, 23, 20, 0, tzinfo=UTC), MONDAY),
    ],
)
def test_until_the_turnover_those_of_yesterday_are_on_duty(moment: datetime, day: date) -> None:
    assert duty_day(moment, zone=ZONE, turnover=time(9)) == day
    starts_at, ends_at = hours_of(day, zone=ZONE, turnover=time(9))
    assert starts_at <= moment < ends_at

"""What signed hours come to."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.pay_sheets import PayDay, PayTotal, Signed, days_of, totals_of
from dispatch.domain.technicians import PayBasis

MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)
HOUR = 3600


def line(**given: Any) -> Signed:
    """An hour of a Monday at 35.50 an hour."""
    hour = {
        "day": MONDAY,
        "seconds": HOUR,
        "pay_basis": PayBasis.HOURLY,
        "pay_amount": Decimal("35.50"),
        "pay_currency": "CNY",
    }
    return Signed(**{**hour, **given})


@pytest.mark.rule("RST-6")
@pytest.mark.parametrize(
    ("lines", "amount"),
    [
        ([line()], "35.50"),
        ([line(seconds=90 * 60), line(seconds=1800)], "71.00"),
        # 100 s of 35.50 an hour are 0.9861: each order is rounded by itself.
        ([line(seconds=100), line(seconds=100)], "1.98"),
        ([line(pay_basis=PayBasis.DAILY), line(pay_basis=PayBasis.DAILY)], "35.50"),
        ([line(pay_basis=PayBasis.PER_ORDER), line(pay_basis=PayBasis.PER_ORDER)], "71.00"),
        ([line(pay_basis=PayBasis.PER_ORDER, seconds=0)], "0.00"),
        ([line(pay_basis=PayBasis.DAILY, seconds=0)], "0.00"),
        ([line(pay_basis=PayBasis.SALARY, pay_amount=None)], "0.00"),
        ([line(pay_basis=None)], None),
        ([line(pay_amount=None)], None),
    ],
)
def test_a_day_is_paid_by_what_was_agreed(lines: list[Signed], amount: str | None) -> None:
    (day,) = days_of(lines)
    assert day.amount == (Decimal(amount) if amount is not None else None)
    assert day.seconds == sum(each.seconds for each in lines)


@pytest.mark.rule("RST-6")
def test_days_and_currencies_are_kept_apart() -> None:
    abroad = line(day=TUESDAY, pay_currency="EUR", pay_amount=Decimal(20))
    days = days_of([line(day=TUESDAY), abroad, line()])
    assert days == [
        PayDay(MONDAY, HOUR, Decimal("35.50"), "CNY"),
        PayDay(TUESDAY, HOUR, Decimal("35.50"), "CNY"),
        PayDay(TUESDAY, HOUR, Decimal("20.00"), "EUR"),
    ]
    assert totals_of(days) == [PayTotal("CNY", Decimal("71.00")), PayTotal("EUR", Decimal("20.00"))]


@pytest.mark.rule("RST-6")
@given(
    st.lists(
        st.builds(
            Signed,
            day=st.sampled_from([MONDAY, TUESDAY]),
            seconds=st.integers(0, 10 * HOUR),
            pay_basis=st.sampled_from(PayBasis),
            pay_amount=st.decimals(0, 1000, places=2),
            pay_currency=st.just("CNY"),
        )
    )
)
def test_the_days_sum_up_to_the_total(lines: list[Signed]) -> None:
    days = days_of(lines)
    assert sum(day.seconds for day in days) == sum(each.seconds for each in lines)
    total = sum((day.amount or Decimal(0) for day in days), Decimal(0))
    assert sum((each.amount for each in totals_of(days)), Decimal(0)) == total

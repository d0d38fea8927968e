"""What signed hours come to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.pay_sheets import PayDay, PayTotal, days_of, totals_of
from dispatch.domain.technicians import PayBasis

MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)
HOUR = 3600


@dataclass
class Line:
    day: date = MONDAY
    seconds: int = HOUR
    pay_basis: PayBasis | None = PayBasis.HOURLY
    pay_amount: Decimal | None = Decimal("35.50")
    pay_currency: str | None = "CNY"


@pytest.mark.rule("RST-6")
@pytest.mark.parametrize(
    ("lines", "amount"),
    [
        ([Line()], "35.50"),
        ([Line(seconds=90 * 60), Line(seconds=1800)], "71.00"),
        # 100 s of 35.50 an hour are 0.9861: each order is rounded by itself.
        ([Line(seconds=100), Line(seconds=100)], "1.98"),
        ([Line(pay_basis=PayBasis.DAILY), Line(pay_basis=PayBasis.DAILY)], "35.50"),
        ([Line(pay_basis=PayBasis.PER_ORDER), Line(pay_basis=PayBasis.PER_ORDER)], "71.00"),
        ([Line(pay_basis=PayBasis.PER_ORDER, seconds=0)], "0.00"),
        ([Line(pay_basis=PayBasis.DAILY, seconds=0)], "0.00"),
        ([Line(pay_basis=PayBasis.SALARY, pay_amount=None)], "0.00"),
        ([Line(pay_basis=None)], None),
        ([Line(pay_amount=None)], None),
    ],
)
def test_a_day_is_paid_by_what_was_agreed(lines: list[Line], amount: str | None) -> None:
    (day,) = days_of(lines)
    assert day.amount == (Decimal(amount) if amount is not None else None)
    assert day.seconds == sum(line.seconds for line in lines)


@pytest.mark.rule("RST-6")
def test_days_and_currencies_are_kept_apart() -> None:
    abroad = Line(day=TUESDAY, pay_currency="EUR", pay_amount=Decimal(20))
    days = days_of([Line(day=TUESDAY), abroad, Line()])
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
            Line,
            day=st.sampled_from([MONDAY, TUESDAY]),
            seconds=st.integers(0, 10 * HOUR),
            pay_basis=st.sampled_from(PayBasis),
            pay_amount=st.decimals(0, 1000, places=2),
        )
    )
)
def test_the_days_sum_up_to_the_total(lines: list[Line]) -> None:
    days = days_of(lines)
    assert sum(day.seconds for day in days) == sum(line.seconds for line in lines)
    total = sum((day.amount or Decimal(0) for day in days), Decimal(0))
    assert sum((each.amount for each in totals_of(days)), Decimal(0)) == total

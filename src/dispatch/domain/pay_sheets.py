"""What signed hours come to (工时结算): per order and day, by how somebody is paid (RST-6)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from dispatch.domain.technicians import PayBasis

_HOUR_S = 3600
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Signed:
    """Hours of one person on one order, with the pay agreed when they were signed."""

    day: date
    seconds: int
    pay_basis: PayBasis | None = None
    pay_amount: Decimal | None = None
    pay_currency: str | None = None


@dataclass(frozen=True, slots=True)
class PayDay:
    """A day of a sheet: its hours, and what they come to; None: nobody said how it is paid."""

    day: date
    seconds: int
    amount: Decimal | None
    currency: str | None


@dataclass(frozen=True, slots=True)
class PayTotal:
    currency: str
    amount: Decimal


def days_of(lines: Iterable[Signed]) -> list[PayDay]:
    """What each day comes to, by currency, in order of the day.

    By the hour each order's time is paid and rounded to the cent; by the day one amount is paid
    for a day with any hours, the highest that holds on it; by the order each one with hours. A
    salary is not paid by the sheet, and comes to nothing here.
    """
    groups: dict[tuple[date, str], list[Signed]] = {}
    for line in lines:
        groups.setdefault((line.day, line.pay_currency or ""), []).append(line)
    return [
        PayDay(
            day=day,
            seconds=sum(line.seconds for line in group),
            amount=_amount(group),
            currency=currency or None,
        )
        for (day, currency), group in sorted(groups.items())
    ]


def totals_of(days: Iterable[PayDay]) -> list[PayTotal]:
    """The sum of the days, by currency."""
    sums: dict[str, Decimal] = {}
    for day in days:
        if day.currency is not None and day.amount is not None:
            sums[day.currency] = sums.get(day.currency, Decimal(0)) + day.amount
    return [PayTotal(currency, amount) for currency, amount in sorted(sums.items())]


def _amount(group: Iterable[Signed]) -> Decimal | None:
    paid, by_day, is_known = Decimal(0), Decimal(0), False
    for line in group:
        if line.pay_basis is None or (
            line.pay_amount is None and line.pay_basis is not PayBasis.SALARY
        ):
            continue
        is_known = True
        rate = line.pay_amount or Decimal(0)
        if not line.seconds or line.pay_basis is PayBasis.SALARY:
            continue
        if line.pay_basis is PayBasis.HOURLY:
            paid += (rate * line.seconds / _HOUR_S).quantize(_CENT, ROUND_HALF_UP)
        elif line.pay_basis is PayBasis.PER_ORDER:
            paid += rate
        else:
            by_day = max(by_day, rate)
    return (paid + by_day).quantize(_CENT) if is_known else None

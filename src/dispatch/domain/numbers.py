"""Human numbers: `WO-20261122-0042`."""

from datetime import date
from enum import StrEnum


class Series(StrEnum):
    TICKET = "TK"
    WORK_ORDER = "WO"
    PLAN = "PL"


def human_number(*, series: Series, day: date, count: int) -> str:
    """The `count`-th number of a series on the site's calendar day."""
    return f"{series.value}-{day:%Y%m%d}-{count:04d}"

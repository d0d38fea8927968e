"""Counts behind human numbers, one row per site, series and day."""

from datetime import date
from functools import cache

from sqlalchemy import Date, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.dml import ReturningInsert

from dispatch.domain.numbers import Series, human_number
from dispatch.store.base import Base
from dispatch.store.inserts import dialect_of, insert_into


class Counter(Base):
    """The last number given out."""

    __tablename__ = "counter"
    __table_args__ = (UniqueConstraint("site_id", "series", "day"),)

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    series: Mapped[str] = mapped_column(String(8))
    day: Mapped[date] = mapped_column(Date)
    value: Mapped[int] = mapped_column(Integer)


@cache
def _taking(dialect: str) -> ReturningInsert[int]:
    statement = insert_into(dialect, Counter.__table__)
    return statement.on_conflict_do_update(
        index_elements=["site_id", "series", "day"],
        set_={"value": Counter.value + statement.excluded.value},
    ).returning(Counter.value)


async def take_numbers(
    session: AsyncSession, *, site_id: int, series: Series, day: date, count: int = 1
) -> list[str]:
    """The next `count` numbers of a series, in one statement; without gaps but for rollbacks."""
    taken = {"site_id": site_id, "series": series.value, "day": day, "value": count}
    statement = _taking(dialect_of(session))
    last = (await session.execute(statement, taken)).scalar_one()
    return [
        human_number(series=series, day=day, count=value)
        for value in range(last - count + 1, last + 1)
    ]


async def take_number(session: AsyncSession, *, site_id: int, series: Series, day: date) -> str:
    """The next number of a series."""
    return (await take_numbers(session, site_id=site_id, series=series, day=day))[0]

"""Counts behind human numbers, one row per site, series and day."""

from datetime import date

from sqlalchemy import Date, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.domain.numbers import Series, human_number
from dispatch.store.base import Base


class Counter(Base):
    """The last number given out."""

    __tablename__ = "counter"
    __table_args__ = (UniqueConstraint("site_id", "series", "day"),)

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    series: Mapped[str] = mapped_column(String(8))
    day: Mapped[date] = mapped_column(Date)
    value: Mapped[int] = mapped_column(Integer)


async def take_numbers(
    session: AsyncSession, *, site_id: int, series: Series, day: date, count: int = 1
) -> list[str]:
    """The next `count` numbers of a series, in one statement; without gaps but for rollbacks."""
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    statement = insert(Counter).values(site_id=site_id, series=series.value, day=day, value=count)
    statement = statement.on_conflict_do_update(
        index_elements=["site_id", "series", "day"],
        set_={"value": Counter.value + statement.excluded.value},
    ).returning(Counter.value)
    last = (await session.execute(statement)).scalar_one()
    return [
        human_number(series=series, day=day, count=value)
        for value in range(last - count + 1, last + 1)
    ]


async def take_number(session: AsyncSession, *, site_id: int, series: Series, day: date) -> str:
    """The next number of a series."""
    return (await take_numbers(session, site_id=site_id, series=series, day=day))[0]

"""Days of a site that differ from what its country's calendar says (调休、临时休息)."""

from datetime import date

from sqlalchemy import Date, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.domain.calendars import DayKind
from dispatch.store.base import Base, Versioned, words


class CalendarDay(Versioned, Base):
    """One such day; `kind` is null where the site keeps the hours of the day's own weekday."""

    __tablename__ = "calendar_day"
    __table_args__ = (UniqueConstraint("site_id", "day"),)

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    day: Mapped[date] = mapped_column(Date)
    kind: Mapped[DayKind | None] = mapped_column(words(DayKind, name="kind"))
    name: Mapped[str] = mapped_column(String(200), default="")

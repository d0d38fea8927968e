"""Who is on duty (值班表)."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.domain.duty_roster import DutyPost
from dispatch.store.base import Base, Versioned, words


class DutyDay(Versioned, Base):
    """A day of a site's roster; it is in force from when it was published (RST-4)."""

    __tablename__ = "duty_day"
    __table_args__ = (UniqueConstraint("site_id", "day"),)

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    day: Mapped[date] = mapped_column(Date)
    published_at: Mapped[datetime | None]
    published_by_name: Mapped[str | None] = mapped_column(String(200))


class DutyPerson(Base):
    """One person on a day: a technician, or somebody with an account, in order of `position`."""

    __tablename__ = "duty_person"
    __table_args__ = (
        UniqueConstraint("duty_day_id", "post", "technician_id"),
        UniqueConstraint("duty_day_id", "post", "user_id"),
        CheckConstraint(
            "(post = 'TECHNICIAN' AND technician_id IS NOT NULL AND user_id IS NULL) OR "
            "(post <> 'TECHNICIAN' AND technician_id IS NULL AND user_id IS NOT NULL)",
            name="who",
        ),
    )

    duty_day_id: Mapped[int] = mapped_column(ForeignKey("duty_day.id"), index=True)
    post: Mapped[DutyPost] = mapped_column(words(DutyPost, name="post"))
    position: Mapped[int] = mapped_column(Integer)
    technician_id: Mapped[int | None] = mapped_column(ForeignKey("technician.id"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)


class DutyWarning(Base):
    """That a site's managers were told of the gaps ahead on a day: once a day is enough."""

    __tablename__ = "duty_warning"
    __table_args__ = (UniqueConstraint("site_id", "day"),)

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    day: Mapped[date] = mapped_column(Date)
    gaps: Mapped[int] = mapped_column(Integer)
    told_at: Mapped[datetime]

"""Who carries work orders out (维修人员), with skills, shifts and leave."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Date,
    Float,
    ForeignKey,
    Integer,
    Numeric,
    String,
    Time,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.domain.roster import DayRule
from dispatch.domain.technicians import TechnicianKind, Travel
from dispatch.store.base import Base, Versioned, words


class Technician(Versioned, Base):
    """A person of the organization who does the work; any change of skills, sites, shifts or
    leave counts the version up, since plans rest on it."""

    __tablename__ = "technician"
    __table_args__ = (UniqueConstraint("organization_id", "code"),)

    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), index=True)
    code: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(200))
    phone: Mapped[str | None] = mapped_column(String(40))
    photo: Mapped[str | None] = mapped_column(String(2000))
    kind: Mapped[TechnicianKind] = mapped_column(words(TechnicianKind, name="kind"))
    travel: Mapped[Travel] = mapped_column(words(Travel, name="travel"))
    home_latitude: Mapped[float | None] = mapped_column(Float)
    home_longitude: Mapped[float | None] = mapped_column(Float)
    work_limit_s: Mapped[int | None] = mapped_column(Integer)
    overtime_limit_s: Mapped[int] = mapped_column(Integer, default=0)
    leader_id: Mapped[int | None] = mapped_column(ForeignKey("technician.id"))
    firm: Mapped[str | None] = mapped_column(String(200))
    pay_basis: Mapped[str | None] = mapped_column(String(32))
    pay_amount: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    pay_currency: Mapped[str | None] = mapped_column(String(3))
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)


class TechnicianSite(Base):
    """A site that a technician serves."""

    __tablename__ = "technician_site"
    __table_args__ = (UniqueConstraint("technician_id", "site_id"),)

    technician_id: Mapped[int] = mapped_column(ForeignKey("technician.id"))
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)


class TechnicianSkill(Base):
    """A trade at a level; `expires_on` is the certificate's last day."""

    __tablename__ = "technician_skill"
    __table_args__ = (
        UniqueConstraint("technician_id", "trade"),
        CheckConstraint("level BETWEEN 1 AND 3", name="level"),
    )

    technician_id: Mapped[int] = mapped_column(ForeignKey("technician.id"))
    trade: Mapped[str] = mapped_column(String(40))
    level: Mapped[int] = mapped_column(Integer)
    expires_on: Mapped[date | None] = mapped_column(Date)


class ShiftPattern(Base):
    """Weekly hours (班次); `weekdays` 0 = Monday; the break starts within its window.

    The rules say what holds on the site's holidays and make-up workdays; `season_begins` and
    `season_ends` (`MM-DD`, inclusive) keep it to a part of each year (RST-2).
    """

    __tablename__ = "shift_pattern"

    technician_id: Mapped[int] = mapped_column(ForeignKey("technician.id"), index=True)
    weekdays: Mapped[list[Any]] = mapped_column(default=list)
    starts: Mapped[time] = mapped_column(Time)
    ends: Mapped[time] = mapped_column(Time)
    break_starts: Mapped[time | None] = mapped_column(Time)
    break_ends: Mapped[time | None] = mapped_column(Time)
    break_minutes: Mapped[int] = mapped_column(Integer, default=0)
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    on_holidays: Mapped[DayRule] = mapped_column(
        words(DayRule, name="on_holidays"),
        default=DayRule.LIKE_WEEKDAY,
        server_default=DayRule.LIKE_WEEKDAY.value,
    )
    on_makeup_days: Mapped[DayRule] = mapped_column(
        words(DayRule, name="on_makeup_days"),
        default=DayRule.LIKE_WEEKDAY,
        server_default=DayRule.LIKE_WEEKDAY.value,
    )
    season_begins: Mapped[str | None] = mapped_column(String(5))
    season_ends: Mapped[str | None] = mapped_column(String(5))


class ShiftException(Base):
    """A single day that differs from the pattern; off when it has no hours."""

    __tablename__ = "shift_exception"
    __table_args__ = (UniqueConstraint("technician_id", "day", "starts"),)

    technician_id: Mapped[int] = mapped_column(ForeignKey("technician.id"), index=True)
    day: Mapped[date] = mapped_column(Date)
    starts: Mapped[time | None] = mapped_column(Time)
    ends: Mapped[time | None] = mapped_column(Time)
    reason: Mapped[str | None] = mapped_column(String(200))


class Leave(Base):
    """When a technician is away (请假)."""

    __tablename__ = "leave"
    __table_args__ = (CheckConstraint("starts_at < ends_at", name="order"),)

    technician_id: Mapped[int] = mapped_column(ForeignKey("technician.id"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str | None] = mapped_column(String(200))

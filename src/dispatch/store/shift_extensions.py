"""Overtime and longer shifts (加班、延班)."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.domain.shift_extensions import ExtensionState
from dispatch.store.base import REASON, Base, Versioned, words


class ShiftExtension(Versioned, Base):
    """A stretch outside the shifts in which a technician shall work (RST-5).

    `day` is the day it counts for: that of the shift it touches, else the site's day on which it
    begins. `approved_ahead`: who asked may approve, so that the technician's word is enough.
    """

    __tablename__ = "shift_extension"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="order"),
        Index("ix_shift_extension_technician_id_day", "technician_id", "day"),
    )

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    technician_id: Mapped[int] = mapped_column(ForeignKey("technician.id"))
    day: Mapped[date] = mapped_column(Date)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    state: Mapped[ExtensionState] = mapped_column(words(ExtensionState, name="state"))
    reason: Mapped[str] = mapped_column(String(500), info=REASON)
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    asked_by_name: Mapped[str] = mapped_column(String(200))
    approved_ahead: Mapped[bool]
    agreed_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    decided_by_name: Mapped[str | None] = mapped_column(String(200))
    answer: Mapped[str | None] = mapped_column(String(500))


class OvertimeWorked(Base):
    """Work of one person on one order that lay outside their shifts, kept as it was counted."""

    __tablename__ = "overtime_worked"
    __table_args__ = (
        UniqueConstraint("assignment_id", "technician_id"),
        Index("ix_overtime_worked_technician_id_day", "technician_id", "day"),
    )

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    technician_id: Mapped[int] = mapped_column(ForeignKey("technician.id"))
    work_order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"), index=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"))
    day: Mapped[date] = mapped_column(Date)
    seconds: Mapped[int] = mapped_column(Integer)
    counted_at: Mapped[datetime]

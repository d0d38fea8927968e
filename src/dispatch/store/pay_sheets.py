"""Hours that a lead signed off, as they are paid (工时单)."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.domain.technicians import PayBasis
from dispatch.store.base import REASON, Base, words

_FIRST = text("corrects_id IS NULL")


class SignedHours(Base):
    """Hours of one person on one order, with the pay agreed then; never changed (RST-6).

    A correction is a further row that names the one it replaces.
    """

    __tablename__ = "signed_hours"
    __table_args__ = (
        CheckConstraint("seconds >= 0", name="seconds"),
        UniqueConstraint("corrects_id"),
        Index(
            "uq_signed_hours_first",
            "crew_member_id",
            unique=True,
            sqlite_where=_FIRST,
            postgresql_where=_FIRST,
        ),
        Index("ix_signed_hours_technician_id_day", "technician_id", "day"),
    )

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    technician_id: Mapped[int] = mapped_column(ForeignKey("technician.id"))
    work_order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"), index=True)
    crew_member_id: Mapped[int] = mapped_column(ForeignKey("crew_member.id"))
    day: Mapped[date] = mapped_column(Date)
    seconds: Mapped[int] = mapped_column(Integer)
    counted_s: Mapped[int] = mapped_column(Integer)
    pay_basis: Mapped[PayBasis | None] = mapped_column(words(PayBasis, name="pay_basis"))
    pay_amount: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    pay_currency: Mapped[str | None] = mapped_column(String(3))
    reason: Mapped[str | None] = mapped_column(String(500), info=REASON)
    signed_at: Mapped[datetime]
    signed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    signed_by_name: Mapped[str] = mapped_column(String(200))
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("signed_hours.id"))

"""Orders open to all who qualify (抢单)."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.domain.offers import OfferOutcome
from dispatch.store.base import Base, Versioned, words

_OPEN = text("closed_at IS NULL")


class Offer(Versioned, Base):
    """One time an order was open to be grabbed; at most one is open per order."""

    __tablename__ = "offer"
    __table_args__ = (
        Index(
            "uq_offer_open",
            "work_order_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        # What the sweeper of expired offers looks for.
        Index("ix_offer_due", "expires_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    work_order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[OfferOutcome | None] = mapped_column(words(OfferOutcome, name="outcome"))
    winner_id: Mapped[int | None] = mapped_column(ForeignKey("technician.id"))


class OfferRecipient(Base):
    """A technician to whom an offer is open: who qualified when it was made (GRAB-1)."""

    __tablename__ = "offer_recipient"
    __table_args__ = (UniqueConstraint("offer_id", "technician_id"),)

    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"))
    technician_id: Mapped[int] = mapped_column(ForeignKey("technician.id"), index=True)

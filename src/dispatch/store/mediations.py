"""Calls of a mediator to customers who complain that nobody comes (协调回电, DSP-8)."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.store.base import REASON, Base, Versioned


class Mediation(Versioned, Base):
    """A customer's complaint about an order, and the mediator's call."""

    __tablename__ = "mediation"

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    work_order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"), index=True)
    complaint: Mapped[str] = mapped_column(String(500), info=REASON)
    opened_by_name: Mapped[str] = mapped_column(String(200))
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    called_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    called_by_name: Mapped[str | None] = mapped_column(String(200))
    called_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(500), info=REASON)

"""A technician's call for more people on an order (请求支援)."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.domain.help_requests import HelpState
from dispatch.store.base import REASON, Base, Versioned, words

_OPEN = text("state = 'OPEN'")


class HelpRequest(Versioned, Base):
    """How many more are needed, and of which trade; at most one is open per order (EXE-5)."""

    __tablename__ = "help_request"
    __table_args__ = (
        CheckConstraint("people BETWEEN 1 AND 20", name="people"),
        Index(
            "uq_help_request_open",
            "work_order_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
    )

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    work_order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"), index=True)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("technician.id"))
    people: Mapped[int] = mapped_column(Integer)
    trade: Mapped[str | None] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(String(500), info=REASON)
    state: Mapped[HelpState] = mapped_column(words(HelpState, name="state"))
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answered_by_name: Mapped[str | None] = mapped_column(String(200))
    answer: Mapped[str | None] = mapped_column(String(500))

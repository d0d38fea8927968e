"""Calls of technicians to customers before they set out (上门前电话)."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.domain.appointments import VisitCallResult
from dispatch.store.base import Base, words


class CustomerCall(Base):
    """One call, when by the technician's own word, and what came of it."""

    __tablename__ = "customer_call"

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    work_order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"), index=True)
    technician_id: Mapped[int] = mapped_column(ForeignKey("technician.id"))
    at: Mapped[datetime]
    noted_at: Mapped[datetime]
    result: Mapped[VisitCallResult] = mapped_column(words(VisitCallResult, name="result"))
    note: Mapped[str | None] = mapped_column(String(500))

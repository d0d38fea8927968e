"""Calls that the desk owes soon after dispatch, whether the technician is there (SLA-5)."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.domain.arrival_checks import ArrivalCheckState
from dispatch.store.base import Base, Versioned, words


class ArrivalCheck(Versioned, Base):
    """One call about an order; `round` counts the calls since its dispatch."""

    __tablename__ = "arrival_check"
    __table_args__ = (
        # The clock that makes it fires once; the database holds it.
        UniqueConstraint("work_order_id", "due_at"),
        Index("ix_arrival_check_site_id_state_due_at", "site_id", "state", "due_at"),
    )

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    work_order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"))
    round: Mapped[int] = mapped_column(Integer)
    state: Mapped[ArrivalCheckState] = mapped_column(words(ArrivalCheckState, name="state"))
    due_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    asked_by_name: Mapped[str | None] = mapped_column(String(200))
    apologized: Mapped[bool | None] = mapped_column(Boolean)
    reason: Mapped[str | None] = mapped_column(String(500))
    new_time: Mapped[datetime | None]

"""The append-only record (记录): who, when, what, before and after, from where (SEC-4)."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.store.base import Base, BigId


class Event(Base):
    """One change. `before` and `after` hold the changed columns alone; triggers in the database
    refuse to update or delete a line."""

    __tablename__ = "event"
    is_recorded = False
    __table_args__ = (
        Index("ix_event_subject", "subject", "subject_id", "id"),
        Index("ix_event_ticket_id_id", "ticket_id", "id"),
        Index("ix_event_work_order_id_id", "work_order_id", "id"),
        Index("ix_event_site_id_id", "site_id", "id"),
    )

    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    site_id: Mapped[int | None] = mapped_column(BigId)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int] = mapped_column(BigId)
    ticket_id: Mapped[int | None] = mapped_column(BigId)
    work_order_id: Mapped[int | None] = mapped_column(BigId)
    actor_id: Mapped[int | None] = mapped_column(BigId)
    actor_name: Mapped[str] = mapped_column(String(200))
    origin: Mapped[str] = mapped_column(String(120), default="")
    before: Mapped[dict[str, Any]] = mapped_column(default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(default=dict)
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)

"""Complaints and matters (投诉、报事) as they are handled; goods or services ordered (特约服务)."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.domain.cases import Concern, Level, ServiceOrderState
from dispatch.store.base import Base, Versioned, words


class Responsibility(Versioned, Base):
    """Which department of a site answers for a concern, and who leads it (CMP-3)."""

    __tablename__ = "responsibility"
    __table_args__ = (UniqueConstraint("site_id", "concern"),)

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    concern: Mapped[Concern] = mapped_column(words(Concern, name="concern"))
    department: Mapped[str] = mapped_column(String(200))
    lead_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))


class Case(Versioned, Base):
    """How a complaint or a matter is handled: who took it, who was called, whose it is now.

    `lead_id` leads the department responsible, `handler_id` is whom they handed it to, `owner_id`
    the quality officer once it stood open too long. `about_id` is the ticket complained of.
    """

    __tablename__ = "care_case"
    __table_args__ = (
        UniqueConstraint("ticket_id"),
        Index("ix_care_case_site_id_level", "site_id", "level"),
    )

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    about_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    concern: Mapped[Concern] = mapped_column(words(Concern, name="concern"))
    level: Mapped[Level | None] = mapped_column(words(Level, name="level"))
    department: Mapped[str | None] = mapped_column(String(200))
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    handler_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    taken_at: Mapped[datetime | None]
    taken_by_name: Mapped[str | None] = mapped_column(String(200))
    contacted_at: Mapped[datetime | None]
    contacted_by_name: Mapped[str | None] = mapped_column(String(200))
    contact_note: Mapped[str | None] = mapped_column(String(500))
    level_set_by_name: Mapped[str | None] = mapped_column(String(200))
    solution: Mapped[str | None] = mapped_column(String(2000))
    created_at: Mapped[datetime]
    solved_at: Mapped[datetime | None]


class ServiceOrder(Versioned, Base):
    """Goods or services that were ordered: confirmed with whom, to be delivered when (CMP-5)."""

    __tablename__ = "service_order"
    __table_args__ = (UniqueConstraint("ticket_id"),)

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    state: Mapped[ServiceOrderState] = mapped_column(words(ServiceOrderState, name="state"))
    is_online: Mapped[bool] = mapped_column(Boolean, default=False)
    provider: Mapped[str | None] = mapped_column(String(200))
    confirmed_with: Mapped[str | None] = mapped_column(String(200))
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    note: Mapped[str | None] = mapped_column(String(500))
    answered_by_name: Mapped[str | None] = mapped_column(String(200))
    answered_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

"""What was reported (报事报修单)."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.domain.tickets import Area, Channel, IntakeBy, Resolution, TicketKind, TicketState
from dispatch.domain.triage import Priority
from dispatch.store.base import REASON, Base, Versioned, words


class Ticket(Versioned, Base):
    """One report, from intake (INT-1) to closed.

    `source` and `external_ref` name the record of an outer system that it was imported from.
    `owner_id` answers for it until a work order is accepted (INT-7); `solution` is how it was
    solved without a visit.
    """

    __tablename__ = "ticket"
    __table_args__ = (
        UniqueConstraint("site_id", "number"),
        UniqueConstraint("site_id", "source", "external_ref"),
        Index("ix_ticket_site_id_state_id", "site_id", "state", "id"),
        Index("ix_ticket_site_id_reported_at", "site_id", "reported_at"),
        # Lists in another order: of one site, of all, by due time with those that have none last.
        Index("ix_ticket_site_id_created_at", "site_id", "created_at"),
        Index("ix_ticket_reported_at", "reported_at"),
        Index("ix_ticket_place_id_reported_at", "place_id", "reported_at"),
        # What is seldom, or may be, among all of a site.
        Index("ix_ticket_site_id_kind_reported_at", "site_id", "kind", "reported_at"),
        Index(
            "ix_ticket_site_id_reported_at_faults",
            "site_id",
            "reported_at",
            postgresql_where=text("is_construction_fault"),
            sqlite_where=text("is_construction_fault"),
        ),
        Index(
            "ix_ticket_rework_of_id",
            "rework_of_id",
            postgresql_where=text("rework_of_id IS NOT NULL"),
            sqlite_where=text("rework_of_id IS NOT NULL"),
        ),
        Index("ix_ticket_site_id_due_at", "site_id", text("(due_at IS NULL)"), "due_at"),
    )

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    number: Mapped[str] = mapped_column(String(40))
    kind: Mapped[TicketKind] = mapped_column(words(TicketKind, name="kind"))
    channel: Mapped[Channel] = mapped_column(words(Channel, name="channel"))
    state: Mapped[TicketState] = mapped_column(words(TicketState, name="state"))
    intake_by: Mapped[IntakeBy] = mapped_column(
        words(IntakeBy, name="intake_by"),
        default=IntakeBy.DESK,
        server_default=IntakeBy.DESK.value,
    )
    description: Mapped[str] = mapped_column(Text)
    is_complete: Mapped[bool] = mapped_column(Boolean, default=True)

    party_id: Mapped[int | None] = mapped_column(ForeignKey("party.id"), index=True)
    requester_name: Mapped[str | None] = mapped_column(String(200))
    requester_phone: Mapped[str | None] = mapped_column(String(40))

    place_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"))
    building: Mapped[str | None] = mapped_column(String(200))
    unit: Mapped[str | None] = mapped_column(String(200))
    floor: Mapped[str | None] = mapped_column(String(40))
    room: Mapped[str | None] = mapped_column(String(200))
    landmark: Mapped[str | None] = mapped_column(String(200))
    location_text: Mapped[str | None] = mapped_column(Text)
    latitude: Mapped[float | None] = mapped_column(Float)
    longitude: Mapped[float | None] = mapped_column(Float)
    area: Mapped[Area | None] = mapped_column(words(Area, name="area"))

    asset_id: Mapped[int | None] = mapped_column(ForeignKey("asset.id"))
    asset_name: Mapped[str | None] = mapped_column(String(200))
    asset_model: Mapped[str | None] = mapped_column(String(200))
    asset_tag: Mapped[str | None] = mapped_column(String(80))
    photos: Mapped[list[Any]] = mapped_column(default=list)
    wished_from: Mapped[datetime | None]
    wished_to: Mapped[datetime | None]

    category_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"), index=True)
    trade: Mapped[str | None] = mapped_column(String(40))
    level: Mapped[int | None] = mapped_column(Integer)
    duration_s: Mapped[int | None] = mapped_column(Integer)
    crew_size: Mapped[int | None] = mapped_column(Integer)
    chargeable: Mapped[bool | None] = mapped_column(Boolean)
    priority: Mapped[Priority | None] = mapped_column(words(Priority, name="priority"))
    priority_reason: Mapped[str | None] = mapped_column(String(500))
    resolution: Mapped[Resolution | None] = mapped_column(words(Resolution, name="resolution"))

    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    taken_by_name: Mapped[str] = mapped_column(String(200))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    owner_name: Mapped[str | None] = mapped_column(String(200))
    reported_at: Mapped[datetime]
    created_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    """When somebody first triaged it or took it up (ANL-1)."""
    due_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(String(500), info=REASON)
    rework_of_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"))
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    linked_to_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    vendor_id: Mapped[int | None] = mapped_column(ForeignKey("technician.id"))
    is_construction_fault: Mapped[bool] = mapped_column(
        Boolean, default=False, server_default=false()
    )
    steward_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    handed_over_at: Mapped[datetime | None]
    hand_over_note: Mapped[str | None] = mapped_column(String(500))
    solution: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str | None] = mapped_column(String(80))
    external_ref: Mapped[str | None] = mapped_column(String(120))

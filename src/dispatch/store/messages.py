"""What people are told (通知), stored with the change that causes it (NTF-2)."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.domain.messages import ChannelKind, MessageState
from dispatch.store.base import SECRET, Base, Versioned, words

_QUEUED = text("state = 'QUEUED'")


class MessageChannel(Versioned, Base):
    """A way out of the house that a site set up, and which messages take it (NTF-1).

    `kinds` and `roles` say what goes to whom; empty: everything, to everybody. A role counts by
    what a reader holds at the site; technicians and customers without an account are
    `TECHNICIAN` and `RESIDENT`.
    """

    __tablename__ = "message_channel"
    __table_args__ = (UniqueConstraint("site_id", "name"),)

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    kind: Mapped[ChannelKind] = mapped_column(words(ChannelKind, name="kind"))
    kinds: Mapped[list[Any]] = mapped_column(default=list)
    roles: Mapped[list[Any]] = mapped_column(default=list)
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)
    config: Mapped[dict[str, Any]] = mapped_column(default=dict, info=SECRET)
    # A web hook signs with it; the one before stays good until receivers have taken the new one.
    secret: Mapped[str | None] = mapped_column(String(120), info=SECRET)
    former_secret: Mapped[str | None] = mapped_column(String(120), info=SECRET)
    former_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Message(Versioned, Base):
    """One message to one reader by one channel; `params` fill the texts of its `kind`."""

    __tablename__ = "message"
    __table_args__ = (
        Index("ix_message_due", "next_try_at", sqlite_where=_QUEUED, postgresql_where=_QUEUED),
        Index("ix_message_user_id_id", "user_id", "id"),
        Index("ix_message_site_id_id", "site_id", "id"),
    )

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    kind: Mapped[str] = mapped_column(String(60))
    state: Mapped[MessageState] = mapped_column(words(MessageState, name="state"))
    channel: Mapped[str] = mapped_column(String(40))
    channel_id: Mapped[int | None] = mapped_column(ForeignKey("message_channel.id"), index=True)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    work_order_id: Mapped[int | None] = mapped_column(ForeignKey("work_order.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    technician_id: Mapped[int | None] = mapped_column(ForeignKey("technician.id"), index=True)
    party_id: Mapped[int | None] = mapped_column(ForeignKey("party.id"), index=True)
    reader: Mapped[str] = mapped_column(String(200))
    address: Mapped[str | None] = mapped_column(String(500))
    language: Mapped[str] = mapped_column(String(16))
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    next_try_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(Integer, default=0)
    last_error: Mapped[str | None] = mapped_column(Text)
    sent_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    # In which trace it was asked for (W3C Trace Context), for whoever is sent it.
    traceparent: Mapped[str | None] = mapped_column(String(55))

"""Photos that people upload (照片)."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.domain.photos import PhotoType
from dispatch.store.base import SECRET, Base, words

_LOOSE = text("used_at IS NULL OR doomed_at IS NOT NULL")


class Photo(Base):
    """A file by its key: promised first, received, then named by a ticket, an order or a person."""

    __tablename__ = "photo"
    __table_args__ = (
        # What the broom looks for.
        Index("ix_photo_loose", "unused_until", postgresql_where=_LOOSE, sqlite_where=_LOOSE),
    )

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    key: Mapped[str] = mapped_column(String(64), unique=True, info=SECRET)
    kind: Mapped[PhotoType] = mapped_column(words(PhotoType, name="kind"))
    byte_length: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(String(64), info=SECRET)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    """Until when it can be uploaded."""
    unused_until: Mapped[datetime]
    """From then on it goes if nothing names it."""
    received_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    work_order_id: Mapped[int | None] = mapped_column(ForeignKey("work_order.id"), index=True)
    technician_id: Mapped[int | None] = mapped_column(ForeignKey("technician.id"), index=True)
    doomed_at: Mapped[datetime | None]
    """It is to be removed, and shown to nobody any more."""

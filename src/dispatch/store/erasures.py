"""Whose personal data was taken out, when and by whom (SEC-5)."""

from datetime import datetime

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.store.base import REASON, Base


class Erasure(Base):
    """One erasure; what it took is counted, not kept.

    While a row stands open (`finished_at` null), within its transaction, the triggers that guard
    the record let the texts of its lines be replaced; nothing else of a line, and at no other time.
    """

    __tablename__ = "erasure"

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"), index=True)
    reason: Mapped[str] = mapped_column(String(500), info=REASON)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    rows: Mapped[int] = mapped_column(Integer, default=0)
    lines: Mapped[int] = mapped_column(Integer, default=0)

"""Times at which a site takes no more appointments, by a leader's word (工作量饱和)."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.store.base import REASON, Base, Versioned

_OPEN = text("ended_at IS NULL")


class Saturation(Versioned, Base):
    """Until `until` no time is offered for the trade (None: for any), unless it ends before."""

    __tablename__ = "saturation"
    __table_args__ = (
        Index("ix_saturation_open", "site_id", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    trade: Mapped[str | None] = mapped_column(String(40))
    until: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(500), info=REASON)
    declared_at: Mapped[datetime]
    declared_by_name: Mapped[str] = mapped_column(String(200))
    ended_at: Mapped[datetime | None]
    ended_by_name: Mapped[str | None] = mapped_column(String(200))

"""When each periodic work is due next."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.store.base import Base


class PeriodicWork(Base):
    """One kind of work that comes again and again; whoever moves `next_at` on does it."""

    __tablename__ = "periodic_work"

    name: Mapped[str] = mapped_column(String(60), unique=True)
    next_at: Mapped[datetime]
    began_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    failure: Mapped[str | None] = mapped_column(Text)

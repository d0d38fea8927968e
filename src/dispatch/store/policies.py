"""A site's numbers (策略), as documents with dates of validity."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.store.base import Base, Versioned


class PolicyRecord(Versioned, Base):
    """What a site sets apart from the defaults, from `valid_from` until the next record."""

    __tablename__ = "policy"
    __table_args__ = (UniqueConstraint("site_id", "valid_from"),)

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    valid_from: Mapped[datetime]
    document: Mapped[dict[str, Any]] = mapped_column(default=dict)

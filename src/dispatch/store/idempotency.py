"""Keys by which a repeated wish is known (INT-5)."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.store.base import Base


class IdempotencyKey(Base):
    """What a key was first used for: operation, digest of the input, the row that came of it."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("organization_id", "caller", "key"),)

    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    caller: Mapped[str] = mapped_column(String(80))
    key: Mapped[str] = mapped_column(String(200))
    operation: Mapped[str] = mapped_column(String(80))
    input_digest: Mapped[str] = mapped_column(String(64))
    result: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]

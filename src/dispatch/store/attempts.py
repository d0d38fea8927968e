"""How often something was tried, in all processes together."""

from datetime import datetime

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.store.base import Base


class Attempt(Base):
    """Tries counted under a key since the first; forgotten when the time is over.

    The key is a digest: what people type as a name or a password's neighbour is kept nowhere.
    """

    __tablename__ = "attempt"

    key: Mapped[str] = mapped_column(String(64), unique=True)
    count: Mapped[int] = mapped_column(Integer)
    expires_at: Mapped[datetime] = mapped_column(index=True)

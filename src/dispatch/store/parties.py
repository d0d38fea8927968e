"""People who report or are served (业主, 住户, 员工, 学生), with their units."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.store.base import Base, Versioned


class Party(Versioned, Base):
    """A person known to a site; `phones` in order of preference."""

    __tablename__ = "party"

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    phones: Mapped[list[Any]] = mapped_column(default=list)
    language: Mapped[str] = mapped_column(String(16), default="zh-CN")
    email: Mapped[str | None] = mapped_column(String(254))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    created_at: Mapped[datetime]


class PartyUnit(Base):
    """The units (rooms, flats, offices) that belong to a party."""

    __tablename__ = "party_unit"
    __table_args__ = (UniqueConstraint("party_id", "place_id"),)

    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"), index=True)
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"), index=True)

"""Trades and the two-level category tree that turns words into work."""

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.domain.tickets import Area
from dispatch.domain.triage import Priority
from dispatch.store.base import Base, Versioned, words


class Trade(Base):
    """A trade (工种) of an organization; `needs_certificate` where the law asks for one."""

    __tablename__ = "trade"
    __table_args__ = (UniqueConstraint("organization_id", "code"),)

    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), index=True)
    code: Mapped[str] = mapped_column(String(40))
    name_zh: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80))
    needs_certificate: Mapped[bool] = mapped_column(Boolean, default=False)


class Category(Versioned, Base):
    """A node of a site's category tree (类别); a leaf carries what triage needs (TRI-1)."""

    __tablename__ = "category"
    __table_args__ = (
        UniqueConstraint("site_id", "code"),
        CheckConstraint("level IS NULL OR level BETWEEN 1 AND 3", name="level"),
        CheckConstraint("crew_size IS NULL OR crew_size BETWEEN 1 AND 20", name="crew_size"),
    )

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"))
    code: Mapped[str] = mapped_column(String(60))
    name_zh: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80))
    # A group (first level) has none of the following; a leaf has all.
    trade: Mapped[str | None] = mapped_column(String(40))
    level: Mapped[int | None] = mapped_column(Integer)
    duration_s: Mapped[int | None] = mapped_column(Integer)
    crew_size: Mapped[int | None] = mapped_column(Integer)
    priority: Mapped[Priority | None] = mapped_column(words(Priority, name="priority"))
    area: Mapped[Area | None] = mapped_column(words(Area, name="area"))
    chargeable: Mapped[bool] = mapped_column(Boolean, default=False)
    is_danger: Mapped[bool] = mapped_column(Boolean, default=False)
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)
    guide_zh: Mapped[str | None] = mapped_column(Text)
    guide_en: Mapped[str | None] = mapped_column(Text)

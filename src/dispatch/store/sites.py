"""Organizations, sites and their trees of places and equipment."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, Date, Float, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.domain.places import PlaceKind, SiteKind
from dispatch.store.base import Base, Versioned, words


class Organization(Base):
    """The tenant (公司)."""

    __tablename__ = "organization"

    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]


class Site(Versioned, Base):
    """One estate, campus, hospital …: the border of rights and of planning (项目)."""

    __tablename__ = "site"
    __table_args__ = (UniqueConstraint("organization_id", "code"),)

    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), index=True)
    code: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[SiteKind] = mapped_column(words(SiteKind, name="kind"))
    time_zone: Mapped[str] = mapped_column(String(64))
    latitude: Mapped[float | None] = mapped_column(Float)
    longitude: Mapped[float | None] = mapped_column(Float)
    created_at: Mapped[datetime]


class Place(Versioned, Base):
    """A node of a site's tree (位置).

    `path` lists the ids from the root down to this node, `/1/4/9/`, so that a subtree is one
    prefix. The point (WGS 84) is the node's own or, when it has none, its parent's at creation.
    """

    __tablename__ = "place"
    __table_args__ = (
        Index("ix_place_site_id_path", "site_id", "path"),
        UniqueConstraint("site_id", "parent_id", "name"),
    )

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"), index=True)
    path: Mapped[str] = mapped_column(String(200), default="/", info={"field": "parent_id"})
    kind: Mapped[PlaceKind] = mapped_column(words(PlaceKind, name="kind"))
    name: Mapped[str] = mapped_column(String(200))
    is_public: Mapped[bool] = mapped_column(Boolean, default=False)
    floor: Mapped[int | None] = mapped_column(Integer)
    latitude: Mapped[float | None] = mapped_column(Float)
    longitude: Mapped[float | None] = mapped_column(Float)
    landmark: Mapped[str | None] = mapped_column(String(200))
    access_notes: Mapped[str | None] = mapped_column(String(2000))
    # What a place does not say itself, the one it lies in says for it.
    steward_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    vendor_id: Mapped[int | None] = mapped_column(ForeignKey("technician.id"))
    warranty_until: Mapped[date | None] = mapped_column(Date)


class Asset(Versioned, Base):
    """A piece of equipment at a place (设备)."""

    __tablename__ = "asset"
    __table_args__ = (UniqueConstraint("site_id", "tag"),)

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    place_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"), index=True)
    tag: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(200))
    model: Mapped[str | None] = mapped_column(String(200))
    vendor: Mapped[str | None] = mapped_column(String(200))
    vendor_id: Mapped[int | None] = mapped_column(ForeignKey("technician.id"))
    warranty_until: Mapped[date | None] = mapped_column(Date)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)

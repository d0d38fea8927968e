"""Accounts, their roles per site, and their tokens."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.domain.rights import Role
from dispatch.store.base import SECRET, Base, Versioned, words


class User(Versioned, Base):
    """An account of an organization; may be a technician's or a party's own."""

    __tablename__ = "user_account"

    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), index=True)
    username: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str | None] = mapped_column(String(255), info=SECRET)
    language: Mapped[str] = mapped_column(String(16), default="zh-CN")
    email: Mapped[str | None] = mapped_column(String(254))
    technician_id: Mapped[int | None] = mapped_column(ForeignKey("technician.id"), unique=True)
    party_id: Mapped[int | None] = mapped_column(ForeignKey("party.id"))
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class RoleGrant(Base):
    """A role at a site; at every site of the organization when `site_id` is null."""

    __tablename__ = "role_grant"
    __table_args__ = (UniqueConstraint("user_id", "site_id", "role"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    role: Mapped[Role] = mapped_column(words(Role, name="role"))


class Token(Base):
    """A bearer token, kept as its SHA-256 alone."""

    __tablename__ = "token"
    __table_args__ = (Index("uq_token_digest", "digest", unique=True),)

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64), info=SECRET)
    label: Mapped[str] = mapped_column(String(80), default="")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    signed_in_at: Mapped[datetime | None]
    """When its person proved who they are: rotating a token does not count as that."""
    origin: Mapped[str | None] = mapped_column(String(120))
    revoked_at: Mapped[datetime | None]

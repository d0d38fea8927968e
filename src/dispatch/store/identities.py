"""Accounts at OpenID Connect providers, and sign-ins there that are under way (SEC-6)."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.store.base import SECRET, Base


class Identity(Base):
    """Who a provider says somebody is: its `subject` at its `issuer` never changes hands."""

    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    issuer: Mapped[str] = mapped_column(String(500))
    subject: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime]


class SignInFlow(Base):
    """A sign-in that went to a provider and has not come back; used once.

    `state` and `secret` are kept as digests: the one travels by the provider, the other stays with
    the client that began.
    """

    __tablename__ = "sign_in_flow"

    state: Mapped[str] = mapped_column(String(64), unique=True, info=SECRET)
    secret: Mapped[str] = mapped_column(String(64), info=SECRET)
    provider: Mapped[str] = mapped_column(String(80))
    redirect_uri: Mapped[str] = mapped_column(Text)
    nonce: Mapped[str] = mapped_column(String(64), info=SECRET)
    verifier: Mapped[str] = mapped_column(String(128), info=SECRET)
    expires_at: Mapped[datetime] = mapped_column(index=True)

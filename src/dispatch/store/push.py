"""Web push (浏览器推送): a company's key, and the browsers that its people want to be told on."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.store.base import SECRET, Base


class PushKey(Base):
    """What a company signs its pushes with (RFC 8292): a private key of P-256, base64url.

    Browsers bind a subscription to it, so it stays.
    """

    __tablename__ = "push_key"

    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"), unique=True)
    private: Mapped[str] = mapped_column(String(60), info=SECRET)
    created_at: Mapped[datetime]


class PushSubscription(Base):
    """A browser of a person: where its pushes go, and what they are sealed with (RFC 8291)."""

    __tablename__ = "push_subscription"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    endpoint: Mapped[str] = mapped_column(String(1000), unique=True, info=SECRET)
    p256dh: Mapped[str] = mapped_column(String(100), info=SECRET)
    auth: Mapped[str] = mapped_column(String(40), info=SECRET)
    created_at: Mapped[datetime]

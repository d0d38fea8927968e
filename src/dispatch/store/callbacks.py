"""The call after the work (回访), one task per ticket and resolution, with every call made."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.domain.callbacks import AnsweredBy, CallbackState, CallResult
from dispatch.store.base import SECRET, Base, Versioned, words


class Callback(Versioned, Base):
    """A call that the desk owes the customer, and its answers (CBK-3)."""

    __tablename__ = "callback"
    __table_args__ = (Index("ix_callback_site_id_state_due_at", "site_id", "state", "due_at"),)

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    state: Mapped[CallbackState] = mapped_column(words(CallbackState, name="state"))
    due_at: Mapped[datetime]
    unanswered: Mapped[int] = mapped_column(Integer, default=0)
    solved: Mapped[bool | None] = mapped_column(Boolean)
    satisfied: Mapped[bool | None] = mapped_column(Boolean)
    charge_as_agreed: Mapped[bool | None] = mapped_column(Boolean)
    scores: Mapped[dict[str, Any]] = mapped_column(default=dict)
    dissatisfaction_reason: Mapped[str | None] = mapped_column(String(500))
    remarks: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    # Set: a manager must call, and this is why (CBK-5).
    serious_reason: Mapped[str | None] = mapped_column(String(500))
    answered_by: Mapped[AnsweredBy | None] = mapped_column(words(AnsweredBy, name="answered_by"))
    late_answer: Mapped[dict[str, Any] | None]
    late_answer_at: Mapped[datetime | None]
    rework_id: Mapped[int | None] = mapped_column(ForeignKey("work_order.id"))
    complaint_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"))


class CallbackCall(Base):
    """One call: who made it, when, and what came of it (CBK-2)."""

    __tablename__ = "callback_call"

    callback_id: Mapped[int] = mapped_column(ForeignKey("callback.id"), index=True)
    called_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    called_by_name: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    result: Mapped[CallResult] = mapped_column(words(CallResult, name="result"))
    by_manager: Mapped[bool] = mapped_column(Boolean, default=False)


class CallbackLink(Base):
    """A link by which the customer can answer once, kept as the digest of its secret (CBK-6)."""

    __tablename__ = "callback_link"

    callback_id: Mapped[int] = mapped_column(ForeignKey("callback.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True, info=SECRET)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

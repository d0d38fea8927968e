"""The call after the work (回访), one task per ticket and resolution, with every call made."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.domain.callbacks import CallbackState, CallResult
from dispatch.store.base import Base, Versioned, words


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


class CallbackCall(Base):
    """One call: who made it, when, and what came of it (CBK-2)."""

    __tablename__ = "callback_call"

    callback_id: Mapped[int] = mapped_column(ForeignKey("callback.id"), index=True)
    called_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    called_by_name: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    result: Mapped[CallResult] = mapped_column(words(CallResult, name="result"))

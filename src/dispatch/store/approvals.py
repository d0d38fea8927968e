"""Approvals asked for and given before dispatch (派工审批, DSP-11)."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.domain.approvals import ApprovalDecision, ApprovalType
from dispatch.store.base import REASON, Base, Versioned, words

_OPEN = text("decided_at IS NULL")


class Approval(Versioned, Base):
    """One question whether an order may be dispatched; at most one is open per order."""

    __tablename__ = "approval"
    __table_args__ = (
        Index(
            "uq_approval_open",
            "work_order_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
    )

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    work_order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"), index=True)
    type: Mapped[ApprovalType] = mapped_column(words(ApprovalType, name="type"))
    asked_reason: Mapped[str | None] = mapped_column(String(500), info=REASON)
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    asked_by_name: Mapped[str] = mapped_column(String(200))
    asked_at: Mapped[datetime]
    decision: Mapped[ApprovalDecision | None] = mapped_column(
        words(ApprovalDecision, name="decision")
    )
    decision_reason: Mapped[str | None] = mapped_column(String(500), info=REASON)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    decided_by_name: Mapped[str | None] = mapped_column(String(200))
    decided_at: Mapped[datetime | None]

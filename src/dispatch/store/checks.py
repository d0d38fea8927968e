"""Reports that somebody must agree to before they are dispatched (INT-10)."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.domain.checks import CheckStage, CheckState
from dispatch.store.base import Base, Versioned, words


class Department(Versioned, Base):
    """A part of a school or company whose head checks what its people report."""

    __tablename__ = "department"
    __table_args__ = (UniqueConstraint("site_id", "code"),)

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    code: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(200))
    head_id: Mapped[int | None] = mapped_column(
        # A head has an account, an account a person, a person a department.
        ForeignKey("user_account.id", use_alter=True, name="fk_department_head_id"),
        index=True,
    )


class TicketCheck(Versioned, Base):
    """One stage of a report's check; `checker_id` is the one person who decides, if it is one."""

    __tablename__ = "ticket_check"
    __table_args__ = (
        UniqueConstraint("ticket_id", "stage"),
        Index("ix_ticket_check_site_id_state", "site_id", "state"),
    )

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    stage: Mapped[CheckStage] = mapped_column(words(CheckStage, name="stage"))
    state: Mapped[CheckState] = mapped_column(words(CheckState, name="state"))
    checker_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    decided_by_name: Mapped[str | None] = mapped_column(String(200))
    decided_at: Mapped[datetime | None]
    note: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime]

"""Deadlines as rows (时限): the sweeper fires what is due, once, with its effect."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.domain.clocks import ClockCalendar, ClockKind, ClockState
from dispatch.store.base import Base, BigId, Versioned, words

_OPEN = text("state IN ('RUNNING', 'PAUSED')")
_RUNNING = text("state = 'RUNNING'")


class Clock(Versioned, Base):
    """One deadline about a row (`subject`, `subject_id`); at most one of a kind is open per row.

    `step` counts the rungs of a ladder that fires again and again; `data` is what the effect
    needs to know. `length_s` is the time allowed, counted on `calendar`; while it is paused,
    `left_s` is what is left of it. `pauses` are all of them: from, to (null while it lasts),
    reason. `failed_at`: its effect failed as often as the policy tries.
    """

    __tablename__ = "clock"
    __table_args__ = (
        Index(
            "uq_clock_open",
            "subject",
            "subject_id",
            "kind",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        # What the sweeper looks for.
        Index("ix_clock_due", "due_at", "id", sqlite_where=_RUNNING, postgresql_where=_RUNNING),
        Index("ix_clock_ticket_id_id", "ticket_id", "id"),
        Index("ix_clock_site_id_state_due_at", "site_id", "state", "due_at"),
    )

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    # No check constraint: kinds are many, and each lives in code with its effect.
    kind: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int] = mapped_column(BigId)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"))
    work_order_id: Mapped[int | None] = mapped_column(ForeignKey("work_order.id"), index=True)
    state: Mapped[ClockState] = mapped_column(words(ClockState, name="state"))
    calendar: Mapped[ClockCalendar] = mapped_column(words(ClockCalendar, name="calendar"))
    step: Mapped[int] = mapped_column(Integer, default=0)
    length_s: Mapped[int] = mapped_column(Integer)
    started_at: Mapped[datetime]
    due_at: Mapped[datetime]
    paused_at: Mapped[datetime | None]
    left_s: Mapped[int | None] = mapped_column(Integer)
    paused_s: Mapped[int] = mapped_column(Integer, default=0)
    ended_at: Mapped[datetime | None]
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    pauses: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'"))
    tries: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    retry_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(500))

    @property
    def what(self) -> ClockKind:
        return ClockKind(self.kind)

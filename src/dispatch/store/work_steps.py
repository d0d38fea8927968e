"""The technicians' steps with their own times: taken, or waiting for one that comes before."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.domain.late_steps import StepState
from dispatch.domain.work_orders import WorkOrderState, WorkOrderStep
from dispatch.store.base import SECRET, Base, Versioned, words


class WorkStep(Versioned, Base):
    """One step of one technician on one order (EXE-6).

    `occurred_at` is the device's own time, `at` what it counts as here, `received_at` when it
    arrived. `given` is what the step brings, kept while it waits; it may hold a door code.
    """

    __tablename__ = "work_step"
    __table_args__ = (
        UniqueConstraint("work_order_id", "technician_id", "step", "occurred_at"),
        Index("uq_work_step_key", "technician_id", "key", unique=True),
    )

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    work_order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"))
    technician_id: Mapped[int] = mapped_column(ForeignKey("technician.id"))
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"), index=True)
    step: Mapped[WorkOrderStep] = mapped_column(words(WorkOrderStep, name="step"))
    state: Mapped[StepState] = mapped_column(words(StepState, name="state"))
    before: Mapped[WorkOrderState | None] = mapped_column(words(WorkOrderState, name="before"))
    key: Mapped[str | None] = mapped_column(String(200))
    occurred_at: Mapped[datetime]
    at: Mapped[datetime]
    received_at: Mapped[datetime]
    refusal: Mapped[str | None] = mapped_column(String(60))
    given: Mapped[dict[str, Any]] = mapped_column(default=dict, info=SECRET)

"""What is dispatched (派工单): orders, their appointments, who holds them and why."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.domain.appointments import AppointmentBy, AppointmentState
from dispatch.domain.tickets import Area
from dispatch.domain.triage import Priority
from dispatch.domain.work_orders import (
    AssignmentEnd,
    AssignmentStep,
    PauseReason,
    WorkOrderState,
)
from dispatch.store.base import REASON, SECRET, Base, Versioned, words

_OPEN = text("ended_at IS NULL")
_STANDING = text("state IN ('HELD', 'CONFIRMED')")


class WorkOrder(Versioned, Base):
    """One visit's worth of work for a ticket.

    The point is the place's (or the ticket's) at creation, so that planning reads one table.
    `ended_at` is when it was completed or cancelled: an order is open on a day when it was
    created before the day's end and has not ended before its start.
    """

    __tablename__ = "work_order"
    __table_args__ = (
        UniqueConstraint("site_id", "number"),
        Index("ix_work_order_site_id_state_id", "site_id", "state", "id"),
        Index("ix_work_order_site_id_created_at", "site_id", "created_at"),
        # Lists of all sites, and by due time with those that have none last.
        Index("ix_work_order_created_at", "created_at"),
        Index("ix_work_order_site_id_due_at", "site_id", text("(due_at IS NULL)"), "due_at"),
        # What figures of work are counted by (ANL-2).
        Index("ix_work_order_site_id_started_at", "site_id", "started_at"),
        # Who was in a building before (DSP-2).
        Index("ix_work_order_building_id_ended_at", "building_id", "ended_at"),
        CheckConstraint("level BETWEEN 1 AND 3", name="level"),
        CheckConstraint("duration_s > 0", name="duration"),
        CheckConstraint("crew_size BETWEEN 1 AND 20", name="crew_size"),
    )

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    number: Mapped[str] = mapped_column(String(40))
    state: Mapped[WorkOrderState] = mapped_column(words(WorkOrderState, name="state"))
    dispatch_step: Mapped[AssignmentStep | None] = mapped_column(
        words(AssignmentStep, name="dispatch_step")
    )
    priority: Mapped[Priority] = mapped_column(words(Priority, name="priority"))
    trade: Mapped[str] = mapped_column(String(40))
    level: Mapped[int] = mapped_column(Integer)
    duration_s: Mapped[int] = mapped_column(Integer)
    crew_size: Mapped[int] = mapped_column(Integer)
    area: Mapped[Area] = mapped_column(words(Area, name="area"))
    instructions: Mapped[str | None] = mapped_column(Text)

    place_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"), index=True)
    building_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"))
    floor: Mapped[int | None] = mapped_column(Integer)
    latitude: Mapped[float | None] = mapped_column(Float)
    longitude: Mapped[float | None] = mapped_column(Float)

    due_at: Mapped[datetime | None]
    told_start: Mapped[datetime | None]
    """When the customer was last told that work would start; a move is judged against it."""
    wished_from: Mapped[datetime | None]
    wished_to: Mapped[datetime | None]
    named_technician_id: Mapped[int | None] = mapped_column(ForeignKey("technician.id"))
    after_id: Mapped[int | None] = mapped_column(ForeignKey("work_order.id"))
    postpone_consent_by: Mapped[str | None] = mapped_column(String(200))
    postpone_consent_at: Mapped[datetime | None]
    is_pinned: Mapped[bool] = mapped_column(Boolean, default=False)
    is_rework: Mapped[bool] = mapped_column(Boolean, default=False)
    rework_of_id: Mapped[int | None] = mapped_column(ForeignKey("work_order.id"))
    supports_id: Mapped[int | None] = mapped_column(ForeignKey("work_order.id"))

    door_code: Mapped[str | None] = mapped_column(String(12), info=SECRET)
    door_code_wrong: Mapped[int] = mapped_column(Integer, default=0)
    door_code_locked_until: Mapped[datetime | None]
    door_code_lifted_reason: Mapped[str | None] = mapped_column(String(500), info=REASON)

    pause_reason: Mapped[PauseReason | None] = mapped_column(
        words(PauseReason, name="pause_reason")
    )
    resume_on: Mapped[datetime | None]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(String(500), info=REASON)
    completion: Mapped[dict[str, Any] | None]


class Refusal(Base):
    """This technician shall not be sent to this order: they declined or gave it back."""

    __tablename__ = "refusal"
    __table_args__ = (UniqueConstraint("work_order_id", "technician_id"),)

    work_order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"), index=True)
    technician_id: Mapped[int] = mapped_column(ForeignKey("technician.id"))
    reason: Mapped[str] = mapped_column(String(500))
    at: Mapped[datetime]


class Appointment(Versioned, Base):
    """The promise to the customer: a window (预约); at most one stands per order.

    A slot may be held before there is an order: then `place_id`, `trade`, `level`, `duration_s`
    and `crew_size` say for what, until the order is there. One that is held while another of the
    same order stands has no order yet either: `moved_from_id` is the one it would stand for.
    `agreed_by` and `consent`: who agreed, and how the customer did. `technician_id`: whom the
    customer named. `reminded_at` to `chased_at` follow one that was moved within the day (APT-5).
    """

    __tablename__ = "appointment"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="order"),
        Index(
            "uq_appointment_standing",
            "work_order_id",
            unique=True,
            sqlite_where=_STANDING,
            postgresql_where=_STANDING,
        ),
        Index(
            "ix_appointment_site_id_standing",
            "site_id",
            sqlite_where=_STANDING,
            postgresql_where=_STANDING,
        ),
    )

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    work_order_id: Mapped[int | None] = mapped_column(ForeignKey("work_order.id"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    state: Mapped[AppointmentState] = mapped_column(words(AppointmentState, name="state"))
    held_until: Mapped[datetime | None]
    moved_from_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"), index=True)
    technician_id: Mapped[int | None] = mapped_column(ForeignKey("technician.id"))
    made_by: Mapped[AppointmentBy | None] = mapped_column(words(AppointmentBy, name="made_by"))
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    agreed_by: Mapped[str | None] = mapped_column(String(200))
    consent: Mapped[str | None] = mapped_column(String(500), info={"field": "customer_consent"})
    reason: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    place_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"))
    trade: Mapped[str | None] = mapped_column(String(40))
    level: Mapped[int | None] = mapped_column(Integer)
    duration_s: Mapped[int | None] = mapped_column(Integer)
    crew_size: Mapped[int | None] = mapped_column(Integer)

    reminded_at: Mapped[datetime | None]
    reminded_id: Mapped[int | None] = mapped_column(ForeignKey("technician.id"))
    answered_at: Mapped[datetime | None]
    chased_at: Mapped[datetime | None]


class Assignment(Versioned, Base):
    """Technician and planned times for an order (派工), and why it was made (DSP-13).

    At most one is open per order: the database holds it, whatever the code does (GRAB-2).
    """

    __tablename__ = "assignment"
    __table_args__ = (
        Index(
            "uq_assignment_open",
            "work_order_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index("ix_assignment_technician_id_planned_start", "technician_id", "planned_start"),
        Index("ix_assignment_technician_id_arrived_at", "technician_id", "arrived_at"),
    )

    work_order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"), index=True)
    technician_id: Mapped[int] = mapped_column(ForeignKey("technician.id"))
    step: Mapped[AssignmentStep] = mapped_column(words(AssignmentStep, name="step"))
    planned_start: Mapped[datetime | None]
    planned_end: Mapped[datetime | None]
    travel_s: Mapped[int | None] = mapped_column(Integer)
    set_out_at: Mapped[datetime | None]
    """When they set out and were at the door, the last time each (ANL-2)."""
    arrived_at: Mapped[datetime | None]
    way_m: Mapped[int | None] = mapped_column(Integer)
    """Metres from where they were before; None: one of the two places is unknown."""
    set_out_uncalled: Mapped[bool | None] = mapped_column(Boolean)
    """They set out without a noted call to the customer (APT-7); None: nobody has to be called."""
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("plan.id"), index=True)
    offer_id: Mapped[int | None] = mapped_column(ForeignKey("offer.id"))
    why: Mapped[dict[str, Any]] = mapped_column(default=dict)
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    confirmed_by_name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end: Mapped[AssignmentEnd | None] = mapped_column(words(AssignmentEnd, name="end"))
    end_reason: Mapped[str | None] = mapped_column(String(500), info=REASON)


class CrewMember(Base):
    """One person of an assignment's crew; the lead is one of them. Hours are theirs (GRAB-7)."""

    __tablename__ = "crew_member"
    __table_args__ = (UniqueConstraint("assignment_id", "technician_id"),)

    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"))
    technician_id: Mapped[int] = mapped_column(ForeignKey("technician.id"), index=True)
    is_lead: Mapped[bool] = mapped_column(Boolean)
    joined_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    worked_s: Mapped[int | None] = mapped_column(Integer)

"""Runs of the optimizer and the plans they made (排班方案)."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.domain.plans import PlanRunState, PlanState
from dispatch.store.base import Base, Versioned, words

_PUBLISHED = text("state = 'PUBLISHED'")
_RUNNING = text("state = 'RUNNING'")


class PlanRun(Versioned, Base):
    """One run of the optimizer for a site's day, with inputs, weights and figures.

    `basis` keeps the version of every order and technician that the plan rests on:
    `{"work_orders": {id: version}, "technicians": {id: version}}`. A run that `is_queued` is a
    job, carried out by any worker; `takes` counts how often one has begun it.
    """

    __tablename__ = "plan_run"
    __table_args__ = (
        Index("ix_plan_run_running", "site_id", sqlite_where=_RUNNING, postgresql_where=_RUNNING),
    )

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    day: Mapped[date] = mapped_column(Date)
    state: Mapped[PlanRunState] = mapped_column(words(PlanRunState, name="state"))
    # No check constraint: a column added later cannot have one on SQLite.
    kind: Mapped[str] = mapped_column(String(32), server_default="PROPOSE")
    is_queued: Mapped[bool] = mapped_column(Boolean, server_default=false())
    takes: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    requested_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    requested_by_name: Mapped[str] = mapped_column(String(200))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    seconds: Mapped[float] = mapped_column(Float)
    seed: Mapped[int] = mapped_column(Integer)
    engine: Mapped[str] = mapped_column(String(40))
    basis: Mapped[dict[str, Any]] = mapped_column(default=dict)
    weights: Mapped[dict[str, Any]] = mapped_column(default=dict)
    figures: Mapped[dict[str, Any]] = mapped_column(default=dict)
    failure: Mapped[str | None] = mapped_column(String(500))


class Plan(Versioned, Base):
    """Routes of a site's technicians for a day. One published plan is in force per site and day.

    `warnings`: the rules that a person's changes of it break (DSP-5).
    """

    __tablename__ = "plan"
    __table_args__ = (
        UniqueConstraint("site_id", "number"),
        Index(
            "uq_plan_in_force",
            "site_id",
            "day",
            unique=True,
            sqlite_where=_PUBLISHED,
            postgresql_where=_PUBLISHED,
        ),
        Index("ix_plan_site_id_day", "site_id", "day"),
    )

    run_id: Mapped[int] = mapped_column(ForeignKey("plan_run.id"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    number: Mapped[str] = mapped_column(String(40))
    day: Mapped[date] = mapped_column(Date)
    state: Mapped[PlanState] = mapped_column(words(PlanState, name="state"))
    terms: Mapped[dict[str, Any]] = mapped_column(default=dict)
    warnings: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    published_by_name: Mapped[str | None] = mapped_column(String(200))


class PlanRoute(Base):
    """One technician's shift in a plan, with its figures."""

    __tablename__ = "plan_route"
    is_recorded = False

    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id"), index=True)
    technician_id: Mapped[int] = mapped_column(ForeignKey("technician.id"))
    shift_start: Mapped[datetime]
    shift_end: Mapped[datetime]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    travel_s: Mapped[int] = mapped_column(Integer)
    travel_m: Mapped[int] = mapped_column(Integer)
    work_s: Mapped[int] = mapped_column(Integer)
    overtime_s: Mapped[int] = mapped_column(Integer)
    breaks: Mapped[list[Any]] = mapped_column(default=list)
    terms: Mapped[dict[str, Any]] = mapped_column(default=dict)


class PlanStop(Base):
    """One visit of a route; an order with a crew has a stop in each member's route."""

    __tablename__ = "plan_stop"
    is_recorded = False
    __table_args__ = (UniqueConstraint("route_id", "position"),)

    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id"), index=True)
    route_id: Mapped[int] = mapped_column(ForeignKey("plan_route.id"), index=True)
    technician_id: Mapped[int] = mapped_column(ForeignKey("technician.id"))
    work_order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"), index=True)
    position: Mapped[int] = mapped_column(Integer)
    crew_index: Mapped[int] = mapped_column(Integer, default=0)
    arrives_at: Mapped[datetime]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    travel_s: Mapped[int] = mapped_column(Integer)
    travel_m: Mapped[int] = mapped_column(Integer)
    terms: Mapped[dict[str, Any]] = mapped_column(default=dict)
    alternatives: Mapped[list[Any]] = mapped_column(default=list)


class PlanLeftOut(Base):
    """An order the plan could not place, why, and what would place it (DSP-4)."""

    __tablename__ = "plan_left_out"
    is_recorded = False
    __table_args__ = (UniqueConstraint("plan_id", "work_order_id"),)

    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id"))
    work_order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"), index=True)
    code: Mapped[str] = mapped_column(String(60))
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    remedy: Mapped[dict[str, Any] | None]

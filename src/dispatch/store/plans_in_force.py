"""The plan in force of each site's day, as one thing with a version, and what disturbs it."""

from datetime import date, datetime

from sqlalchemy import Date, Float, ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.domain.plans_in_force import DisturbanceCause, DisturbanceOutcome, PlanCause
from dispatch.store.base import Base, Versioned

_OPEN = text("settled_at IS NULL")


class PlanInForce(Versioned, Base):
    """Who holds what and when on a site's day: the assignments say it, this row counts it.

    Every change counts `version` up and is an event with its cause. `repairing_until` (somebody
    repairs the day until then, or died over it) and `watched_at` are no changes of the plan.
    """

    __tablename__ = "plan_in_force"
    __table_args__ = (UniqueConstraint("site_id", "day"),)

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    day: Mapped[date] = mapped_column(Date)
    cause: Mapped[str] = mapped_column(String(40))
    changed_at: Mapped[datetime]
    repairing_until: Mapped[datetime | None]
    watched_at: Mapped[datetime | None]

    @property
    def why(self) -> PlanCause:
        return PlanCause(self.cause)


class Disturbance(Versioned, Base):
    """Something that the rest of a day has to be repaired for (DSP-7), until it is settled."""

    __tablename__ = "disturbance"
    __table_args__ = (
        Index(
            "ix_disturbance_open",
            "site_id",
            "day",
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        # Emergencies are looked for everywhere, again and again.
        Index("ix_disturbance_open_cause", "cause", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    day: Mapped[date] = mapped_column(Date)
    cause: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]
    work_order_id: Mapped[int | None] = mapped_column(ForeignKey("work_order.id"))
    technician_id: Mapped[int | None] = mapped_column(ForeignKey("technician.id"))
    tries: Mapped[int] = mapped_column(Integer, default=0)
    settled_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(40))
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("plan.id"))

    @property
    def what(self) -> DisturbanceCause:
        return DisturbanceCause(self.cause)

    @property
    def result(self) -> DisturbanceOutcome | None:
        return DisturbanceOutcome(self.outcome) if self.outcome is not None else None


class Whereabouts(Base):
    """Where a technician last was, by their device; until when they are held up, by their word."""

    __tablename__ = "whereabouts"

    technician_id: Mapped[int] = mapped_column(ForeignKey("technician.id"), unique=True)
    latitude: Mapped[float | None] = mapped_column(Float)
    longitude: Mapped[float | None] = mapped_column(Float)
    seen_at: Mapped[datetime | None]
    busy_until: Mapped[datetime | None]

"""What happened to a day's plan in force: its changes with their causes, its disturbances."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from dispatch.services.action import Tx
from dispatch.services.plans_in_force import CHANGED
from dispatch.store.events import Event
from dispatch.store.plans_in_force import Disturbance, PlanInForce

_DISTURBANCES_MOST = 200


async def plan_in_force(tx: Tx, *, site_id: int, day: date) -> PlanInForce | None:
    """The day as one thing; None while nothing was planned for it."""
    statement = select(PlanInForce).where(PlanInForce.site_id == site_id, PlanInForce.day == day)
    return (await tx.session.execute(statement)).scalar_one_or_none()


async def changes_of(tx: Tx, row: PlanInForce, *, most: int) -> Sequence[Event]:
    """The newest changes first."""
    statement = (
        select(Event)
        .where(
            Event.subject == PlanInForce.__tablename__,
            Event.subject_id == row.id,
            Event.kind == CHANGED,
        )
        .order_by(Event.id.desc())
        .limit(most)
    )
    return (await tx.session.execute(statement)).scalars().all()


async def change_by(tx: Tx, *, work_order_id: int) -> Event | None:
    """The newest change that was about an order."""
    statement = (
        select(Event)
        .where(Event.work_order_id == work_order_id, Event.kind == CHANGED)
        .order_by(Event.id.desc())
        .limit(1)
    )
    return (await tx.session.execute(statement)).scalar_one_or_none()


async def disturbances_of(tx: Tx, row: PlanInForce, *, open_only: bool) -> Sequence[Disturbance]:
    """What disturbs the day, the newest first."""
    statement = select(Disturbance).where(
        Disturbance.site_id == row.site_id, Disturbance.day == row.day
    )
    if open_only:
        statement = statement.where(Disturbance.settled_at.is_(None))
    statement = statement.order_by(Disturbance.id.desc()).limit(_DISTURBANCES_MOST)
    return (await tx.session.execute(statement)).scalars().all()

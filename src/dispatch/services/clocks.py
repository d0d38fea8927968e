"""Deadlines (时限, SLA): started, paused, resumed and stopped with the change that causes it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from dispatch.domain.clocks import ClockCalendar, ClockKind, ClockState
from dispatch.services.action import Tx
from dispatch.store.base import Base
from dispatch.store.clocks import Clock

OPEN = (ClockState.RUNNING, ClockState.PAUSED)


async def start(
    tx: Tx,
    kind: ClockKind,
    about: Base,
    *,
    site_id: int,
    after_s: int | None = None,
    due_at: datetime | None = None,
    calendar: ClockCalendar = ClockCalendar.ROUND_THE_CLOCK,
    step: int = 0,
    ticket_id: int | None = None,
    work_order_id: int | None = None,
    **data: Any,
) -> Clock:
    """Starts a clock about a row: due in `after_s` seconds or at `due_at`.

    One of the same kind that is still open about the row is stopped. `data` reaches the effect.
    The ticket and order are the row's own, where it has any.
    """
    await stop(tx, about, kind)
    due = due_at if due_at is not None else tx.now + timedelta(seconds=after_s or 0)
    table = about.__tablename__
    clock = Clock(
        site_id=site_id,
        kind=kind.value,
        subject=table,
        subject_id=about.id,
        ticket_id=about.id if table == "ticket" else ticket_id or _own(about, "ticket_id"),
        work_order_id=(
            about.id if table == "work_order" else work_order_id or _own(about, "work_order_id")
        ),
        state=ClockState.RUNNING,
        calendar=calendar,
        step=step,
        length_s=max(0, int((due - tx.now).total_seconds())),
        started_at=tx.now,
        due_at=due,
        data=data,
    )
    tx.session.add(clock)
    await tx.session.flush()
    return clock


async def stop(tx: Tx, about: Base, *kinds: ClockKind) -> int:
    """Ends the open clocks of the kinds about a row (all kinds, if none is named); how many."""
    clocks = await open_clocks(tx, about, *kinds)
    for clock in clocks:
        clock.state = ClockState.STOPPED
        clock.ended_at = tx.now
    if clocks:
        await tx.session.flush()
    return len(clocks)


async def open_clocks(tx: Tx, about: Base, *kinds: ClockKind) -> Sequence[Clock]:
    """The clocks about a row that have neither fired nor been stopped."""
    statement = select(Clock).where(
        Clock.subject == about.__tablename__,
        Clock.subject_id == about.id,
        Clock.state.in_(OPEN),
    )
    if kinds:
        statement = statement.where(Clock.kind.in_([kind.value for kind in kinds]))
    return (await tx.session.execute(statement.order_by(Clock.id))).scalars().all()


def _own(about: Base, name: str) -> int | None:
    return getattr(about, name, None)

"""Deadlines (时限, SLA): started, paused, resumed, counted anew and stopped with the change that
causes it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from dispatch.domain.calendars import Calendar, RoundTheClock
from dispatch.domain.clocks import (
    OPEN_CLOCKS,
    ClockCalendar,
    ClockKind,
    ClockState,
    Pause,
    count,
)
from dispatch.services.action import Tx, plain
from dispatch.services.calendars import calendar_of
from dispatch.store.among import among
from dispatch.store.base import Base
from dispatch.store.clocks import Clock
from dispatch.store.sites import Site
from dispatch.store.work_orders import WorkOrder

_STARTED = "clocks started"
_FORESEEN = "clocks foreseen"
# Asked several times in most actions: put together once. A worker may just be firing one of them:
# what it did is read then.
_OPEN = (
    select(Clock)
    .where(
        Clock.subject == bindparam("subject"),
        Clock.subject_id == bindparam("id"),
        Clock.state.in_(OPEN_CLOCKS),
    )
    .order_by(Clock.id)
    .with_for_update()
    .execution_options(populate_existing=True)
)
_OPEN_OF_KINDS = _OPEN.where(Clock.kind.in_(bindparam("kinds", expanding=True)))
_OPEN_OF_ORDERS = (
    select(Clock)
    .where(
        Clock.subject == WorkOrder.__tablename__,
        among(Clock.subject_id, "ids"),
        Clock.kind == bindparam("kind"),
        Clock.state.in_(OPEN_CLOCKS),
    )
    .order_by(Clock.id)
    .with_for_update()
    .execution_options(populate_existing=True)
)


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
    counted = await counting(tx, site_id, calendar)
    due = due_at if due_at is not None else counted.add(tx.now, after_s or 0)
    clock = made(
        tx,
        kind,
        about,
        site_id=site_id,
        started_at=tx.now,
        due_at=due,
        length_s=after_s if due_at is None else None,
        calendar=calendar,
        step=step,
        ticket_id=ticket_id,
        work_order_id=work_order_id,
        **data,
    )
    tx.session.add(clock)
    await tx.session.flush()
    return clock


async def start_all(
    tx: Tx, kind: ClockKind, due: Sequence[tuple[WorkOrder, datetime]], **data: Any
) -> None:
    """`start` for many orders at once, each due at its moment."""
    if not due:
        return
    asked = {"ids": [order.id for order, _ in due], "kind": kind.value}
    for clock in (await tx.session.execute(_OPEN_OF_ORDERS, asked)).scalars():
        end(tx, clock)
    # At most one of a kind is open: the old ones are closed before the new ones are written.
    await tx.session.flush()
    tx.session.add_all(
        made(tx, kind, order, site_id=order.site_id, started_at=tx.now, due_at=due_at, **data)
        for order, due_at in due
    )
    await tx.session.flush()


def made(
    tx: Tx,
    kind: ClockKind,
    about: Base,
    *,
    site_id: int,
    started_at: datetime,
    due_at: datetime,
    length_s: int | None = None,
    calendar: ClockCalendar = ClockCalendar.ROUND_THE_CLOCK,
    step: int = 0,
    ticket_id: int | None = None,
    work_order_id: int | None = None,
    **data: Any,
) -> Clock:
    """The row of a running clock, not yet written."""
    table = about.__tablename__
    tx.memo.setdefault(_STARTED, set()).add((table, about.id, kind.value))
    tx.memo.pop((_FORESEEN, table, about.id), None)
    length = length_s if length_s is not None else (due_at - tx.now).total_seconds()
    return Clock(
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
        length_s=max(0, int(length)),
        started_at=started_at,
        due_at=due_at,
        data=plain(data),
        pauses=[],
    )


def was_started_anew(tx: Tx, clock: Clock) -> bool:
    """Whether the transaction in which a clock fires has started another of its kind since: what
    was due has happened meanwhile."""
    return (clock.subject, clock.subject_id, clock.kind) in tx.memo.get(_STARTED, ())


async def follow_up(tx: Tx, clock: Clock, *, after_s: int, **data: Any) -> Clock:
    """The clock of a ladder's next rung, `after_s` seconds after one that fired, on its calendar.

    It counts from when the former was due: what a standstill of the service delayed is made up
    for, in order.
    """
    counted = await counting(tx, clock.site_id, clock.calendar)
    further = Clock(
        site_id=clock.site_id,
        kind=clock.kind,
        subject=clock.subject,
        subject_id=clock.subject_id,
        ticket_id=clock.ticket_id,
        work_order_id=clock.work_order_id,
        state=ClockState.RUNNING,
        calendar=clock.calendar,
        step=clock.step + 1,
        length_s=after_s,
        started_at=clock.due_at,
        due_at=counted.add(clock.due_at, after_s),
        data={**clock.data, **plain(data)},
        pauses=[],
    )
    tx.memo.pop((_FORESEEN, clock.subject, clock.subject_id), None)
    tx.session.add(further)
    return further


async def stop(tx: Tx, about: Base, *kinds: ClockKind) -> int:
    """Ends the open clocks of the kinds about a row (all kinds, if none is named); how many."""
    clocks = await open_clocks(tx, about, *kinds)
    for clock in clocks:
        end(tx, clock)
    if clocks:
        await tx.session.flush()
    return len(clocks)


def end(tx: Tx, clock: Clock) -> None:
    """What the clock was for has happened, or does not matter any more."""
    clock.state = ClockState.STOPPED
    clock.ended_at = tx.now
    _close_pause(tx, clock)


async def open_clocks(tx: Tx, about: Base, *kinds: ClockKind) -> Sequence[Clock]:
    """The clocks about a row that have neither fired nor been stopped, locked."""
    if kinds and (known := foreseen(tx, about.__tablename__, about.id, kinds)) is not None:
        return [each for each in known if each.state in OPEN_CLOCKS]
    asked: dict[str, Any] = {"subject": about.__tablename__, "id": about.id}
    if kinds:
        asked["kinds"] = [kind.value for kind in kinds]
    statement = _OPEN_OF_KINDS if kinds else _OPEN
    return (await tx.session.execute(statement, asked)).scalars().all()


@dataclass(frozen=True, slots=True)
class Foreseen:
    """All clocks of some kinds about a row, open or not, locked; oldest first."""

    kinds: frozenset[ClockKind]
    rows: Sequence[Clock]


def keep_foreseen(tx: Tx, about: Base, kinds: Iterable[ClockKind], rows: Sequence[Clock]) -> None:
    """An action that will look at some of these clocks and then at others has read them all.
    They are known until the next clock about the row is started."""
    tx.memo[_FORESEEN, about.__tablename__, about.id] = Foreseen(frozenset(kinds), rows)


def foreseen(tx: Tx, subject: str, row_id: int, kinds: Sequence[ClockKind]) -> list[Clock] | None:
    """The clocks of the kinds about a row, if they were read before."""
    found = tx.memo.get((_FORESEEN, subject, row_id))
    if found is None or not found.kinds >= frozenset(kinds):
        return None
    return [each for each in found.rows if each.what in kinds]


async def pause(tx: Tx, clock: Clock, *, reason: str) -> None:
    """Stops the time of a running clock until it is resumed."""
    if clock.state is not ClockState.RUNNING:
        return
    clock.state = ClockState.PAUSED
    clock.paused_at = tx.now
    clock.pauses = [*clock.pauses, {"from": plain(tx.now), "to": None, "reason": reason}]
    await recount(tx, clock)
    await tx.save(clock, "clock.paused", clock=clock.kind, reason=reason)


async def resume(tx: Tx, clock: Clock) -> None:
    """The time of a paused clock goes on with what was left of it."""
    if clock.state is not ClockState.PAUSED:
        return
    clock.state = ClockState.RUNNING
    _close_pause(tx, clock)
    await recount(tx, clock)
    await tx.save(clock, "clock.resumed", clock=clock.kind)


async def recount(tx: Tx, clock: Clock) -> None:
    """Sets a clock's due time, and what is left while it is paused, by its length and pauses."""
    calendar = await counting(tx, clock.site_id, clock.calendar)
    counted = count(
        calendar,
        started_at=clock.started_at,
        length_s=clock.length_s,
        pauses=pauses_of(clock),
    )
    clock.due_at = counted.due_at
    clock.left_s = int(counted.left_s) if counted.left_s is not None else None


def pauses_of(clock: Clock) -> list[Pause]:
    """A clock's pauses, oldest first."""
    return [
        Pause(
            datetime.fromisoformat(each["from"]),
            datetime.fromisoformat(each["to"]) if each["to"] else None,
            each["reason"],
        )
        for each in clock.pauses
    ]


async def counting(tx: Tx, site_id: int, calendar: ClockCalendar) -> Calendar:
    """What counts the time of a site's clocks."""
    if calendar is ClockCalendar.ROUND_THE_CLOCK:
        return RoundTheClock()
    return await calendar_of(tx, await tx.session.get_one(Site, site_id))


def _close_pause(tx: Tx, clock: Clock) -> None:
    if clock.paused_at is None:
        return
    clock.pauses = [*clock.pauses[:-1], {**clock.pauses[-1], "to": plain(tx.now)}]
    clock.paused_s += int((tx.now - clock.paused_at).total_seconds())
    clock.paused_at = None
    clock.left_s = None


def _own(about: Base, name: str) -> int | None:
    return getattr(about, name, None)

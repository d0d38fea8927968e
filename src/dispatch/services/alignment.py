"""Brings the clocks about a row in line with the deadlines that it should have."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select

from dispatch.domain.clocks import OPEN_CLOCKS, ClockCalendar, ClockKind, ClockState
from dispatch.domain.deadlines import Span, calendar_for
from dispatch.domain.policies import Policy
from dispatch.services import clocks
from dispatch.services.action import Tx, plain
from dispatch.store.among import among
from dispatch.store.clocks import Clock
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import WorkOrder


@dataclass(frozen=True, slots=True)
class Wanted:
    """The deadlines a row should have, and the occasion of each: this assignment, that step, this
    window."""

    spans: Mapping[ClockKind, Span]
    bases: Mapping[ClockKind, datetime]


async def align(
    tx: Tx,
    about: Ticket | WorkOrder,
    newest: Mapping[ClockKind, Clock],
    wanted: Wanted,
    policy: Policy,
) -> None:
    """Ends what is not wanted any more, starts what is, and counts anew what changed its length.

    A clock's basis names its occasion: this assignment, that step, this window. An occasion has
    one clock, also after it fired.
    """
    for kind, clock in newest.items():
        if kind not in wanted.spans and clock.state in OPEN_CLOCKS:
            clocks.end(tx, clock)
    for kind, span in wanted.spans.items():
        clock = newest.get(kind)
        calendar = calendar_for(kind, about.priority, policy.clocks)
        if clock is None or clock.data.get("basis") != plain(wanted.bases[kind]):
            await _begin(tx, kind, about, clock, span, basis=wanted.bases[kind], calendar=calendar)
        elif clock.state in OPEN_CLOCKS and clock.step == 0:
            await _count_anew(tx, clock, span, calendar)


async def _begin(
    tx: Tx,
    kind: ClockKind,
    about: Ticket | WorkOrder,
    former: Clock | None,
    span: Span,
    *,
    basis: datetime,
    calendar: ClockCalendar,
) -> None:
    if former is not None and former.state in OPEN_CLOCKS:
        # Each step begins it again: one row serves as long as it is not breached.
        if kind is ClockKind.PROGRESS and former.step == 0 and former.state is ClockState.RUNNING:
            former.data = {**former.data, "basis": plain(basis)}
            await _count_anew(tx, former, span, calendar, is_noted=False)
            return
        clocks.end(tx, former)
        # At most one of a kind is open: the old one must be closed before the new one is written.
        await tx.session.flush()
    counted = await clocks.counting(tx, about.site_id, calendar)
    is_fixed = span.due_at is not None
    tx.session.add(
        clocks.made(
            tx,
            kind,
            about,
            site_id=about.site_id,
            started_at=span.starts_at,
            due_at=span.due_at or counted.add(span.starts_at, span.length_s),
            length_s=None if is_fixed else span.length_s,
            calendar=ClockCalendar.ROUND_THE_CLOCK if is_fixed else calendar,
            basis=basis,
        )
    )


async def _count_anew(
    tx: Tx, clock: Clock, span: Span, calendar: ClockCalendar, *, is_noted: bool = True
) -> None:
    if span.due_at is not None:
        return
    was = clock.due_at
    clock.calendar = calendar
    clock.started_at, clock.length_s = span.starts_at, span.length_s
    await clocks.recount(tx, clock)
    if is_noted and clock.due_at != was:
        tx.note(clock, "clock.rebased", clock=clock.kind, was=was, due_at=clock.due_at)


async def newest_clocks(
    tx: Tx, subject: str, ids: Iterable[int], kinds: Sequence[ClockKind]
) -> dict[int, dict[ClockKind, Clock]]:
    """The newest clock of each kind, by row; locked, for a worker may just be firing it."""
    if not (wanted := list(ids)):
        return {}
    rows = clocks.foreseen(tx, subject, wanted[0], kinds) if len(wanted) == 1 else None
    if rows is None:
        rows = await _read(tx, subject, wanted, kinds)
    newest: dict[int, dict[ClockKind, Clock]] = {}
    for clock in rows:
        newest.setdefault(clock.subject_id, {})[clock.what] = clock
    return newest


async def foresee(tx: Tx, about: Ticket | WorkOrder, kinds: Sequence[ClockKind]) -> None:
    """Reads the clocks of the kinds about a row that will be asked for later, all at once."""
    rows = await _read(tx, about.__tablename__, [about.id], kinds)
    clocks.keep_foreseen(tx, about, kinds, rows)


async def _read(
    tx: Tx, subject: str, ids: Sequence[int], kinds: Sequence[ClockKind]
) -> Sequence[Clock]:
    asked: dict[str, Any] = {"subject": subject, "kinds": [kind.value for kind in kinds]}
    asked |= {"id": ids[0]} if len(ids) == 1 else {"ids": ids}
    statement = _about(subject, is_one=len(ids) == 1)
    return (await tx.session.execute(statement, asked)).scalars().all()


@cache
def _about(subject: str, *, is_one: bool) -> Select[Clock]:
    """Asked with every step of every order: put together once. For one row without a list, for
    which PostgreSQL would plan anew each time."""
    column = Clock.ticket_id if subject == "ticket" else Clock.work_order_id
    return (
        select(Clock)
        .where(
            column == bindparam("id") if is_one else among(column, "ids"),
            Clock.subject == bindparam("subject"),
            Clock.kind.in_(bindparam("kinds", expanding=True)),
        )
        .order_by(Clock.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )

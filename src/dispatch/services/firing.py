"""Fires what is due: each clock once, in order of time, its effect in the same transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Integer, Select, bindparam, or_, select
from sqlalchemy.orm import Session

from dispatch.domain.clocks import ClockKind, ClockState
from dispatch.domain.ladders import GAP_S
from dispatch.services.action import Tx
from dispatch.services.effects import EFFECTS, Effect
from dispatch.services.policies import policy_of
from dispatch.store.among import among
from dispatch.store.clocks import Clock
from dispatch.store.messages import Message
from dispatch.store.sites import Site
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import WorkOrder
from dispatch.telemetry import metrics

_ERROR_MOST = 500

# Asked at every look, and with every clock that fires: put together once. The time has come, and
# they do not wait for their next try.
_DUE = (
    select(Clock)
    .where(
        Clock.state == ClockState.RUNNING,
        Clock.due_at <= bindparam("now"),
        or_(Clock.retry_at.is_(None), Clock.retry_at <= bindparam("now")),
        Clock.site_id.in_(select(Site.id).where(Site.organization_id == bindparam("organization"))),
    )
    .order_by(Clock.due_at, Clock.id)
)
_MOST = bindparam("most", type_=Integer)
_DUE_IDS = _DUE.with_only_columns(Clock.id).limit(_MOST)


def _first(due: Select[Clock]) -> Select[Any]:
    return due.with_only_columns(Clock.due_at).limit(1)


def _taken(due: Select[Clock]) -> Select[Clock]:
    return (
        due.where(Clock.due_at < bindparam("before"))
        .limit(_MOST)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )


_ONE_DUE = _DUE.where(Clock.id == bindparam("only"))
_FIRST, _FIRST_OF_ONE = _first(_DUE), _first(_ONE_DUE)
_TAKEN, _TAKEN_OF_ONE = _taken(_DUE), _taken(_ONE_DUE)
_SUBJECTS = tuple(
    (select(row).where(among(row.id, "ids")), f"{row.__tablename__}_id")
    for row in (Ticket, WorkOrder)
)


async def fire_due(
    tx: Tx,
    *,
    most: int = 100,
    only: int | None = None,
    effects: Mapping[ClockKind, Effect] = EFFECTS,
) -> list[Clock]:
    """Fires the organization's clocks whose time has come, the earliest first; `only`: this one.

    Rows that another worker is just firing are passed over, so that each fires once.
    """
    asked = _asked(tx)
    if only is not None:
        asked["only"] = only
    first_of, taken_of = (_FIRST, _TAKEN) if only is None else (_FIRST_OF_ONE, _TAKEN_OF_ONE)
    first = (await tx.session.execute(first_of, asked)).scalar()
    if first is None:
        return []
    # The next rung of one clock may come before another that is due, too: in order of time.
    asked |= {"before": first + timedelta(seconds=GAP_S), "most": most}
    due = list((await tx.session.execute(taken_of, asked)).scalars())
    for clock in due:
        clock.state = ClockState.FIRED
        clock.ended_at = tx.now
    await tx.save_all(
        [(clock, "clock.fired", {"clock": clock.kind, "step": clock.step}) for clock in due]
    )
    tx.afterwards.append(partial(_count, [(each.kind, each.due_at) for each in due], tx.now))
    await _read_subjects(tx, due)
    for clock in due:
        effect = effects.get(clock.what)
        if effect is not None:
            await effect(tx, clock)
    await _write_at_once(tx)
    return due


def _count(fired: Sequence[tuple[str, datetime]], now: datetime) -> None:
    for kind, due_at in fired:
        metrics.CLOCKS_FIRED.labels(kind).inc()
        metrics.CLOCKS_LATE.observe((now - due_at).total_seconds())


async def _write_at_once(tx: Tx) -> None:
    """Writes what the effects added: nobody needs its ids, so a flush, which asks the database for
    each of them, would only take longer."""

    def write(session: Session) -> None:
        added = [row for row in session.new if isinstance(row, Message | Clock)]
        for row in added:
            session.expunge(row)
        for kind in (Message, Clock):
            session.bulk_save_objects([row for row in added if isinstance(row, kind)])

    await tx.session.run_sync(write)


async def due_ids(tx: Tx, *, most: int) -> Sequence[int]:
    """The clocks that `fire_due` would fire."""
    return (await tx.session.execute(_DUE_IDS, {**_asked(tx), "most": most})).scalars().all()


async def note_failure(tx: Tx, *, clock_id: int, error: str) -> Clock:
    """A clock's effect failed: it is tried again later, and given up after the policy's tries."""
    clock = await tx.session.get_one(Clock, clock_id, with_for_update=True)
    policy = (await policy_of(tx, clock.site_id)).clocks
    clock.tries += 1
    clock.last_error = error[:_ERROR_MOST]
    if clock.tries >= policy.tries:
        clock.state = ClockState.FIRED
        clock.ended_at = clock.failed_at = tx.now
        await tx.save(clock, "clock.failed", clock=clock.kind, error=clock.last_error)
    else:
        clock.retry_at = policy.next_try(at=tx.now, tries=clock.tries)
        await tx.session.flush()
    return clock


def _asked(tx: Tx) -> dict[str, Any]:
    return {"now": tx.now, "organization": tx.actor.organization_id}


async def _read_subjects(tx: Tx, due: Sequence[Clock]) -> None:
    """What the effects will look at, read at once; the session holds it."""
    for statement, name in _SUBJECTS:
        ids = {getattr(clock, name) for clock in due} - {None}
        if ids:
            (await tx.session.execute(statement, {"ids": list(ids)})).scalars().all()

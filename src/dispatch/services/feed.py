"""The record as it becomes known: every line and every message once, in an order that stays.

On SQLite one writer at a time numbers the rows, so their ids are that order. On PostgreSQL a row
may become visible after rows of higher id; there the notifier numbers what it sees committed, and
that number is what counts (`store/publications.py`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from dispatch.domain.errors import Code, refuse
from dispatch.store.engine import Store
from dispatch.store.events import Event
from dispatch.store.messages import Message
from dispatch.store.publications import Publication, Topic

CAUGHT_UP_MOST = 50_000
"""Lines that a reader may have missed, of whatever they concern: past it, loading anew is less."""

# No line has a higher number.
_LAST = 2**62

_ROWS: dict[Topic, type[Any]] = {Topic.EVENT: Event, Topic.MESSAGE: Message}


@dataclass(frozen=True, slots=True)
class Line:
    """A row and its place in the order."""

    number: int
    row: Any


@dataclass(frozen=True, slots=True)
class Position:
    """How far a reader has come in each topic."""

    event: int
    message: int

    def of(self, topic: Topic) -> int:
        return self.event if topic is Topic.EVENT else self.message

    def at(self, topic: Topic, number: int) -> "Position":
        """The same, moved on in one topic."""
        if topic is Topic.EVENT:
            return replace(self, event=number)
        return replace(self, message=number)


class Feed:
    """Reads the order; numbers nothing itself."""

    def __init__(self, store: Store, *, kept: timedelta, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._kept = kept
        self._clock = clock

    def version(self) -> int | None:
        """A number that is the same as long as there is nothing new; None where only reading can
        tell."""
        return self._store.version()

    async def newest(self) -> Position:
        """Where the record stands now."""
        async with self._store.reading() as session:
            if self._store.is_sqlite:
                return Position(*[await self._newest(session, topic) for topic in Topic])
            newest = await self._newest(session, Topic.EVENT)
            return Position(newest, newest)

    async def after(
        self, topic: Topic, number: int, *, upto: int | None = None, most: int
    ) -> list[Line]:
        """The next lines of a topic after a number, in order."""
        statement = _following(topic, is_sqlite=self._store.is_sqlite)
        asked = {"number": number, "upto": upto if upto is not None else _LAST, "most": most}
        async with self._store.reading() as session:
            found = await session.execute(statement, asked)
            return [Line(*each) for each in found.all()]

    async def demand_kept(self, topic: Topic, number: int) -> None:
        """Refuses CURSOR_TOO_OLD a number from which it cannot be told any more what followed."""
        async with self._store.reading() as session:
            newest = await self._newest(session, topic)
            if number == newest:
                return
            is_kept = number < newest <= number + CAUGHT_UP_MOST
            if not is_kept or not await self._is_kept(session, topic, number):
                raise refuse(Code.CURSOR_TOO_OLD, field="since")

    async def _is_kept(self, session: AsyncSession, topic: Topic, number: int) -> bool:
        """Whether what followed the number is there, and no older than what is kept."""
        oldest = self._clock() - self._kept
        if self._store.is_sqlite:
            row: Any = _ROWS[topic]
            moment = row.at if topic is Topic.EVENT else row.created_at
            statement = select(moment).where(row.id > number).order_by(row.id).limit(1)
            return ((await session.execute(statement)).scalar() or oldest) >= oldest
        first = (await session.execute(select(func.min(Publication.id)))).scalar()
        if first is None or first > number + 1:
            return False
        following = (
            select(Publication.published_at)
            .where(Publication.id > number)
            .order_by(Publication.id)
            .limit(1)
        )
        now = (await session.execute(select(func.now()))).scalar_one()
        return (await session.execute(following)).scalar_one() >= now - self._kept

    async def _newest(self, session: AsyncSession, topic: Topic) -> int:
        return (await session.execute(select(func.max(self._number(topic))))).scalar() or 0

    def _number(self, topic: Topic) -> Any:
        return _ROWS[topic].id if self._store.is_sqlite else Publication.id


@cache
def _following(topic: Topic, *, is_sqlite: bool) -> Select[Any, Any]:
    # Asked ten times a second while anything happens: put together once.
    row = _ROWS[topic]
    counted = row.id if is_sqlite else Publication.id
    statement: Select[Any, Any] = select(counted, row)
    if is_sqlite:
        statement = statement.where(_published(topic))
    else:
        statement = statement.join(row, row.id == Publication.row_id)
        statement = statement.where(Publication.topic == topic)
    return (
        statement.where(counted > bindparam("number"), counted <= bindparam("upto"))
        .order_by(counted)
        .limit(bindparam("most"))
    )


def _published(topic: Topic) -> ColumnElement[bool]:
    return Message.channel_id.is_(None) if topic is Topic.MESSAGE else true()


def last_of(lines: Sequence[Line], default: int) -> int:
    """The number of the last line."""
    return lines[-1].number if lines else default

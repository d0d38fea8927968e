"""Reads the record as it grows, each line once, whatever order transactions commit in.

On SQLite one writer at a time numbers the lines, so ids appear in order. On PostgreSQL a line may
become visible after lines of higher id, when its transaction ran longer. A mark therefore keeps
how far the ids went and which transactions were still under way; only when the last of those has
ended does the tail stop looking for lines below that mark.
"""

import time
from collections import deque
from dataclasses import dataclass

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from dispatch.store.engine import Store
from dispatch.store.events import Event

# How far below the highest id a transaction that is under way at the start may have begun.
_LOOK_BACK = 20_000
# An id is drawn a moment before its transaction gets the number that marks compare.
_SETTLE_S = 5.0
_MOST_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class _Mark:
    highest: int
    first_unborn: int
    taken_at: float


class EventTail:
    """Where one reader of the record stands. Not for several tasks at once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._floor = 0
        self._seen: set[int] = set()
        self._marks: deque[_Mark] = deque()

    async def begin(self) -> None:
        """Stands at the end: only what is committed from now on will be read."""
        async with self._store.reading() as session:
            oldest, unborn = await self._under_way(session)
            highest = (await session.execute(select(func.max(Event.id)))).scalar_one() or 0
            self._floor = highest if oldest == unborn else max(0, highest - _LOOK_BACK)
            self._seen = set(await self._ids(session))
            self._marks.clear()

    async def read(self) -> list[Event]:
        """Lines committed since the last call, lowest id first."""
        async with self._store.reading() as session:
            oldest, unborn = await self._under_way(session)
            fresh = [one for one in await self._ids(session) if one not in self._seen]
            fresh = fresh[:_MOST_AT_ONCE]
            events: list[Event] = []
            if fresh:
                statement = select(Event).where(Event.id.in_(fresh)).order_by(Event.id)
                events = list((await session.execute(statement)).scalars())
        self._seen.update(event.id for event in events)
        self._settle(oldest=oldest, unborn=unborn)
        return events

    async def _ids(self, session: AsyncSession) -> list[int]:
        statement = select(Event.id).where(Event.id > self._floor).order_by(Event.id)
        return list((await session.execute(statement)).scalars())

    async def _under_way(self, session: AsyncSession) -> tuple[int, int]:
        """The oldest transaction still running, and the first that has not begun."""
        if self._store.is_sqlite:
            return 0, 0
        row = await session.execute(
            text(
                "SELECT pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint "
                "FROM pg_current_snapshot() AS s"
            )
        )
        oldest, unborn = row.one()
        return oldest, unborn

    def _settle(self, *, oldest: int, unborn: int) -> None:
        """Raises the floor to the highest mark whose transactions have all ended."""
        if not self._seen:
            return
        if self._store.is_sqlite:
            self._floor = max(self._seen)
            self._seen.clear()
            return
        now = time.monotonic()
        highest = max(self._seen)
        if not self._marks or self._marks[-1].highest < highest:
            self._marks.append(_Mark(highest=highest, first_unborn=unborn, taken_at=now))
        while self._marks and self._marks[0].first_unborn <= oldest:
            if now - self._marks[0].taken_at < _SETTLE_S:
                break
            self._floor = self._marks.popleft().highest
            self._seen = {one for one in self._seen if one > self._floor}

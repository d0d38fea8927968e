"""Numbers what has been committed, and wakes whoever listens, on every machine (PostgreSQL).

Every process that has listeners holds one connection and wants the same lock; who has it numbers,
on that very connection, so that two can never do so at once. It ends with the process: another one
takes over within a moment, and begins where the floor says, so that nothing is left out. Nothing of
this happens in the transaction of whoever writes: a NOTIFY there would make all writers queue.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from dispatch.store import publications
from dispatch.store.publications import CHANNEL

_log = structlog.get_logger(__name__)

_LOCK = {"class": 0x0D15, "key": 0x0E7E}
_MOST_AT_ONCE = 5_000
_PAUSE_S = 0.05
"""Between two looks; what is committed meanwhile is told together."""
_PAUSE_TIMES = 4.0
"""Looking may take a fifth of the time, however long it takes."""
_ELECTION_S = 0.5
"""How often the others try to get the lock."""
_SETTLE_S = 5.0
"""An id is drawn a moment before its transaction gets the number that marks compare."""
_PRUNE_S = 60.0
_AFTER_FAILURE_S = 1.0
_KEEPALIVE = {"keepalives_idle": 5, "keepalives_interval": 4, "keepalives_count": 4}


@dataclass(slots=True)
class _Mark:
    """Rows up to `highest` are published, or in a transaction that had begun at `taken_at`."""

    highest: int
    taken_at: float
    first_unborn: int | None = None


class Progress:
    """How far one topic is numbered, whatever order transactions commit in.

    The floor rises to a mark once every transaction that could still bring a row below it has
    ended: those that had a number when the mark had settled.
    """

    def __init__(self, floor: int) -> None:
        self.floor = floor
        self._marks: deque[_Mark] = deque()

    def saw(self, highest: int, *, now: float) -> None:
        """Rows up to this one were published just now."""
        newest = self._marks[-1].highest if self._marks else self.floor
        if highest > newest:
            self._marks.append(_Mark(highest, taken_at=now))

    def settle(self, *, oldest: int, unborn: int, now: float) -> bool:
        """Raises the floor as far as it may rise; whether it rose.

        `oldest` and `unborn` were asked before the last look, which so has seen all that ended.
        """
        before = self.floor
        for mark in self._marks:
            if mark.first_unborn is None and now - mark.taken_at >= _SETTLE_S:
                mark.first_unborn = unborn
        while self._marks:
            first = self._marks[0]
            if first.first_unborn is None or first.first_unborn > oldest:
                break
            self.floor = self._marks.popleft().highest
        return self.floor != before


class Notifier:
    """This process's part: listens, and numbers while it has the lock. `news` is called when there
    may be something to read."""

    def __init__(self, url: str, news: Callable[[], None], *, kept_s: float) -> None:
        self._engine = create_async_engine(
            url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=_KEEPALIVE
        )
        self._news = news
        self._kept_s = kept_s
        self._task: asyncio.Task[None] | None = None
        self.leads = False

    async def begin(self) -> None:
        """Takes part from now on. Where nobody numbers yet, all that is there is numbered first."""
        connection = await self._connect()
        self._task = asyncio.create_task(self._run(connection), name="notifier", context=Context())

    async def end(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _connect(self) -> AsyncConnection:
        connection = await self._engine.connect()
        try:
            for name, value in _KEEPALIVE.items():
                await connection.exec_driver_sql(f"SET tcp_{name} = {value}")
            await connection.exec_driver_sql(f"LISTEN {CHANNEL}")
            if await self._take_lead(connection):
                while await self._number(connection):
                    pass
        except BaseException:
            await connection.close()
            raise
        return connection

    async def _run(self, connection: AsyncConnection | None) -> None:
        while True:
            try:
                connection = connection or await self._connect()
                while True:
                    if self.leads or await self._take_lead(connection):
                        await self._lead(connection)
                    else:
                        await _hear(connection, seconds=_ELECTION_S)
                        self._news()
            except (SQLAlchemyError, OSError) as error:
                _log.warning("notifier_failed", error=type(error).__name__)
            finally:
                self.leads = False
                if connection is not None:
                    with suppress(Exception):
                        await connection.close()
                connection = None
            await asyncio.sleep(_AFTER_FAILURE_S)

    async def _take_lead(self, connection: AsyncConnection) -> bool:
        statement = text("SELECT pg_try_advisory_lock(:class, :key)")
        self.leads = (await connection.execute(statement, _LOCK)).scalar_one()
        if self.leads:
            floors = await publications.floors(connection)
            self._progress = {topic: Progress(floor) for topic, floor in floors.items()}
            self._pruned_at = time.monotonic()
            _log.info("notifier_leads")
        return self.leads

    async def _lead(self, connection: AsyncConnection) -> None:
        begun = time.monotonic()
        if await self._number(connection):
            await publications.wake(connection)
            self._news()
        if begun - self._pruned_at > _PRUNE_S:
            await publications.prune(connection, kept_s=self._kept_s)
            self._pruned_at = begun
        took = time.monotonic() - begun
        await asyncio.sleep(max(_PAUSE_S, took * _PAUSE_TIMES))

    async def _number(self, connection: AsyncConnection) -> int:
        """One look at every topic; how much was new."""
        oldest, unborn = await publications.under_way(connection)
        count = 0
        for topic, progress in self._progress.items():
            ids = await publications.number(
                connection, topic, floor=progress.floor, most=_MOST_AT_ONCE
            )
            now = time.monotonic()
            count += len(ids)
            if ids:
                progress.saw(ids[-1], now=now)
            # Until the whole of it is numbered, there is more below than transactions under way.
            if len(ids) < _MOST_AT_ONCE and progress.settle(oldest=oldest, unborn=unborn, now=now):
                await publications.set_floor(connection, topic, progress.floor)
        return count


async def _hear(connection: AsyncConnection, *, seconds: float) -> None:
    """Waits until somebody numbers, or for so long."""
    raw = await connection.get_raw_connection()
    driver = raw.driver_connection
    assert driver is not None
    async for _ in driver.notifies(timeout=seconds, stop_after=1):
        pass

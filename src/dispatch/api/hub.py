"""Spreads what becomes known to everyone who listens in this process."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from contextvars import Context
from datetime import timedelta
from typing import Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from dispatch.api.looked_up import Concerns, Looks
from dispatch.api.sessions import Sessions
from dispatch.services.action import Services
from dispatch.services.feed import Feed, Line, Position
from dispatch.services.notifier import Notifier
from dispatch.store.publications import Topic

_log = structlog.get_logger(__name__)

KEPT = timedelta(hours=24)
"""How far back a reader may catch up, where nothing else is set."""
POLL_S = 0.1
"""How often is looked where nobody tells."""
PROGRESS_S = 0.5
"""How often is looked how far a run of the optimizer has come."""
_UNHEARD_S = 1.0
"""How often is looked where the notifier tells: what it said may have been lost."""
_AFTER_FAILURE_S = 1.0
_AT_ONCE = 2_000


class Listener(Protocol):
    """Gets every line of one topic, whether it wants it or not: so it knows how far all is."""

    topic: Topic

    def put(self, lines: Sequence[Line]) -> None:
        """The next lines; at once, without waiting for anything."""
        ...


class Hub:
    """One reader per process, and only while somebody listens."""

    def __init__(self, services: Services, *, kept: timedelta = KEPT) -> None:
        self.feed = Feed(services.store, kept=kept, clock=services.clock)
        self.sessions = Sessions(services)
        self.concerns = Concerns(services)
        self.looks = Looks(services, every_s=PROGRESS_S)
        self.position = Position(0, 0)
        self.listeners: set[Listener] = set()
        self._news = asyncio.Event()
        self._users = 0
        self._reader: asyncio.Task[None] | None = None
        self._start = asyncio.Lock()
        self._version: int | None = None
        store = services.store
        self._notifier = (
            None
            if store.is_sqlite
            else Notifier(store.url, self._news.set, kept_s=kept.total_seconds())
        )
        self._has_notifier = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While the block runs, `position` moves on and listeners hear of it."""
        async with self._start:
            if self._reader is None:
                await self._begin()
            self._users += 1
        try:
            yield
        finally:
            self._users -= 1

    async def close(self) -> None:
        """Stops reading; those who still listen hear no more."""
        self.listeners.clear()
        if self._reader is not None:
            self._reader.cancel()
            with suppress(asyncio.CancelledError):
                await self._reader
            self._reader = None
        if self._notifier is not None:
            await self._notifier.end()
        await self.sessions.end()

    async def _begin(self) -> None:
        if self._notifier is not None and not self._has_notifier:
            await self._notifier.begin()
            self._has_notifier = True
        self.position = await self.feed.newest()
        self._reader = asyncio.create_task(self._read(), name="hub", context=Context())

    async def _read(self) -> None:
        while True:
            async with self._start:
                if not self._users:
                    self._reader = None
                    return
            try:
                await self._read_news()
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL_S if not self._has_notifier else _UNHEARD_S):
                        await self._news.wait()
                self._news.clear()
            except (SQLAlchemyError, OSError) as error:
                _log.warning("events_unread", error=type(error).__name__)
                await asyncio.sleep(_AFTER_FAILURE_S)

    async def _read_news(self) -> None:
        version = self.feed.version()
        if version is not None and version == self._version:
            return
        for topic in Topic:
            await self._read_topic(topic)
        self._version = version

    async def _read_topic(self, topic: Topic) -> None:
        while True:
            lines = await self.feed.after(topic, self.position.of(topic), most=_AT_ONCE)
            if not lines:
                return
            if topic is Topic.EVENT:
                await self.sessions.heed(line.row for line in lines)
            # From here on nothing waits: whoever begins to listen gets all of it, or nothing.
            self.position = self.position.at(topic, lines[-1].number)
            for listener in tuple(self.listeners):
                if listener.topic is topic:
                    listener.put(lines)
            if len(lines) < _AT_ONCE:
                return

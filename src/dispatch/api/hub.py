"""Spreads new lines of the record to everyone who listens in this process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog
from sqlalchemy.exc import SQLAlchemyError

from dispatch.domain.errors import Code, refuse
from dispatch.services.event_tail import EventTail
from dispatch.store.engine import Store
from dispatch.store.events import Event

_log = structlog.get_logger(__name__)

POLL_S = 0.2
_AFTER_FAILURE_S = 2.0
_QUEUE_MOST = 2_000


class Listener:
    """One subscription's share of the record; lines wait here until they are taken."""

    def __init__(self, organization_id: int) -> None:
        self.organization_id = organization_id
        self._waiting: list[Event] = []
        self._wake = asyncio.Event()
        self._fell_behind = False

    def put(self, events: list[Event]) -> None:
        mine = [event for event in events if event.organization_id == self.organization_id]
        if not mine:
            return
        if len(self._waiting) + len(mine) > _QUEUE_MOST:
            self._fell_behind = True
        else:
            self._waiting += mine
        self._wake.set()

    async def take(self) -> list[Event]:
        """All lines since the last call, at least one; refuses BUSY a reader who is too slow."""
        await self._wake.wait()
        self._wake.clear()
        if self._fell_behind:
            raise refuse(Code.BUSY)
        taken, self._waiting = self._waiting, []
        return taken


class Hub:
    """One poller per process, and only while somebody listens."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._listeners: set[Listener] = set()
        self._poller: asyncio.Task[None] | None = None
        self._start = asyncio.Lock()

    @asynccontextmanager
    async def listen(self, organization_id: int) -> AsyncIterator[Listener]:
        """Hears every event of the organization committed from now on."""
        listener = Listener(organization_id)
        async with self._start:
            if self._poller is None:
                tail = EventTail(self._store)
                await tail.begin()
                self._poller = asyncio.create_task(self._poll(tail), name="event-hub")
            self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    async def close(self) -> None:
        """Stops polling; those who still listen hear no more."""
        self._listeners.clear()
        if self._poller is not None:
            self._poller.cancel()
            with suppress(asyncio.CancelledError):
                await self._poller
            self._poller = None

    async def _poll(self, tail: EventTail) -> None:
        while True:
            async with self._start:
                if not self._listeners:
                    self._poller = None
                    return
            pause = POLL_S
            try:
                events = await tail.read()
            except (SQLAlchemyError, OSError) as error:
                _log.warning("events_unread", error=type(error).__name__)
                events, pause = [], _AFTER_FAILURE_S
            if events:
                for listener in tuple(self._listeners):
                    listener.put(events)
            await asyncio.sleep(pause)

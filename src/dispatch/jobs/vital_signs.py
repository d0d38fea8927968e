"""What is looked at now and then for the figures: how much waits, how long, and whether the event
loop comes round in time."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime

from sqlalchemy import func, select

from dispatch.domain.clocks import ClockState
from dispatch.domain.messages import MessageState
from dispatch.services.action import Services
from dispatch.services.troubles import TROUBLES
from dispatch.store.clocks import Clock
from dispatch.store.jobs import JobQueue, waiting_jobs
from dispatch.store.messages import Message
from dispatch.store.periodic import PeriodicWork
from dispatch.telemetry import metrics

LOOK_S = 15.0
_BEAT_S = 0.5


class VitalSigns:
    """Two tasks, until they are stopped: one looks at the database, one at the event loop."""

    def __init__(self, services: Services, *, look_s: float = LOOK_S) -> None:
        self._services = services
        self._look_s = look_s
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [
            asyncio.create_task(self._look(), name="vital-signs"),
            asyncio.create_task(_beat(), name="heart-beat"),
        ]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task

    async def _look(self) -> None:
        while True:
            try:
                await look(self._services)
                TROUBLES.went_well()
            except Exception as error:  # noqa: BLE001 -- figures must not end the service
                TROUBLES.failed("vital_signs_failed", error)
            await asyncio.sleep(self._look_s)


async def look(services: Services) -> None:
    """Sets the figures of what waits, once."""
    now = services.clock()
    due = select(func.count(), func.min(Clock.due_at)).where(
        Clock.state == ClockState.RUNNING, Clock.due_at <= now
    )
    queued = select(func.count(), func.min(Message.next_try_at)).where(
        Message.state == MessageState.QUEUED
    )
    failing = select(func.count()).where(PeriodicWork.failure.is_not(None))
    async with services.store.reading() as session:
        count, oldest = (await session.execute(due)).one()
        metrics.CLOCKS_DUE.set(count)
        metrics.CLOCKS_OLDEST.set(_seconds(oldest, now))
        count, oldest = (await session.execute(queued)).one()
        metrics.MESSAGES_WAITING.set(count)
        metrics.MESSAGES_OLDEST.set(_seconds(oldest, now))
        metrics.PERIODIC_FAILURES.set((await session.execute(failing)).scalar_one())
        waiting = await waiting_jobs(session)
    for queue in JobQueue:
        count, oldest = waiting.get(queue, (0, None))
        metrics.JOBS_WAITING.labels(queue.value).set(count)
        # Their times are the engine's, by the machine's own clock.
        metrics.JOBS_OLDEST.labels(queue.value).set(_seconds(oldest, datetime.now(UTC)))


def _seconds(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since is not None else 0.0


async def _beat() -> None:
    loop = asyncio.get_running_loop()
    # The process may have been forked from one that read this long ago.
    metrics.beat(0.0)
    while True:
        expected = loop.time() + _BEAT_S
        await asyncio.sleep(_BEAT_S)
        metrics.beat(loop.time() - expected)

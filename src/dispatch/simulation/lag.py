"""How far the service is behind the simulated time: what is due and not done, jobs that wait."""

import asyncio
import time
from datetime import datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from dispatch.domain.clocks import ClockState
from dispatch.services.action import Services
from dispatch.store.clocks import Clock
from dispatch.timekeeping import FileClock

_LOOK_S = 0.2
_PATIENCE_S = 30.0
"""So long the day waits for one thing that is due: it goes on without what never happens."""
_WAITING = (
    "SELECT workflow_uuid FROM {schema}workflow_status WHERE status IN ('ENQUEUED', 'PENDING') "
    "AND name <> 'periodic'"
)


async def waiting_jobs(session: AsyncSession) -> list[str]:
    """The keys of jobs that are not done."""
    schema = "" if session.get_bind().dialect.name == "sqlite" else "dbos."
    return list((await session.execute(text(_WAITING.format(schema=schema)))).scalars())


class Lag:
    """Looks every now and then; on a machine with other work the day takes longer, and no more."""

    def __init__(self, services: Services, clock: FileClock, *, behind_s: float) -> None:
        self._services = services
        self._clock = clock
        self._behind = timedelta(seconds=behind_s)
        self._oldest: datetime | None = None
        self._since = time.monotonic()

    @property
    def is_long(self) -> bool:
        """Whether something is due for too long and still may happen."""
        if self._oldest is None or self._clock() - self._oldest < self._behind:
            return False
        return time.monotonic() - self._since < _PATIENCE_S

    async def watch(self) -> None:
        """Looks until it is cancelled."""
        while True:
            oldest = await self._oldest_due()
            if oldest != self._oldest:
                self._oldest, self._since = oldest, time.monotonic()
            await asyncio.sleep(_LOOK_S)

    async def settle(self, quiet_s: float) -> None:
        """Waits, while time stands still, until nothing is due and no job waits any more."""
        quiet = began = time.monotonic()
        while time.monotonic() - quiet < quiet_s and time.monotonic() - began < _PATIENCE_S:
            async with self._services.store.reading() as session:
                jobs = await waiting_jobs(session)
            if jobs or await self._oldest_due() is not None:
                quiet = time.monotonic()
            await asyncio.sleep(_LOOK_S)

    async def _oldest_due(self) -> datetime | None:
        """Due now, and not tried in vain before."""
        statement = select(func.min(Clock.due_at)).where(
            Clock.state == ClockState.RUNNING,
            Clock.due_at <= self._clock(),
            Clock.retry_at.is_(None),
        )
        async with self._services.store.reading() as session:
            return (await session.execute(statement)).scalar_one_or_none()

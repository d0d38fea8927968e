"""A worker: takes jobs, sweeps what falls due, and takes up what dead workers left."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

import structlog

from dispatch.jobs.courier import Courier
from dispatch.jobs.engine import Engine
from dispatch.jobs.means import Means, Work
from dispatch.jobs.periodic import Metronome
from dispatch.jobs.presence import presence_of
from dispatch.jobs.repairer import Repairer
from dispatch.jobs.sweeper import INTERVAL_S, Sweeper
from dispatch.jobs.work import WORK
from dispatch.notify import Senders
from dispatch.services.troubles import TROUBLES

_log = structlog.get_logger(__name__)

# Others' jobs are taken up within this time, and the time their lock takes to end.
_WATCH_S = 5.0
_AFTER_FAILURE_S = 5.0


@asynccontextmanager
async def working(
    means: Means,
    *,
    sweeps: bool = True,
    sweep_seconds: float = INTERVAL_S,
    jobs: bool = True,
    plans_at_once: int = 1,
    senders: Senders | None = None,
) -> AsyncIterator[None]:
    """While the block runs, this process sweeps what falls due, carries out jobs, and sends
    messages, if it is given `senders`."""
    at_work: list[Sweeper | Metronome | Repairer | Worker | Courier] = []
    if senders is not None:
        at_work.append(Courier(means.services, senders))
    if sweeps:
        at_work += [
            Sweeper(means.services, interval_s=sweep_seconds),
            Metronome(means),
            Repairer(means),
        ]
    if jobs:
        at_work.append(Worker(means, plans_at_once=plans_at_once))
    for each in at_work:
        each.start()
    try:
        yield
    finally:
        await asyncio.gather(*(each.stop() for each in at_work))


class Worker:
    """Carries out jobs in this process, from `start` to `stop`."""

    def __init__(
        self, means: Means, *, plans_at_once: int = 1, work: Mapping[str, Work] = WORK
    ) -> None:
        self._presence = presence_of(means.services.store)
        self._engine = Engine(
            means, work, executor=self._presence.name, plans_at_once=plans_at_once
        )
        self._launch: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        """Under which it takes jobs."""
        return self._presence.name

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="worker")

    async def stop(self) -> None:
        """Lets go of what is under way: the next worker, or another one, takes it up."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        if self._launch is not None:
            # It may be in the midst of it; a thread cannot be cancelled.
            with suppress(Exception):
                await self._launch
                await asyncio.to_thread(self._engine.stop)
        await self._presence.end()

    async def _run(self) -> None:
        while True:
            try:
                await self._begin()
                await self._watch()
            except Exception as error:  # noqa: BLE001 -- the database may be away for a while
                TROUBLES.failed("worker_failed", error)
            await asyncio.sleep(_AFTER_FAILURE_S)

    async def _begin(self) -> None:
        if self._launch is not None:
            return
        await self._presence.begin()
        loop = asyncio.get_running_loop()
        self._launch = asyncio.ensure_future(asyncio.to_thread(self._engine.launch, loop))
        try:
            await asyncio.shield(self._launch)
        except Exception:
            self._launch = None
            await self._presence.end()
            raise
        _log.info("worker_runs", worker=self.name)

    async def _watch(self) -> None:
        while True:
            await self._presence.keep()
            for other in await asyncio.to_thread(self._engine.executors):
                async with self._presence.gone(other) as is_gone:
                    if is_gone:
                        keys = await asyncio.to_thread(self._engine.release, other)
                        _log.warning("worker_gone", worker=other, taken_up=keys)
            await asyncio.sleep(_WATCH_S)

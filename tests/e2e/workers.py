"""Processes that are to be killed: of the `worker` command, or the sweeper alone."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url, text

from tests.factories import World

ROOT = Path(__file__).parents[2]
TAKE_OVER_S = 30.0
"""By then another worker has taken up what a dead one left."""


@dataclass
class Workers:
    """Processes of one kind on one database, forked by one that imported all."""

    order: str
    """What the nursery is told for one more."""
    nursery: asyncio.subprocess.Process
    processes: list[int]

    async def start(self, *more: str) -> int:
        """One more; `more` follows the order."""
        orders, answers = self.nursery.stdin, self.nursery.stdout
        assert orders is not None
        assert answers is not None
        orders.write(f"{' '.join((self.order, *more))}\n".encode())
        answer = await asyncio.wait_for(answers.readline(), timeout=120)
        self.processes.append(int(answer.split()[0]))
        return self.processes[-1]

    async def kill(self, process: int) -> None:
        """Ends one, as a power cut would."""
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
        await self.gone(process)

    async def gone(self, process: int) -> None:
        """Waits until one has ended."""
        self.processes.remove(process)
        with suppress(ProcessLookupError):
            while True:
                os.kill(process, 0)
                await asyncio.sleep(0.01)


@asynccontextmanager
async def two_workers(database_url: str) -> AsyncIterator[Workers]:
    """Two processes of the `worker` command."""
    async with processes("server_nursery", "worker", database_url, count=2) as workers:
        yield workers


@asynccontextmanager
async def processes(nurse: str, *order: str, count: int) -> AsyncIterator[Workers]:
    """So many processes that a nursery starts on an order."""
    nursery = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"tests.e2e.{nurse}"),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    workers = Workers(" ".join(order), nursery, [])
    try:
        for _ in range(count):
            await workers.start()
        yield workers
    finally:
        for process in tuple(workers.processes):
            await workers.kill(process)
        nursery.kill()
        await nursery.wait()


async def holder(world: World, *, job: str) -> int:
    """The process that has begun the newest job of a name."""
    url = make_url(world.services.store.url)
    if world.services.store.is_sqlite:
        return int(Path(f"{url.database}-worker").read_text())  # noqa: ASYNC240
    newest = text(
        "SELECT executor_id FROM dbos.workflow_status WHERE name = :job"
        " ORDER BY created_at DESC LIMIT 1"
    )
    async with world.services.store.reading() as session:
        name: str = (await session.execute(newest, {"job": job})).scalar_one()
    return int(name.split("-")[-2])

"""Processes of the `worker` command that are to be killed."""

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
    """Processes of the `worker` command on one database, forked by one that imported all."""

    database_url: str
    nursery: asyncio.subprocess.Process
    processes: list[int]

    async def start(self) -> None:
        """One more."""
        orders, answers = self.nursery.stdin, self.nursery.stdout
        assert orders is not None
        assert answers is not None
        orders.write(f"worker {self.database_url}\n".encode())
        answer = await asyncio.wait_for(answers.readline(), timeout=120)
        self.processes.append(int(answer.split()[0]))

    async def kill(self, process: int) -> None:
        """Ends one, as a power cut would."""
        self.processes.remove(process)
        os.kill(process, signal.SIGKILL)
        with suppress(ProcessLookupError):
            while True:
                os.kill(process, 0)
                await asyncio.sleep(0.01)


@asynccontextmanager
async def two_workers(database_url: str) -> AsyncIterator[Workers]:
    nursery = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.e2e.server_nursery"),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    workers = Workers(database_url, nursery, [])
    try:
        for _ in range(2):
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

"""Jobs: put down with their change, carried out by whichever worker is there, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from dispatch.jobs.means import Means, Work
from dispatch.jobs.worker import Worker
from dispatch.services.action import Tx
from dispatch.store.jobs import enqueue
from tests.factories import World


def no_planner() -> Any:
    raise AssertionError("these jobs plan nothing")


@asynccontextmanager
async def a_worker(world: World, work: Mapping[str, Work]) -> AsyncIterator[Worker]:
    worker = Worker(Means(world.services, no_planner), work=work)
    worker.start()
    try:
        yield worker
    finally:
        await worker.stop()


class Notes:
    """A job that notes what it was given."""

    def __init__(self, *, failures: int = 0) -> None:
        self.given: list[int] = []
        self.failures = failures
        self.waits = asyncio.Event()
        self.tries = 0

    async def job(self, means: Means, *, number: int) -> None:
        async with means.services.reading(None) as tx:  # type: ignore[arg-type]
            assert tx.now
        self.tries += 1
        if self.tries <= self.failures:
            raise RuntimeError("the database is away")
        self.given.append(number)

    async def until(self, count: int) -> None:
        async with asyncio.timeout(20):
            while len(self.given) < count:  # noqa: ASYNC110
                await asyncio.sleep(0.02)


async def test_a_job_is_there_with_its_change_or_not_at_all(world: World) -> None:
    notes = Notes()

    async def change_its_mind(tx: Tx) -> None:
        await enqueue(tx.session, "note", {"number": 1}, key="note-1")
        raise KeyError

    with pytest.raises(KeyError):
        await world.do(world.root, change_its_mind)
    async with world.services.writing(world.root) as tx:
        await enqueue(tx.session, "note", {"number": 2}, key="note-2")
        await enqueue(tx.session, "note", {"number": 2}, key="note-2")
    async with a_worker(world, {"note": notes.job}):
        await notes.until(1)
        # The same wish again, when it was done long ago.
        async with world.services.writing(world.root) as tx:
            await enqueue(tx.session, "note", {"number": 2}, key="note-2")
            await enqueue(tx.session, "note", {"number": 3}, key="note-3")
        await notes.until(2)
    assert notes.given == [2, 3]


async def test_what_fails_is_tried_again(world: World) -> None:
    notes = Notes(failures=1)
    async with world.services.writing(world.root) as tx:
        await enqueue(tx.session, "note", {"number": 1}, key="note")
    async with a_worker(world, {"note": notes.job}):
        await notes.until(1)
    assert notes.tries == 2


async def test_a_worker_that_ends_leaves_its_jobs_to_the_next(world: World) -> None:
    begun, notes = asyncio.Event(), Notes()

    async def endless(_means: Means, *, number: int) -> None:
        assert number == 1
        begun.set()
        await asyncio.Event().wait()

    async with world.services.writing(world.root) as tx:
        await enqueue(tx.session, "note", {"number": 1}, key="note")
    async with a_worker(world, {"note": endless}), asyncio.timeout(20):
        await begun.wait()
    async with a_worker(world, {"note": notes.job}):
        await notes.until(1)
    assert notes.given == [1]

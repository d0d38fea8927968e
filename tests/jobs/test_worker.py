"""Jobs: put down with their change, carried out by whichever worker is there, once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
import structlog

from dispatch.jobs.means import Means, Work
from dispatch.jobs.worker import Worker
from dispatch.services.action import Tx
from dispatch.services.policies import policy_of
from dispatch.store.jobs import enqueue
from dispatch.telemetry import metrics
from dispatch.telemetry.current import begin
from dispatch.telemetry.logs import set_up_logs
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


async def test_a_job_goes_on_with_the_trace_of_whoever_asked_for_it(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    done = asyncio.Event()
    tries = 0

    async def work(means: Means, *, number: int) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise RuntimeError(f"call 1380000000{number}")
        async with means.services.reading(world.root) as tx:
            await policy_of(tx, world.site.id)
        structlog.get_logger().info("at_work")
        done.set()

    ended = {outcome: _ended("traced", outcome) for outcome in ("failed", "done")}
    kept = structlog.get_config()
    set_up_logs()
    try:
        with begin("request", request_id="board-17", user_id=7) as asked:
            async with world.services.writing(world.root) as tx:
                await enqueue(tx.session, "traced", {"number": 1}, key="traced-1")
        async with a_worker(world, {"traced": work}), asyncio.timeout(20):
            await done.wait()
    finally:
        structlog.configure(**kept)
    told = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    about = {each["event"]: each for each in told if each.get("job") == "traced"}
    assert about.keys() == {"job_failed", "at_work"}
    for each in about.values():
        assert each["trace_id"] == asked.trace.trace_id
        assert each["job_id"] == "traced-1"
        # It acts for the service: who asked is found by the trace.
        assert "user" not in each
    assert about["at_work"]["site"] == world.site.id
    assert "13800000001" not in str(told)
    assert {name: _ended("traced", name) - ended[name] for name in ended} == {
        "failed": 1,
        "done": 1,
    }


def _ended(task: str, outcome: str) -> float:
    name, labels = "dispatch_job_duration_seconds_count", {"task": task, "outcome": outcome}
    return metrics.REGISTRY.get_sample_value(name, labels) or 0.0

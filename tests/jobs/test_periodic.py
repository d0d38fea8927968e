"""Periodic work is begun once each time, however many workers look for it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from dispatch.jobs.means import Means
from dispatch.jobs.periodic import PERIODIC, PERIODIC_JOB, Metronome, Periodic, claim, due
from dispatch.jobs.work import WORK
from dispatch.store.jobs import is_under_way
from dispatch.store.periodic import PeriodicWork
from tests.factories import World
from tests.jobs.test_worker import Notes, a_worker, no_planner

EVERY = timedelta(minutes=5)


def means_of(world: World) -> Means:
    return Means(world.services, no_planner)


async def claims(world: World, work: Periodic, *, workers: int = 4) -> int:
    """How many of several workers got it."""
    found = await asyncio.gather(*(claim(means_of(world), work) for _ in range(workers)))
    return sum(found)


async def carried_out(world: World) -> None:
    """Until a worker has done every job that was put down."""

    async def done(_means: Means, *, name: str) -> None:
        assert name

    async with a_worker(world, {PERIODIC_JOB: done}), asyncio.timeout(20):
        while await _waiting(world):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def _waiting(world: World) -> bool:
    async with world.services.store.reading() as session:
        return await is_under_way(session, PERIODIC_JOB)


async def nothing(_means: Means) -> None:
    """What jobs do is told elsewhere."""


async def test_each_time_is_claimed_once(world: World) -> None:
    work = Periodic("count", EVERY, nothing, is_job=True)
    assert await due(means_of(world), [work]) == [work]
    assert await claims(world, work) == 1
    assert await due(means_of(world), [work]) == []
    assert await claims(world, work) == 0
    await carried_out(world)
    world.clock.forward(minutes=5)
    assert await due(means_of(world), [work]) == [work]
    assert await claims(world, work) == 1


async def test_what_takes_longer_than_its_interval_never_runs_beside_itself(world: World) -> None:
    work = Periodic("count", EVERY, nothing, is_job=True)
    other = Periodic("counted", EVERY, nothing, is_job=True)
    begun = world.clock.now
    assert await claims(world, work) == 1
    world.clock.forward(minutes=6)
    assert await claims(world, work) == 0
    assert await due(means_of(world), [work]) == []
    (row,) = await world.rows(PeriodicWork)
    assert (row.began_at, row.next_at) == (begun, begun + timedelta(minutes=10))
    assert await claims(world, other) == 1
    await carried_out(world)
    world.clock.forward(minutes=5)
    assert await claims(world, work) == 1


async def test_what_was_missed_comes_once_and_then_in_step_again(world: World) -> None:
    work = Periodic("count", EVERY, nothing, is_job=True)
    begun = world.clock.now
    await claims(world, work)
    await carried_out(world)
    world.clock.forward(minutes=5 * 7 + 2)
    assert await claims(world, work) == 1
    (row,) = await world.rows(PeriodicWork)
    assert row.next_at == begun + timedelta(minutes=5 * 8)


async def test_long_work_is_put_down_as_a_job(world: World) -> None:
    notes = Notes()

    async def carry_out(means: Means, *, name: str) -> None:
        await notes.job(means, number=len(name))

    work = Periodic("count", EVERY, nothing, is_job=True)
    await claims(world, work)
    async with a_worker(world, {"periodic": carry_out}):
        await notes.until(1)
    assert notes.given == [5]


async def test_short_work_runs_where_it_is_found_and_its_failure_is_told(world: World) -> None:
    ran = asyncio.Event()

    async def fail(_means: Means) -> None:
        ran.set()
        raise RuntimeError("no such door")

    metronomes = [
        Metronome(means_of(world), [Periodic("open", EVERY, fail)], look_s=0.02) for _ in range(2)
    ]
    for each in metronomes:
        each.start()
    try:
        async with asyncio.timeout(20):
            await ran.wait()
            while not (rows := await world.rows(PeriodicWork, PeriodicWork.ended_at.is_not(None))):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    finally:
        for each in metronomes:
            await each.stop()
    assert rows[0].failure == "RuntimeError('no such door')"
    assert rows[0].next_at == world.clock.now + EVERY


async def test_short_work_whose_worker_died_is_begun_again_soon(world: World) -> None:
    work = Periodic("open", timedelta(seconds=1), nothing)
    assert await claims(world, work) == 1
    world.clock.forward(seconds=10)
    assert await claims(world, work) == 0
    world.clock.forward(seconds=21)
    assert await claims(world, work) == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_jobs_that_ended_long_ago_are_forgotten(world: World) -> None:
    notes = Notes()
    (forget,) = (each for each in PERIODIC if each.name == "forget_ended_jobs")
    async with a_worker(world, {**WORK, "note": notes.job}):
        await _put(world, 1)
        await notes.until(1)
        await forget.work(means_of(world))
        assert await _kept(world) == 1
        # The engine tells time by the machine's clock.
        world.clock.now += timedelta(days=40_000 / 365 * 30)
        async with asyncio.timeout(20):
            while await _kept(world):
                await forget.work(means_of(world))
                await asyncio.sleep(0.1)


async def _put(world: World, number: int) -> None:
    from dispatch.store.jobs import enqueue

    async with world.services.writing(world.root) as tx:
        await enqueue(tx.session, "note", {"number": number}, key=f"note-{number}")


async def _kept(world: World) -> int:
    from sqlalchemy import text

    async with world.services.store.reading() as session:
        found = await session.execute(text("SELECT count(*) FROM workflow_status"))
    return found.scalar_one()


async def test_a_work_that_is_a_job_is_left_to_whoever_takes_the_job(world: World) -> None:
    done: list[str] = []

    async def note(_means: Means) -> None:
        done.append("here")

    async def last(_means: Means) -> None:
        done.append("last")

    hour = timedelta(hours=1)
    table = [Periodic("long", hour, note, is_job=True), Periodic("short", hour, last)]
    metronome = Metronome(means_of(world), table, look_s=0.01)
    metronome.start()
    async with asyncio.timeout(20):
        while not done:  # noqa: ASYNC110 -- another task fills it
            await asyncio.sleep(0.01)
    await metronome.stop()
    assert done == ["last"]


async def test_a_work_that_cannot_even_be_noted_keeps_no_other_from_its_turn(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    async def fails(means: Means) -> None:
        # What tells of the failure in the database fails, too.
        monkeypatch.setattr(type(means.services.store), "writing", _broken)
        done.append("failed")

    async def works(_means: Means) -> None:
        done.append("worked")

    metronome = Metronome(
        means_of(world), [Periodic("fails", timedelta(hours=1), fails)], look_s=0.01
    )
    metronome.start()
    async with asyncio.timeout(20):
        while "failed" not in done:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        monkeypatch.undo()
        metronome._table = [Periodic("works", timedelta(hours=1), works)]
        while "worked" not in done:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await metronome.stop()


def _broken(_store: object) -> object:
    raise RuntimeError("no database")

"""Processes that fire clocks, killed at any moment: each clock fires once, with its effect."""

from __future__ import annotations

import asyncio
import random
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, make_url, select

from dispatch.domain.clocks import ClockState
from dispatch.domain.work_orders import AssignmentEnd, WorkOrderState
from dispatch.jobs.sweeper import sweep
from dispatch.services import work_orders
from dispatch.services.soundness import unsound
from dispatch.store.clocks import Clock
from dispatch.store.engine import Store
from dispatch.store.events import Event
from dispatch.store.messages import Message
from dispatch.store.offers import Offer
from dispatch.store.work_orders import Assignment, WorkOrder
from tests.e2e.workers import TAKE_OVER_S, Workers, processes
from tests.factories import MONDAY, World, a_world
from tests.support.runs import Run

SWEEPERS = 2
NOW = MONDAY + timedelta(days=2)
SIZES = (
    pytest.param(4, 2, id="short"),
    pytest.param(60, 40, id="long", marks=pytest.mark.slow),
)
"""Tickets, and how many processes are killed at a commit, and as many at any moment."""


@pytest.mark.rule("SLA-4", "SLA-3")
@pytest.mark.parametrize(("tickets", "kills"), SIZES)
async def test_killed_sweepers_lose_no_clock_and_fire_none_twice(
    database_url: str,
    run: Run,
    record_property: Callable[[str, object], None],
    tickets: int,
    kills: int,
) -> None:
    async with (
        processes("sweeper_nursery", "sweeper", database_url, NOW.isoformat(), count=0) as sweepers,
        a_world(database_url) as world,
    ):
        await a_standstill(world, tickets)
        async with a_copy(world, run) as undisturbed:
            while await sweep(undisturbed.services):
                pass
            wanted = await Record.of(undisturbed)
        most = wanted.fired.total()
        assert most > 6 * tickets
        chance = random.Random(11)
        for _ in range(kills):
            await die_at_a_commit(world, sweepers, commits=chance.randint(1, 2))
        assert 0 < await count_fired(world) < most
        longest, met = await kill_one_of_two(world, sweepers, kills, most=most, chance=chance)
        await until(lambda: count_due(world), lambda due: due == 0)
        found = await Record.of(world)
        await everything_is_once(world)
    record_property("seconds_until_others_went_on", round(longest, 2))
    print(f"{kills} died at a commit, {met} of {kills} at work; went on within {longest:.2f} s")
    assert found == wanted
    assert longest < TAKE_OVER_S


async def a_standstill(world: World, tickets: int) -> None:
    """Reports that nobody answered and orders that nobody accepted, a few at a time; then nobody
    swept for a day."""
    technician, _ = await world.technician()
    for number in range(tickets):
        if number % 2 == 0:
            # What is due in the same minute may fire together: so it comes in many pieces.
            world.clock.forward(minutes=2)
        await world.ticket()
        if number % 2 == 0:
            order = await world.public_order()
            await world.do(
                world.dispatcher,
                work_orders.assign,
                work_order_id=order.id,
                technician_id=technician.id,
            )
    world.clock.now = NOW


async def die_at_a_commit(world: World, sweepers: Workers, *, commits: int) -> None:
    """A sweeper works alone and dies with all written; what was not committed is as it was."""
    before = await count_fired(world)
    await sweepers.gone(await sweepers.start(str(commits)))
    after = await count_fired(world)
    assert (after > before) == (commits > 1)
    assert len(await world.events("clock.fired")) == after


async def kill_one_of_two(
    world: World, sweepers: Workers, kills: int, *, most: int, chance: random.Random
) -> tuple[float, int]:
    """Sweepers of which one is killed time and again: the longest that it took until the next clock
    fired, in seconds, and how many were killed while there was work."""
    begun = await count_fired(world)
    waits = [0.0]
    for _ in range(SWEEPERS):
        await sweepers.start()
    for number in range(kills):
        # The blows fall all along the work, whatever the speed of the machine.
        await fired_more(world, than=begun + (most - begun) * number // kills)
        await asyncio.sleep(chance.uniform(0.0, 0.03))
        await sweepers.kill(chance.choice(sweepers.processes))
        killed = time.monotonic()
        done = await count_fired(world)
        await sweepers.start()
        if done < most:
            await fired_more(world, than=done)
            waits.append(time.monotonic() - killed)
    return max(waits), len(waits) - 1


async def fired_more(world: World, *, than: int) -> None:
    await until(lambda: count_fired(world), lambda fired: fired > than)


async def until(count: Callable[[], Awaitable[int]], is_enough: Callable[[int], bool]) -> None:
    """Looks time and again, the processes being others."""
    async with asyncio.timeout(120):
        while True:
            if is_enough(await count()):
                return
            await asyncio.sleep(0.01)


async def count_fired(world: World) -> int:
    async with world.services.store.reading() as session:
        counted = select(func.count()).where(Clock.state == ClockState.FIRED)
        return (await session.execute(counted)).scalar_one()


async def count_due(world: World) -> int:
    due = (Clock.state == ClockState.RUNNING, Clock.due_at <= world.clock.now)
    return len(await world.rows(Clock, *due))


@dataclass(frozen=True)
class Record:
    """What a sweep left behind, without the ids that depend on who was first."""

    fired: Counter[Any]
    events: Counter[Any]
    told: Counter[Any]
    states: dict[int, WorkOrderState]
    offers: Counter[int]

    @classmethod
    async def of(cls, world: World) -> Record:
        clocks = await world.rows(Clock, Clock.state == ClockState.FIRED)
        messages = await world.rows(Message)
        return cls(
            fired=Counter(
                (each.subject, each.subject_id, each.kind, each.step, each.due_at)
                for each in clocks
            ),
            events=Counter(
                (each.kind, each.ticket_id, each.work_order_id, each.data.get("step"))
                for each in await world.events()
            ),
            told=Counter(
                (each.kind, each.reader, each.ticket_id, str(each.params)) for each in messages
            ),
            states={each.id: each.state for each in await world.rows(WorkOrder)},
            offers=Counter(each.work_order_id for each in await world.rows(Offer)),
        )


async def everything_is_once(world: World) -> None:
    """Each fired clock has its event once, none failed; what it did to an order was done once."""
    clocks = await world.rows(Clock)
    fired = {each.id for each in clocks if each.state is ClockState.FIRED}
    assert [each.id for each in clocks if each.tries or each.failed_at is not None] == []
    noted = Counter(each.subject_id for each in await world.events("clock.fired"))
    assert noted == Counter(fired)
    orders = await world.rows(WorkOrder)
    ended = await world.rows(Assignment)
    assert {each.state for each in orders} == {WorkOrderState.OFFERED}
    assert Counter(each.work_order_id for each in ended) == Counter(each.id for each in orders)
    assert {each.end for each in ended} == {AssignmentEnd.REASSIGNED}
    ids = [each.id for each in await world.rows(Event)]
    assert len(ids) == len(set(ids))
    async with world.services.store.reading() as session:
        assert await unsound(session, world.site.id, now=world.clock.now) == []


@asynccontextmanager
async def a_copy(world: World, run: Run) -> AsyncIterator[World]:
    """The same world over a copy of its database."""
    original = make_url(world.services.store.url)
    assert original.database is not None
    await world.services.store.close()
    if original.get_backend_name() == "sqlite":
        path = Path(f"{original.database}.copy")
        shutil.copyfile(original.database, path)
        url, remove = f"sqlite+aiosqlite:///{path}", path.unlink
    else:
        server, name = run.server(), f"{original.database}_copy"
        server.create_database(name, template=original.database)
        url, remove = server.url(name), lambda: server.drop_database(name)
    store = Store(url)
    try:
        yield replace(world, services=replace(world.services, store=store))
    finally:
        await store.close()
        remove()

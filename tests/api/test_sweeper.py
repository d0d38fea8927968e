"""What falls due happens once, however many processes sweep."""

from __future__ import annotations

import asyncio

import pytest

from dispatch.domain.plans import PlanRunState
from dispatch.jobs.sweeper import Sweeper, sweep
from dispatch.services import offers
from dispatch.store.offers import Offer
from dispatch.store.plans import PlanRun
from tests.factories import World


async def _offered(world: World) -> None:
    world.clock.now = world.clock.now.replace(hour=4, minute=0)
    await world.technician()
    order = await world.order()
    await world.do(world.dispatcher, offers.open_offer, work_order_id=order.id)


async def test_an_offer_ends_once_when_its_time_is_over(world: World) -> None:
    await _offered(world)
    assert await sweep(world.services) == 0
    world.clock.forward(minutes=6)
    ended = await asyncio.gather(*(sweep(world.services) for _ in range(8)))
    # A later one of them may find the order's next step due already.
    assert sum(ended) >= 1
    (offer,) = await world.rows(Offer)
    assert offer.closed_at == world.clock.now
    (event,) = await world.events("offer.expired")
    assert event.organization_id == world.root.organization_id
    assert event.origin == "sweeper"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_failed_round_does_not_end_the_sweeper(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _offered(world)
    world.clock.forward(minutes=6)
    failures = iter([RuntimeError("the database is away"), RuntimeError("still")])
    real = offers.expire_due

    async def sometimes(*args: object, **given: object) -> object:
        for failure in failures:
            raise failure
        return await real(*args, **given)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(offers, "expire_due", sometimes)
    sweeper = Sweeper(world.services, interval_s=0.01)
    sweeper.start()
    try:
        async with asyncio.timeout(20):
            while (await world.rows(Offer))[0].closed_at is None:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    finally:
        await sweeper.stop()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_run_whose_process_died_is_marked_as_failed(world: World) -> None:
    now = world.clock.now
    run = PlanRun(
        site_id=world.site.id,
        day=now.date(),
        state=PlanRunState.RUNNING,
        requested_by_name="test",
        starts_at=now,
        ends_at=now,
        started_at=now,
        seconds=5.0,
        seed=0,
        engine="auto",
    )
    async with world.services.writing(world.root) as tx:
        tx.session.add(run)
        await tx.session.flush()
    await sweep(world.services)
    assert [each.state for each in await world.rows(PlanRun)] == [PlanRunState.RUNNING]
    world.clock.forward(minutes=5)
    await sweep(world.services)
    assert [each.state for each in await world.rows(PlanRun)] == [PlanRunState.FAILED]

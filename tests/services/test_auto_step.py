"""The step AUTO: after the plan of the day had its chance, the optimizer is asked for one order."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import time, timedelta

import pytest

from dispatch.domain.triage import Priority
from dispatch.domain.work_orders import AssignmentStep, WorkOrderState
from dispatch.jobs.means import Means
from dispatch.jobs.sweeper import sweep
from dispatch.jobs.worker import Worker
from dispatch.planning.runner import Planner
from dispatch.services.auto_step import auto_step
from dispatch.store.messages import Message
from dispatch.store.work_orders import Assignment, WorkOrder
from tests.factories import World


@pytest.fixture(scope="module")
def planner() -> Iterator[Planner]:
    planner = Planner(1)
    yield planner
    asyncio.run(planner.close())


async def _order(world: World, order: WorkOrder) -> WorkOrder:
    (found,) = await world.rows(WorkOrder, WorkOrder.id == order.id)
    return found


async def _later(world: World, **delta: float) -> None:
    world.clock.forward(**delta)
    for _ in range(3):
        await sweep(world.services)


async def _auto(world: World, planner: Planner, order: WorkOrder) -> None:
    await auto_step(
        world.services,
        planner,
        organization_id=world.root.organization_id,
        work_order_id=order.id,
    )


@pytest.mark.rule("DSP-1")
async def test_when_no_plan_came_the_optimizer_finds_the_best_place(
    world: World, planner: Planner
) -> None:
    near, _ = await world.technician("near", home=(31.305, 120.605))
    await world.technician("far", home=(31.40, 120.70))
    order = await world.public_order()
    await _later(world, seconds=899)
    assert await world.events("work_order.auto_asked") == []
    worker = Worker(Means(world.services, lambda: planner))
    worker.start()
    try:
        await _later(world, seconds=1)
        assert len(await world.events("work_order.auto_asked")) == 1
        async with asyncio.timeout(40):
            while not await world.rows(  # noqa: ASYNC110
                Message, Message.kind == "ORDER_ASSIGNED"
            ):
                await asyncio.sleep(0.1)
    finally:
        await worker.stop()
    (held,) = await world.rows(Assignment, Assignment.work_order_id == order.id)
    assert (held.technician_id, held.step) == (near.id, AssignmentStep.AUTO)
    assert held.planned_start is not None
    assert held.why["alternatives"]
    # A job that is done twice does nothing the second time.
    await _auto(world, planner, order)
    assert len(await world.rows(Assignment)) == 1


@pytest.mark.rule("DSP-1")
async def test_what_the_optimizer_cannot_place_goes_to_the_next_step(
    world: World, planner: Planner
) -> None:
    # Nobody's shift is long enough for it; they may still grab it.
    await world.technician(ends=time(10))
    order = await world.public_order(duration_s=7 * 3600)
    await _auto(world, planner, order)
    assert (await _order(world, order)).dispatch_step is AssignmentStep.GRAB
    (event,) = await world.events("work_order.not_placed")
    assert event.data["reasons"] != [""]
    await _later(world, seconds=1)
    assert (await _order(world, order)).state is WorkOrderState.OFFERED


@pytest.mark.rule("DSP-1")
async def test_at_night_a_place_is_found_on_the_next_day(world: World, planner: Planner) -> None:
    world.clock.forward(hours=12)
    technician, _ = await world.technician()
    order = await world.public_order()
    await _auto(world, planner, order)
    (held,) = await world.rows(Assignment)
    assert held.technician_id == technician.id
    assert held.planned_start is not None
    assert held.planned_start > world.clock.now + timedelta(hours=10)
    assert order.id == held.work_order_id


@pytest.mark.rule("DSP-1")
async def test_how_long_an_order_waits_for_a_plan_goes_by_its_urgency_and_its_wish(
    world: World,
) -> None:
    await world.technician()
    wished = world.clock.now + timedelta(hours=6)
    await world.public_order(priority=Priority.EMERGENCY)
    await world.public_order(priority=Priority.HIGH)
    await world.public_order(wished_from=wished, wished_to=wished + timedelta(hours=2))
    asked: list[int] = []
    for minutes in (0, 5, 234, 2):
        await _later(world, minutes=minutes)
        asked.append(len(await world.events("work_order.auto_asked")))
    assert asked == [1, 2, 2, 3]

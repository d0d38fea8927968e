"""A day is planned again: from the plan in force, which is left only for what is worth it."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from dispatch.domain.plans import PlanState
from dispatch.domain.triage import Priority
from dispatch.planning.runner import Planner
from dispatch.services import plans
from dispatch.store.plans import Plan
from dispatch.store.technicians import Technician
from dispatch.store.work_orders import Assignment, WorkOrder
from tests.factories import World

SECONDS = 0.15


@pytest.fixture(scope="module")
def planner() -> Iterator[Planner]:
    planner = Planner(1)
    yield planner
    asyncio.run(planner.close())


async def auto_assign(world: World, planner: Planner) -> Plan:
    return await plans.auto_assign(
        world.services,
        planner,
        world.dispatcher,
        site_id=world.site.id,
        day=world.today(),
        seconds=SECONDS,
    )


async def held(world: World) -> dict[int, Assignment]:
    """Who holds what, by order."""
    rows = await world.rows(Assignment, Assignment.ended_at.is_(None))
    return {each.work_order_id: each for each in rows}


async def starts(world: World) -> dict[int, datetime]:
    """When each order that somebody holds is to begin."""
    return {
        key: each.planned_start
        for key, each in (await held(world)).items()
        if each.planned_start is not None
    }


async def due_before_its_start(world: World, order_id: int, **earlier: float) -> None:
    """The order is late by so much, as it is planned."""
    start = (await starts(world))[order_id]
    async with world.services.store.writing() as session:
        order = await session.get_one(WorkOrder, order_id)
        order.due_at = start - timedelta(**earlier)


async def two_orders_of_one(world: World, planner: Planner) -> tuple[list[WorkOrder], Technician]:
    """Ann holds two orders one after the other, in order of time; Bob has come to help."""
    await world.technician("Ann")
    orders = [await world.order(priority=Priority.LOW) for _ in range(2)]
    await auto_assign(world, planner)
    planned = await starts(world)
    orders.sort(key=lambda each: planned[each.id])
    bob, _ = await world.technician("Bob")
    return orders, bob


@pytest.mark.rule("DSP-3")
async def test_what_came_in_later_moves_nothing_for_a_small_gain(
    world: World, planner: Planner
) -> None:
    (_, late), bob = await two_orders_of_one(world, planner)
    before = await held(world)
    await due_before_its_start(world, late.id, minutes=5)
    added = await world.order(priority=Priority.LOW)
    plan = await auto_assign(world, planner)

    assert plan.state is PlanState.PUBLISHED
    after = await held(world)
    assert after.pop(added.id).technician_id == bob.id
    assert {key: (each.id, each.planned_start) for key, each in after.items()} == {
        key: (each.id, each.planned_start) for key, each in before.items()
    }


@pytest.mark.rule("DSP-3")
async def test_a_real_gain_moves_what_stands(world: World, planner: Planner) -> None:
    (first, late), bob = await two_orders_of_one(world, planner)
    before, planned = await held(world), await starts(world)
    await due_before_its_start(world, late.id, minutes=45)
    await auto_assign(world, planner)

    after = await held(world)
    assert after[first.id].id == before[first.id].id
    assert after[late.id].technician_id == bob.id
    assert (await starts(world))[late.id] < planned[late.id]


@pytest.mark.rule("DSP-3")
async def test_an_emergency_comes_before_what_stands(world: World, planner: Planner) -> None:
    await world.technician("Ann")
    orders = [await world.order(priority=Priority.LOW) for _ in range(2)]
    await auto_assign(world, planner)
    before = await held(world)
    burst = await world.order(priority=Priority.EMERGENCY)
    await auto_assign(world, planner)

    after, planned = await held(world), await starts(world)
    assert planned.keys() == {burst.id, *(each.id for each in orders)}
    for order in orders:
        assert planned[burst.id] < planned[order.id]
        assert after[order.id].id == before[order.id].id

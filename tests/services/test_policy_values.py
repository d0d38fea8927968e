"""Numbers that a site can set do what they say: those that no other test is about."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from dispatch.services import execution, policies, work_orders
from dispatch.services.plan_inputs import load_day
from dispatch.services.sites import local_day
from dispatch.store.categories import Category
from tests.factories import World

HOUR = 3600


async def set_policy(world: World, **document: Any) -> None:
    await world.do(world.root, policies.set_policy, site_id=world.site.id, document=document)


@pytest.mark.rule("TRI-1")
async def test_work_whose_length_nobody_says_takes_as_long_as_the_policy_says(
    world: World,
) -> None:
    leaf = await world.category("tap_leak")
    async with world.services.store.writing() as session:
        await session.execute(
            update(Category).where(Category.id == leaf.id).values(duration_s=None)
        )
    assert (await world.order()).duration_s == HOUR
    await set_policy(world, intake={"usual_duration_s": 2 * HOUR})
    assert (await world.order()).duration_s == 2 * HOUR
    assert (await world.order(duration_s=600)).duration_s == 600


@pytest.mark.rule("DSP-3")
async def test_who_worked_for_a_customer_is_known_to_them_for_the_policys_time(
    world: World,
) -> None:
    technician, account = await world.technician()
    order = await world.public_order(party_id=world.party.id)
    await world.do(
        world.dispatcher, work_orders.assign, work_order_id=order.id, technician_id=technician.id
    )
    for step in (execution.accept, execution.set_out, execution.arrive, execution.start):
        await world.do(account, step, work_order_id=order.id)
    await world.do(
        account,
        execution.complete,
        work_order_id=order.id,
        found="found",
        cause="cause",
        done="done",
        signature="王芳",
    )
    again = await world.public_order(party_id=world.party.id)
    world.clock.now += timedelta(minutes=30)

    async def known() -> set[int]:
        async with world.services.reading(world.root) as tx:
            day = await load_day(tx, world.site, local_day(tx, world.site))
        (found,) = [each for each in day.orders if each.order.id == again.id]
        return set(found.served_before)

    assert await known() == {technician.id}
    await set_policy(world, planning={"known_for_s": 1200})
    assert await known() == set()

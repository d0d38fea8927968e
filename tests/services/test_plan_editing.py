"""A proposed plan is changed by hand, and says which rules that breaks (DSP-5)."""

import asyncio
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dispatch.domain.errors import Code, Refused
from dispatch.domain.plans import PlanState
from dispatch.planning.runner import Planner
from dispatch.services import plans
from dispatch.services.plan_editing import move_stop
from dispatch.store.plans import Plan, PlanLeftOut, PlanRun, PlanStop
from dispatch.store.work_orders import Assignment, WorkOrder
from tests.factories import World

TOMORROW = date(2026, 11, 24)
ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture(scope="module")
def planner() -> Iterator[Planner]:
    planner = Planner(1)
    yield planner
    asyncio.run(planner.close())


async def proposed(world: World, planner: Planner) -> Plan:
    return await plans.propose(
        world.services,
        planner,
        world.dispatcher,
        site_id=world.site.id,
        day=TOMORROW,
        seconds=0.2,
    )


async def move(
    world: World, planner: Planner, plan: Plan, order: WorkOrder, to: int, **given: Any
) -> Plan:
    return await move_stop(
        world.services,
        planner,
        world.dispatcher,
        plan_id=plan.id,
        work_order_id=order.id,
        technician_id=to,
        **given,
    )


async def stops(world: World, plan: Plan) -> dict[int, PlanStop]:
    rows = await world.rows(PlanStop, PlanStop.plan_id == plan.id)
    return {row.work_order_id: row for row in rows}


def local(hour: int, minute: int = 0) -> datetime:
    return datetime.combine(TOMORROW, time(hour, minute), ZONE)


def broken(plan: Plan) -> set[tuple[str, int | None, int | None]]:
    return {(each["code"], each["order_id"], each["technician_id"]) for each in plan.warnings}


@pytest.mark.rule("DSP-5")
async def test_a_stop_goes_to_another_place_and_time_of_a_route(
    world: World, planner: Planner
) -> None:
    near, _ = await world.technician("near")
    other, _ = await world.technician("other")
    orders = [await world.public_order(duration_s=3600) for _ in range(3)]
    plan = await proposed(world, planner)
    for position, order in enumerate(orders):
        plan = await move(world, planner, plan, order, near.id, position=position)
    found = await stops(world, plan)
    assert [found[order.id].position for order in orders] == [0, 1, 2]
    assert {stop.technician_id for stop in found.values()} == {near.id}
    # To the front: the others keep their order and come later.
    plan = await move(world, planner, plan, orders[2], near.id, position=0)
    after = await stops(world, plan)
    assert [after[orders[i].id].position for i in (2, 0, 1)] == [0, 1, 2]
    assert after[orders[0].id].starts_at >= after[orders[2].id].ends_at
    assert plan.warnings == []
    # To another at a time.
    plan = await move(world, planner, plan, orders[0], other.id, starts_at=local(14))
    after = await stops(world, plan)
    assert (after[orders[0].id].technician_id, after[orders[0].id].starts_at) == (
        other.id,
        local(14),
    )
    assert plan.warnings == []
    (run,) = await world.rows(PlanRun, PlanRun.id == plan.run_id)
    changes = {each["work_order_id"]: each["crew"] for each in run.figures["changes"]}
    assert changes[orders[0].id] == [other.id]
    assert plan.terms["technicians_used"] == 2
    await world.do(world.dispatcher, plans.publish, plan_id=plan.id)
    held = {each.work_order_id: each for each in await world.rows(Assignment)}
    assert held[orders[0].id].planned_start == local(14)


@pytest.mark.rule("DSP-5")
async def test_every_rule_it_breaks_is_warned_of(world: World, planner: Planner) -> None:
    able, _ = await world.technician("able")
    low, _ = await world.technician("low", trades={"plumbing": 1})
    early, _ = await world.technician("early", ends=time(10), work_limit_s=3600)
    narrow = await world.public_order(
        level=2, duration_s=3600, wished_from=local(15), wished_to=local(16)
    )
    long = await world.public_order(level=2, duration_s=4 * 3600)
    plan = await proposed(world, planner)
    assert (await stops(world, plan))[narrow.id].technician_id == able.id
    plan = await move(world, planner, plan, narrow, low.id)
    assert broken(plan) == {("SKILL", narrow.id, low.id)}
    plan = await move(world, planner, plan, narrow, able.id, starts_at=local(9))
    assert broken(plan) == {("WINDOW", narrow.id, able.id)}
    plan = await move(world, planner, plan, long, early.id)
    assert broken(plan) == {
        ("WINDOW", narrow.id, able.id),
        ("SHIFT_END", None, early.id),
        ("WORK_LIMIT", None, early.id),
    }
    # Mended: nothing is warned of any more.
    plan = await move(world, planner, plan, long, able.id, position=0)
    plan = await move(world, planner, plan, narrow, able.id, starts_at=local(15))
    assert broken(plan) == set()


@pytest.mark.rule("DSP-5")
async def test_what_was_left_out_can_be_put_in_and_a_part_published(
    world: World, planner: Planner
) -> None:
    low, _ = await world.technician("low", trades={"plumbing": 1})
    easy = await world.public_order(level=1, duration_s=1800)
    hard = await world.public_order(level=3, duration_s=1800)
    other, _ = await world.technician("other", trades={"electrical": 1})
    plan = await proposed(world, planner)
    (left,) = await world.rows(PlanLeftOut, PlanLeftOut.plan_id == plan.id)
    assert left.work_order_id == hard.id
    plan = await move(world, planner, plan, hard, other.id)
    assert await world.rows(PlanLeftOut, PlanLeftOut.plan_id == plan.id) == []
    assert broken(plan) == {("SKILL", hard.id, other.id)}
    done = await world.do(world.dispatcher, plans.publish, plan_id=plan.id, technician_ids=[low.id])
    assert done.state is PlanState.PUBLISHED
    held = {each.work_order_id: each.technician_id for each in await world.rows(Assignment)}
    assert held == {easy.id: low.id}


@pytest.mark.rule("DSP-5")
async def test_a_hand_on_the_wrong_plan_is_refused(world: World, planner: Planner) -> None:
    near, _ = await world.technician("near")
    order = await world.public_order()
    plan = await proposed(world, planner)
    other = await world.public_order()
    for given, code in (
        ({"order": order, "to": near.id + 999}, Code.NOT_FOUND),
        ({"order": order, "to": near.id, "position": -1}, Code.OUT_OF_RANGE),
        ({"order": order, "to": near.id, "version": plan.version + 1}, Code.STALE_VERSION),
    ):
        with pytest.raises(Refused) as error:
            await move(world, planner, plan, **given)
        assert error.value.refusals[0].code is code
    # A newer order may be put in by hand, too.
    plan = await move(world, planner, plan, other, near.id)
    assert other.id in await stops(world, plan)
    with pytest.raises(Refused) as error:
        await move_stop(
            world.services,
            planner,
            world.desk,
            plan_id=plan.id,
            work_order_id=order.id,
            technician_id=near.id,
        )
    assert error.value.refusals[0].code is Code.FORBIDDEN
    await world.do(world.dispatcher, plans.drop, plan_id=plan.id)
    with pytest.raises(Refused) as error:
        await move(world, planner, plan, order, near.id)
    assert error.value.refusals[0].code is Code.WRONG_STEP

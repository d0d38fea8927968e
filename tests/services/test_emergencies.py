"""Emergencies and single orders are put into the running day (DSP-6, DSP-4)."""

import asyncio
from collections.abc import Iterator
from datetime import time, timedelta

import pytest

from dispatch.domain.clocks import ClockKind
from dispatch.domain.errors import Code, Refused
from dispatch.domain.plans_in_force import DisturbanceCause, PlanCause
from dispatch.domain.triage import Priority
from dispatch.domain.work_orders import PauseReason, WorkOrderState
from dispatch.planning.runner import Planner
from dispatch.services import emergencies, execution, insertions, policies, work_orders
from dispatch.services.fittings import Inserted
from dispatch.services.soundness import unsound
from dispatch.store.clocks import Clock
from dispatch.store.plans_in_force import Disturbance, PlanInForce
from dispatch.store.work_orders import Assignment, WorkOrder
from tests.factories import World

NEAR, FAR = (31.301, 120.601), (31.36, 120.70)


@pytest.fixture(scope="module")
def planner() -> Iterator[Planner]:
    planner = Planner(1)
    yield planner
    asyncio.run(planner.close())


async def insert(world: World, planner: Planner, order: WorkOrder) -> Inserted:
    return await emergencies.insert_emergency(
        world.services, planner, world.dispatcher, work_order_id=order.id
    )


async def given_to(world: World, technician_id: int, *, after_s: int = 0, **fields: object) -> int:
    """A public order that somebody holds."""
    order = await world.public_order(**fields)
    await world.do(
        world.dispatcher,
        work_orders.assign,
        work_order_id=order.id,
        technician_id=technician_id,
        planned_start=world.clock.now + timedelta(seconds=after_s),
        override_reason="the day is full",
    )
    return order.id


async def state_of(world: World, order_id: int) -> WorkOrder:
    return (await world.rows(WorkOrder, WorkOrder.id == order_id))[0]


@pytest.mark.rule("DSP-6")
async def test_the_nearest_leaves_low_work_and_who_loses_what_is_kept(
    world: World, planner: Planner
) -> None:
    near, own = await world.technician("near", home=NEAR)
    await world.technician("far", home=FAR)
    await world.technician("nearer, but no plumber", trades={"electrical": 3})
    low = await given_to(world, near.id, priority=Priority.LOW, duration_s=3600)
    later = await given_to(world, near.id, after_s=600, duration_s=3600)
    for step in (execution.accept, execution.set_out, execution.arrive, execution.start):
        await world.do(own, step, work_order_id=low)
    before = (await world.rows(Assignment, Assignment.work_order_id == later))[0]
    order = await world.order(priority=Priority.EMERGENCY)
    done = await insert(world, planner, order)
    assert done.assignment is not None
    assert done.assignment.technician_id == near.id
    assert done.assignment.planned_start is not None
    assert done.assignment.planned_start - world.clock.now < timedelta(minutes=10)
    interrupted = await state_of(world, low)
    assert interrupted.state is WorkOrderState.PAUSED
    assert interrupted.resume_on is not None
    assert done.assignment.planned_end is not None
    assert interrupted.resume_on >= done.assignment.planned_end
    assert interrupted.pause_reason is PauseReason.EMERGENCY
    (reminder,) = await world.rows(
        Clock, Clock.kind == ClockKind.RESUME_DUE, Clock.work_order_id == low
    )
    assert reminder.due_at == interrupted.resume_on
    async with world.services.store.reading() as session:
        assert await unsound(session, world.site.id, now=world.clock.now) == []
    after = (await world.rows(Assignment, Assignment.work_order_id == later))[0]
    assert after.planned_start > before.planned_start
    (told,) = [
        each for each in await world.events("work_order.replanned") if each.subject_id == later
    ]
    assert "dispatch_step" not in told.after
    # As it is read again, whatever zone it was reckoned in.
    assert str(told.after.get("told_start", "+00:00")).endswith("+00:00")
    (row,) = await world.rows(PlanInForce)
    assert row.why is PlanCause.EMERGENCY
    event = (await world.events("plan_in_force.changed"))[-1]
    assert event.data["interrupted"] == [low]
    moved = {each["work_order_id"]: each for each in event.data["moves"]}
    assert moved[order.id]["crew"] == [near.id]
    assert moved[later]["was_starts_at"] == before.planned_start.isoformat()
    assert moved[later]["starts_at"] == after.planned_start.isoformat()
    # Why it was them, and who else there was (DSP-13).
    others = done.assignment.why["alternatives"]
    assert others[0]["technician_id"] == near.id
    assert others[0]["leaves_order_id"] == low
    assert len(others) == 2


@pytest.mark.rule("DSP-6")
async def test_work_that_is_not_low_is_not_left(world: World, planner: Planner) -> None:
    near, own = await world.technician("near", home=NEAR)
    far, _ = await world.technician("far", home=FAR)
    normal = await given_to(world, near.id, duration_s=7200)
    for step in (execution.accept, execution.set_out):
        await world.do(own, step, work_order_id=normal)
    first = await world.order(priority=Priority.EMERGENCY)
    done = await insert(world, planner, first)
    assert done.assignment is not None
    assert done.assignment.technician_id == far.id
    assert (await state_of(world, normal)).state is WorkOrderState.EN_ROUTE
    # The site says how urgent work may be and still be left: who is on the way turns back.
    await world.do(
        world.root,
        policies.set_policy,
        site_id=world.site.id,
        document={"live": {"interrupts_up_to": "NORMAL"}},
    )
    done = await insert(world, planner, await world.order(priority=Priority.EMERGENCY))
    assert done.assignment is not None
    assert done.assignment.technician_id == near.id
    assert (await state_of(world, normal)).state is WorkOrderState.ACCEPTED


@pytest.mark.rule("DSP-6")
async def test_what_finds_no_room_any_more_disturbs_the_day(world: World, planner: Planner) -> None:
    near, _ = await world.technician("near", home=NEAR, ends=time(11))
    later = await given_to(world, near.id, after_s=1200, duration_s=5400)
    order = await world.order(priority=Priority.EMERGENCY, duration_s=3600)
    done = await insert(world, planner, order)
    assert done.assignment is not None
    event = (await world.events("plan_in_force.changed"))[-1]
    assert event.data["lost"] == [later]
    (row,) = await world.rows(Disturbance, Disturbance.cause == DisturbanceCause.DISPLACED.value)
    assert row.work_order_id == order.id


@pytest.mark.rule("DSP-6", "DSP-2")
async def test_nobody_is_sent_who_may_not_go(world: World, planner: Planner) -> None:
    await world.technician("low level", trades={"plumbing": 1})
    await world.technician("off", starts=time(14))
    order = await world.order(priority=Priority.EMERGENCY, level=2)
    with pytest.raises(Refused) as error:
        await insert(world, planner, order)
    assert error.value.refusals[0].code is Code.NOBODY_FREE
    assert (await state_of(world, order.id)).state is WorkOrderState.QUEUED


@pytest.mark.rule("DSP-4", "DSP-13")
async def test_one_order_is_inserted_or_the_reason_told(world: World, planner: Planner) -> None:
    near, _ = await world.technician("near", home=NEAR)
    far, _ = await world.technician("far", home=FAR)
    held = await given_to(world, near.id, after_s=7200, duration_s=3600)
    order = await world.order(duration_s=1800)
    done = await insertions.insert_order(
        world.services, planner, world.dispatcher, work_order_id=order.id
    )
    assert done.assignment is not None
    assert done.assignment.technician_id == near.id
    assert done.assignment.why["step"] == "AUTO"
    assert [each["technician_id"] for each in done.assignment.why["alternatives"]] == [far.id]
    (kept,) = await world.rows(Assignment, Assignment.work_order_id == held)
    assert kept.planned_start == world.clock.now + timedelta(seconds=7200)
    hard = await world.order(level=3)
    none = await insertions.insert_order(
        world.services, planner, world.dispatcher, work_order_id=hard.id
    )
    assert none.assignment is None
    assert none.why is not None
    assert (none.why.found.code, (none.why.found.remedy or {}).get("code")) == (
        "NO_TRADE",
        "LOWER_LEVEL",
    )

# A planned time may be missing by the table; in these tests each order has one.
# pyright: reportOptionalOperand=false, reportOperatorIssue=false
# pyright: reportCallIssue=false, reportArgumentType=false
"""Whatever disturbs a running day is repaired by itself, with the fewest changes (DSP-7)."""

import asyncio
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from dispatch.domain.plans import PlanState
from dispatch.domain.plans_in_force import DisturbanceCause, DisturbanceOutcome, PlanCause
from dispatch.domain.rights import Actor
from dispatch.domain.triage import Priority
from dispatch.domain.work_orders import WorkOrderState
from dispatch.jobs.means import Means
from dispatch.jobs.repairer import tend_days, tend_emergencies
from dispatch.planning.runner import Planner
from dispatch.services import delays, execution, offers, plans, policies, repairs, work_orders
from dispatch.store.messages import Message
from dispatch.store.plans import Plan
from dispatch.store.plans_in_force import Disturbance, PlanInForce
from dispatch.store.work_orders import Assignment, WorkOrder
from tests.factories import World

TODAY = date(2026, 11, 23)
QUICK = {"planning": {"repair_seconds": 0.2}, "live": {"settle_s": 0}}


@pytest.fixture(scope="module")
def planner() -> Iterator[Planner]:
    planner = Planner(1)
    yield planner
    asyncio.run(planner.close())


async def a_day(world: World, planner: Planner, *, people: int, orders: int) -> list[Actor]:
    """A published day of so many people and public orders of an hour."""
    await world.do(world.root, policies.set_policy, site_id=world.site.id, document=QUICK)
    actors = [(await world.technician(f"t{number}"))[1] for number in range(people)]
    for _ in range(orders):
        await world.public_order(duration_s=3600)
    await plans.auto_assign(
        world.services, planner, world.dispatcher, site_id=world.site.id, day=TODAY, seconds=0.2
    )
    return actors


async def tend(world: World, planner: Planner) -> int:
    return await tend_days(Means(world.services, lambda: planner))


async def held(world: World) -> dict[int, Assignment]:
    rows = await world.rows(Assignment, Assignment.ended_at.is_(None))
    return {row.work_order_id: row for row in rows}


def first_of(assignments: dict[int, Assignment], technician_id: int | None) -> Assignment:
    """What somebody is to do first."""
    own = [each for each in assignments.values() if each.technician_id == technician_id]
    return min(own, key=lambda each: each.planned_start)


async def under_way(world: World, actor: Actor, order_id: int, *, started: bool = False) -> None:
    steps = [execution.accept, execution.set_out]
    if started:
        steps += [execution.arrive, execution.start]
    for step in steps:
        await world.do(actor, step, work_order_id=order_id)


async def settled(world: World) -> list[tuple[DisturbanceCause, DisturbanceOutcome | None]]:
    return [(row.what, row.result) for row in await world.rows(Disturbance)]


@pytest.mark.rule("DSP-7")
async def test_who_falls_ill_is_relieved_and_customers_are_told(
    world: World, planner: Planner
) -> None:
    ill, _ = await a_day(world, planner, people=2, orders=5)
    before = await held(world)
    homeless = {key for key, each in before.items() if each.technician_id == ill.technician_id}
    await under_way(world, ill, first_of(before, ill.technician_id).work_order_id)
    await world.do(ill, delays.report_ill, technician_id=ill.technician_id, reason="fever")
    version = (await world.rows(PlanInForce))[0].version
    assert await tend(world, planner) == 1
    after = await held(world)
    assert ill.technician_id not in {each.technician_id for each in after.values()}
    for key in before.keys() - homeless:
        assert abs(after[key].planned_start - before[key].planned_start) <= timedelta(minutes=15)
    assert await settled(world) == [(DisturbanceCause.ILL, DisturbanceOutcome.REPAIRED)]
    (row,) = await world.rows(PlanInForce)
    assert (row.why, row.version, row.repairing_until) == (PlanCause.REPAIRED, version + 1, None)
    event = (await world.events("plan_in_force.changed"))[-1]
    lost = {each["work_order_id"] for each in event.data["moves"]}
    assert homeless <= lost
    moved = {
        key
        for key in after.keys() & before.keys()
        if abs(after[key].planned_start - before[key].planned_start) > timedelta(minutes=15)
    }
    told = await world.rows(Message, Message.kind == "ARRIVAL_MOVED")
    assert {message.work_order_id for message in told} == moved
    assert moved
    # The day holds: nothing is left to repair.
    assert await tend(world, planner) == 0


@pytest.mark.rule("DSP-7")
async def test_a_late_start_and_a_job_that_runs_over_are_seen_by_the_clock(
    world: World, planner: Planner
) -> None:
    (own,) = await a_day(world, planner, people=1, orders=2)
    before = await held(world)
    first = first_of(before, own.technician_id)
    (second,) = [each for each in before.values() if each.id != first.id]
    world.clock.now = first.planned_start + timedelta(minutes=9)
    await tend(world, planner)
    assert await settled(world) == []
    # More than ten minutes late: the rest of the day moves.
    world.clock.forward(minutes=5)
    await tend(world, planner)
    assert await settled(world) == [(DisturbanceCause.LATE, DisturbanceOutcome.REPAIRED)]
    moved = await held(world)
    assert moved[first.work_order_id].planned_start >= world.clock.now
    await under_way(world, own, first.work_order_id, started=True)
    world.clock.now = moved[first.work_order_id].planned_end + timedelta(minutes=30)
    await tend(world, planner)
    assert (await settled(world))[-1] == (DisturbanceCause.OVERRUN, DisturbanceOutcome.REPAIRED)
    after = await held(world)
    assert after[first.work_order_id].planned_end > world.clock.now
    assert after[second.work_order_id].planned_start >= after[first.work_order_id].planned_end
    # Looked over again at once, nothing is late any more.
    world.clock.forward(seconds=61)
    assert await tend(world, planner) == 0


@pytest.mark.rule("DSP-7")
async def test_only_a_day_that_runs_and_is_due_is_to_be_looked_over(
    world: World, planner: Planner
) -> None:
    await a_day(world, planner, people=1, orders=1)

    async def to_watch() -> int:
        return len(await delays.days_to_watch(world.services, origin="repairer"))

    assert await to_watch() == 1
    await tend(world, planner)
    assert await to_watch() == 0
    # Longer than any policy's shortest interval, not as long as this one's.
    world.clock.forward(seconds=59)
    assert await to_watch() == 0
    world.clock.forward(seconds=1)
    assert await to_watch() == 1
    world.clock.forward(days=1)
    assert await to_watch() == 0


@pytest.mark.rule("DSP-7")
async def test_ones_own_word_and_ones_device_tell_of_a_delay(
    world: World, planner: Planner
) -> None:
    (own,) = await a_day(world, planner, people=1, orders=2)
    before = await held(world)
    first = first_of(before, own.technician_id)
    assert own.technician_id is not None
    free_at = world.clock.now + timedelta(hours=2)
    await world.do(own, delays.report_delay, technician_id=own.technician_id, free_at=free_at)
    assert await tend(world, planner) == 1
    after = await held(world)
    assert min(each.planned_start for each in after.values()) >= free_at
    # On the way, but far off: the device knows before anybody else.
    world.clock.now = free_at
    first = first_of(after, own.technician_id)
    await under_way(world, own, first.work_order_id)
    await world.do(
        own, delays.locate, technician_id=own.technician_id, latitude=31.6, longitude=120.9
    )
    assert await tend(world, planner) == 1
    last = (await world.rows(Disturbance))[-1]
    assert (last.what, last.work_order_id) == (DisturbanceCause.LATE, first.work_order_id)
    expected = (await held(world))[first.work_order_id].planned_start
    assert expected > first.planned_start + timedelta(minutes=10)


@pytest.mark.rule("DSP-7")
async def test_what_was_grabbed_gets_a_time_and_what_was_declined_somebody_else(
    world: World, planner: Planner
) -> None:
    own, other = await a_day(world, planner, people=2, orders=2)
    order = await world.public_order(duration_s=1800)
    await world.do(world.dispatcher, offers.open_offer, work_order_id=order.id)
    await world.do(own, offers.grab, work_order_id=order.id)
    assert (await held(world))[order.id].planned_start is None
    await tend(world, planner)
    taken = (await held(world))[order.id]
    assert taken.technician_id == own.technician_id
    assert taken.planned_start is not None
    declined = first_of(await held(world), other.technician_id)
    if declined.work_order_id == order.id:
        pytest.fail("the grabbed order changed hands")
    await world.do(
        other, execution.decline, work_order_id=declined.work_order_id, reason="no ladder"
    )
    assert DisturbanceCause.DECLINED in {row.what for row in await world.rows(Disturbance)}
    await tend(world, planner)
    assert all(result is not None for _, result in await settled(world))


@pytest.mark.rule("DSP-7")
async def test_a_site_may_want_to_be_asked(world: World, planner: Planner) -> None:
    ill, _ = await a_day(world, planner, people=2, orders=4)
    asks = {**QUICK, "live": {"settle_s": 0, "repairs_automatic": False}}
    await world.do(world.root, policies.set_policy, site_id=world.site.id, document=asks)
    before = await held(world)
    await world.do(
        world.dispatcher, delays.report_ill, technician_id=ill.technician_id, reason="fever"
    )
    await tend(world, planner)
    assert {key: each.technician_id for key, each in (await held(world)).items()} == {
        key: each.technician_id for key, each in before.items()
    }
    (row,) = await world.rows(Disturbance)
    assert row.result is DisturbanceOutcome.PROPOSED
    (plan,) = await world.rows(Plan, Plan.id == row.plan_id)
    assert plan.state is PlanState.PROPOSED
    (message,) = await world.rows(Message, Message.kind == "REPAIR_PROPOSED")
    assert message.params["number"] == plan.number
    await world.do(world.dispatcher, plans.publish, plan_id=plan.id)
    assert ill.technician_id not in {each.technician_id for each in (await held(world)).values()}


@pytest.mark.rule("DSP-7")
async def test_one_day_is_repaired_by_one_at_a_time(world: World) -> None:
    ill, _ = await world.technician("ill")
    order = await world.public_order()
    at = world.clock.now + timedelta(hours=1)
    await world.do(world.root, policies.set_policy, site_id=world.site.id, document=QUICK)
    await world.do(
        world.dispatcher,
        work_orders.assign,
        work_order_id=order.id,
        technician_id=ill.id,
        planned_start=at,
    )
    await world.do(world.dispatcher, delays.report_ill, technician_id=ill.id)
    # A planner of this test alone: those who wait for one another share an event loop.
    planner = Planner(1)
    try:
        outcomes = await asyncio.gather(
            *(
                repairs.repair_day(
                    world.services, planner, world.root, site_id=world.site.id, day=TODAY
                )
                for _ in range(3)
            )
        )
    finally:
        await planner.close()
    assert sum(outcome is not None for outcome in outcomes) == 1
    assert len(await world.rows(Plan)) == 1


@pytest.mark.rule("DSP-6")
async def test_an_emergency_goes_to_the_nearest_by_itself(world: World, planner: Planner) -> None:
    own, _ = await a_day(world, planner, people=2, orders=2)
    means = Means(world.services, lambda: planner)
    order = await world.order(priority=Priority.EMERGENCY)
    assert await tend_emergencies(means) == 1
    (row,) = await world.rows(WorkOrder, WorkOrder.id == order.id)
    assert row.state is WorkOrderState.ASSIGNED
    assert (await held(world))[order.id].planned_start < world.clock.now + timedelta(minutes=30)
    assert await tend_emergencies(means) == 0
    # Nobody can: the order stays with the steps of the site's policy.
    hard = await world.order(priority=Priority.EMERGENCY, level=3)
    assert await tend_emergencies(means) == 1
    (row,) = await world.rows(WorkOrder, WorkOrder.id == hard.id)
    assert row.state is WorkOrderState.QUEUED
    assert await tend_emergencies(means) == 0
    assert own.technician_id is not None

"""Plan runs as jobs: taken up by any worker, made once."""

import asyncio
import os
import signal
from collections.abc import Iterator
from datetime import date

import pytest

from dispatch.domain.errors import Code, Refused
from dispatch.domain.plans import PlanRunKind, PlanRunState, PlanState
from dispatch.domain.work_orders import WorkOrderState
from dispatch.jobs.sweeper import sweep
from dispatch.planning.runner import Planner
from dispatch.services import plan_jobs, plan_runs, plans, work_orders
from dispatch.store.plans import Plan, PlanRun, PlanStop
from dispatch.store.users import User
from dispatch.store.work_orders import WorkOrder
from tests.factories import World

TODAY = date(2026, 11, 23)
ASSIGN = PlanRunKind.ASSIGN


@pytest.fixture(scope="module")
def planner() -> Iterator[Planner]:
    planner = Planner(1)
    yield planner
    asyncio.run(planner.close())


async def begun(world: World, kind: PlanRunKind, *, seconds: float = 0.15) -> int:
    """A queued run that nobody carries out yet."""
    proposal = plan_runs.Proposal(kind, is_queued=True)
    arguments = {"site_id": world.site.id, "day": TODAY, "seconds": seconds, "seed": 0}
    return (await world.do(world.dispatcher, proposal.begin, **arguments)).id


async def the_run(world: World) -> PlanRun:
    (run,) = await world.rows(PlanRun)
    return run


@pytest.mark.rule("DSP-4")
async def test_a_run_that_two_workers_carry_out_has_one_plan(world: World) -> None:
    await world.technician()
    orders = [await world.order() for _ in range(3)]
    run_id = await begun(world, ASSIGN)
    # One of this test's own: who waits for a planner belongs to the test's event loop.
    planner = Planner(1)
    try:
        await asyncio.gather(
            *(plan_jobs.carry_out(world.services, planner, run_id=run_id) for _ in range(2))
        )
        await plan_jobs.carry_out(world.services, planner, run_id=run_id)
    finally:
        await planner.close()
    (plan,) = await world.rows(Plan)
    assert (plan.run_id, plan.state) == (run_id, PlanState.PUBLISHED)
    run = await the_run(world)
    assert (run.state, run.takes) == (PlanRunState.DONE, 2)
    assert plan.published_by_name == run.requested_by_name == world.dispatcher.name
    assigned = await world.events("work_order.assigned")
    assert sorted(event.work_order_id or 0 for event in assigned) == [each.id for each in orders]
    assert len(await world.events("plan.published")) == 1
    assert len(await world.events("plan_run.taken_up")) == 1


async def test_it_rests_on_the_day_as_it_is_when_it_is_carried_out(
    world: World, planner: Planner
) -> None:
    await world.technician()
    kept, gone = await world.order(), await world.order()
    run_id = await begun(world, ASSIGN)
    await world.do(world.dispatcher, work_orders.cancel, work_order_id=gone.id, reason="gone")
    late = await world.order()
    await plan_jobs.carry_out(world.services, planner, run_id=run_id)
    stops = await world.rows(PlanStop)
    assert {stop.work_order_id for stop in stops} == {kept.id, late.id}
    assert set((await the_run(world)).basis["work_orders"]) == {str(kept.id), str(late.id)}


async def test_an_optimizer_that_is_killed_is_replaced_within_the_run(
    world: World, planner: Planner
) -> None:
    for number in range(3):
        await world.technician(f"师傅{number}")
    # So many and so unlike each other that the optimizer is still at it when it is killed.
    for number in range(40):
        await world.order(duration_s=1_400 + 311 * number)
    await planner.warm()
    victims = planner.process_ids
    run_id = await begun(world, ASSIGN, seconds=3.0)

    def kill(_progress: object) -> None:
        if victims:
            os.kill(victims.pop(), signal.SIGKILL)

    await plan_jobs.carry_out(world.services, planner, run_id=run_id, on_progress=kill)
    assert victims == []
    run = await the_run(world)
    assert (run.state, run.takes) == (PlanRunState.DONE, 2)
    assert [plan.state for plan in await world.rows(Plan)] == [PlanState.PUBLISHED]


async def test_a_run_that_ends_every_worker_ends_itself(world: World, planner: Planner) -> None:
    await world.technician()
    await world.order()
    run_id = await begun(world, ASSIGN)
    actor = world.root
    for _ in range(5):
        assert await plan_jobs.take_up(world.services, actor, run_id=run_id) is not None
    await plan_jobs.carry_out(world.services, planner, run_id=run_id)
    run = await the_run(world)
    assert run.state is PlanRunState.FAILED
    assert run.failure == "every worker that began it came to an end"
    assert await world.rows(Plan) == []


async def test_the_sweeper_leaves_queued_runs_to_the_workers(world: World) -> None:
    await world.technician()
    await world.order()
    await begun(world, ASSIGN)
    world.clock.forward(minutes=30)
    await sweep(world.services)
    assert (await the_run(world)).state is PlanRunState.RUNNING


async def test_who_waits_hears_why_there_is_no_plan(world: World, planner: Planner) -> None:
    await world.technician()
    order = await world.order()
    waiting = asyncio.create_task(
        plans.auto_assign(
            world.services, None, world.dispatcher, site_id=world.site.id, day=TODAY, seconds=0.15
        )
    )
    async with asyncio.timeout(30):
        while not await world.rows(PlanRun):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    await world.do(world.dispatcher, work_orders.cancel, work_order_id=order.id, reason="gone")
    await plan_jobs.carry_out(world.services, planner, run_id=(await the_run(world)).id)
    with pytest.raises(Refused) as error:
        await waiting
    assert error.value.refusals[0].code is Code.NOTHING_TO_PLAN


async def test_an_account_that_was_closed_publishes_nothing(world: World, planner: Planner) -> None:
    await world.technician()
    await world.order()
    run_id = await begun(world, ASSIGN)
    async with world.services.writing(world.root) as tx:
        user = await tx.session.get_one(User, world.dispatcher.user_id)
        user.disabled_at = tx.now
        await tx.session.flush()
    await plan_jobs.carry_out(world.services, planner, run_id=run_id)
    assert (await the_run(world)).state is PlanRunState.FAILED
    assert await world.rows(Plan) == []
    assert {each.state for each in await world.rows(WorkOrder)} == {WorkOrderState.QUEUED}

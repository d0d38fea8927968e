"""Idempotency keys where things go wrong: what was refused may be wished for again."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from dispatch.domain.errors import Code, Refused
from dispatch.domain.plans import PlanRunState
from dispatch.planning.runner import Planner
from dispatch.services import accounts, execution, offers, plan_making, plans, work_orders
from dispatch.services.action import Tx
from dispatch.store.idempotency import IdempotencyKey
from dispatch.store.plans import PlanRun
from dispatch.store.users import User
from tests.factories import World
from tests.services.test_tickets import codes

TODAY = date(2026, 11, 23)


@pytest.mark.rule("INT-5")
async def test_a_wrong_door_code_under_a_key_stays_a_wrong_door_code(world: World) -> None:
    order = await world.order()
    lead, actor = await world.technician()
    await world.do(
        world.dispatcher, work_orders.assign, work_order_id=order.id, technician_id=lead.id
    )
    for step in (execution.accept, execution.set_out, execution.arrive):
        await world.do(actor, step, work_order_id=order.id)
    assert order.door_code is not None
    wrong = f"{(int(order.door_code) + 1) % 10**6:06d}"

    async def start(code: str) -> Any:
        return await world.services.perform_once(
            actor, "door", execution.start, work_order_id=order.id, door_code=code
        )

    for left in (4, 3):
        with pytest.raises(Refused) as error:
            await start(wrong)
        assert codes(error) == {"door_code": "DOOR_CODE_WRONG"}
        assert error.value.refusals[0].params["left"] == left
    assert await world.rows(IdempotencyKey) == []
    assert (await start(order.door_code)).id == order.id


@pytest.mark.rule("INT-5")
async def test_a_plan_whose_run_failed_may_be_wished_for_again(world: World) -> None:
    await world.technician()
    await world.order()
    given: dict[str, Any] = {"site_id": world.site.id, "day": TODAY, "seconds": 0.2}
    dead = Planner(1)
    await dead.close()
    for service in (plans.propose, plans.auto_assign):
        with pytest.raises(Refused) as error:
            await service(world.services, dead, world.dispatcher, **given, idempotency_key="k")
        assert codes(error) == {"": "PLAN_RUN_FAILED"}
    planner = Planner(1)
    try:
        plan = await plans.propose(
            world.services, planner, world.dispatcher, **given, idempotency_key="k"
        )
        again = await plans.propose(
            world.services, planner, world.dispatcher, **given, idempotency_key="k"
        )
    finally:
        await planner.close()
    assert plan.id == again.id
    states = [run.state for run in await world.rows(PlanRun)]
    assert states == [PlanRunState.FAILED, PlanRunState.FAILED, PlanRunState.DONE]


async def test_a_key_of_one_plan_call_is_not_the_others(world: World) -> None:
    await world.technician()
    await world.order()
    given: dict[str, Any] = {"site_id": world.site.id, "day": TODAY, "seconds": 0.2}
    planner = Planner(1)
    try:
        await plans.propose(
            world.services, planner, world.dispatcher, **given, idempotency_key="k#1"
        )
        await plans.auto_assign(
            world.services, planner, world.dispatcher, **given, idempotency_key="k"
        )
        # The longest key that other calls take is not too long for this one.
        await plans.auto_assign(
            world.services, planner, world.dispatcher, **given, idempotency_key="x" * 200
        )
    finally:
        await planner.close()
    assert len(await world.rows(PlanRun)) == 3


async def test_what_a_fault_within_a_run_says_stays_in_the_log(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.technician()
    await world.order()

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret of the house")

    monkeypatch.setattr(plan_making, "build_problem", broken)
    planner = Planner(1)
    with pytest.raises(Refused) as refused:
        await plans.propose(
            world.services, planner, world.dispatcher, site_id=world.site.id, day=TODAY
        )
    await planner.close()
    (refusal,) = refused.value.refusals
    assert refusal.code is Code.PLAN_RUN_FAILED
    assert "secret" not in str(refusal.params)
    (run,) = await world.rows(PlanRun)
    assert run.failure
    assert "secret" not in run.failure
    assert "RuntimeError" not in run.failure


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_two_at_once_for_one_name_are_told_and_not_broken(world: World) -> None:
    made = await asyncio.gather(
        *(world.do(world.root, accounts.create_user, username="same", name="x") for _ in range(6)),
        return_exceptions=True,
    )
    refused = [each for each in made if not isinstance(each, User)]
    assert len(refused) == 5
    assert all(
        isinstance(each, Refused) and each.refusals[0].code is Code.ALREADY_EXISTS
        for each in refused
    )


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_deadlock_that_comes_again_and_again_is_busy(world: World) -> None:
    async def doomed(tx: Tx) -> None:
        await tx.session.execute(
            text("DO $$ BEGIN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END $$")
        )

    with pytest.raises(Refused) as error:
        await world.do(world.root, doomed)
    assert codes(error) == {"": "BUSY"}


@pytest.mark.rule("SEC-4")
async def test_what_another_rows_event_wrote_along_is_still_told_by_the_rows_own(
    world: World,
) -> None:
    order = await world.order()
    await world.technician()
    await world.do(world.dispatcher, offers.open_offer, work_order_id=order.id)
    (event,) = await world.events("work_order.offered")
    assert (event.before["state"], event.after["state"]) == ("QUEUED", "OFFERED")

"""What appointments bring about: the day follows, people are reminded, promises are kept or not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dispatch.domain.appointments import AppointmentState
from dispatch.domain.errors import Code, Refused
from dispatch.domain.rights import Actor, Role
from dispatch.domain.work_orders import WorkOrderState
from dispatch.jobs.sweeper import fire_clocks
from dispatch.planning.runner import Planner
from dispatch.services import agreeing, execution, holds, plans, postponing, reminders, work_orders
from dispatch.services.slots import VisitWished
from dispatch.store.clocks import Clock
from dispatch.store.messages import Message
from dispatch.store.plans import PlanLeftOut
from dispatch.store.plans_in_force import Disturbance
from dispatch.store.technicians import Technician
from dispatch.store.work_orders import Appointment, Assignment, WorkOrder
from tests.factories import World

TODAY = date(2026, 11, 23)
TOMORROW = TODAY + timedelta(days=1)
ZONE = ZoneInfo("Asia/Shanghai")
S = AppointmentState


@pytest.fixture(scope="module")
def planner() -> Iterator[Planner]:
    planner = Planner(1)
    yield planner
    asyncio.run(planner.close())


def window(hour: float, *, day: date = TODAY, hours: float = 2) -> dict[str, Any]:
    starts_at = datetime.combine(day, time(0), ZONE) + timedelta(hours=hour)
    return {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=hours)}


async def held_order(world: World, **given: Any) -> tuple[WorkOrder, Technician, Actor]:
    """An order that a technician has taken on for ten o'clock."""
    technician, account = await world.technician()
    order = await world.order(**given)
    await world.do(
        world.dispatcher,
        work_orders.assign,
        work_order_id=order.id,
        technician_id=technician.id,
        planned_start=window(10)["starts_at"],
    )
    await world.do(account, execution.accept, work_order_id=order.id)
    return order, technician, account


async def move(world: World, planner: Planner, order: WorkOrder, **given: Any) -> Appointment:
    actor = given.pop("actor", world.desk)
    wished = {"work_order_id": order.id, "reason": "客户要求", **given}
    return await agreeing.move(world.services, planner, actor, **wished)


async def fire(world: World, moment: datetime) -> None:
    world.clock.now = moment
    await fire_clocks(world.services, world.root)


async def told(world: World, kind: str) -> list[Message]:
    return await world.rows(Message, Message.kind == kind)


async def code_of(awaitable: Any) -> Code:
    with pytest.raises(Refused) as error:
        await awaitable
    return error.value.refusals[0].code


@pytest.mark.rule("APT-4")
async def test_the_day_follows_a_moved_appointment(world: World, planner: Planner) -> None:
    order, technician, _ = await held_order(world)
    first = await move(world, planner, order, **window(10))
    [assignment] = await world.rows(Assignment, Assignment.work_order_id == order.id)
    assert assignment.planned_start == window(10)["starts_at"]
    assert await world.rows(Disturbance, Disturbance.cause == "APPOINTMENT") == []
    moved = await move(world, planner, order, **window(14))
    [assignment] = await world.rows(Assignment, Assignment.work_order_id == order.id)
    # The same technician has it; when, is for the day's repair to find.
    assert (assignment.technician_id, assignment.ended_at) == (technician.id, None)
    assert assignment.planned_start is None
    [disturbed] = await world.rows(Disturbance, Disturbance.cause == "APPOINTMENT")
    assert (disturbed.day, disturbed.work_order_id) == (TODAY, order.id)
    changed = [
        each
        for each in await world.events("plan_in_force.changed", work_order_id=order.id)
        if each.data["cause"] == "APPOINTMENT"
    ]
    assert [each.data["appointment_id"] for each in changed] == [first.id, moved.id]
    (notice,) = [m for m in await told(world, "APPOINTMENT_MOVED") if m.technician_id]
    assert notice.technician_id == technician.id
    assert len(await told(world, "APPOINTMENT_MADE")) == 1


@pytest.mark.rule("APT-2")
@pytest.mark.rule("APT-4")
async def test_an_answer_that_was_lost_is_told_again_when_the_order_has_moved_on(
    world: World, planner: Planner
) -> None:
    order, _, account = await held_order(world)
    other = await world.order()
    asked: dict[str, Any] = {"work_order_id": other.id, **window(16)}
    services, actor = world.services, world.desk
    held = await holds.hold(services, planner, actor, idempotency_key="held", **asked)
    moved = await move(world, planner, order, idempotency_key="moved", **window(10))
    await world.do(account, execution.set_out, work_order_id=order.id)
    world.clock.now = window(20)["starts_at"]
    again = await move(world, planner, order, idempotency_key="moved", **window(10))
    assert again.id == moved.id
    again = await holds.hold(services, planner, actor, idempotency_key="held", **asked)
    assert again.id == held.id
    # With other words it is another wish, and refused as one.
    refused = move(world, planner, order, idempotency_key="moved", **window(14))
    assert await code_of(refused) is Code.IDEMPOTENCY_KEY_REUSED
    refused = move(world, planner, order, idempotency_key="another", **window(14))
    assert await code_of(refused) is Code.WRONG_STEP


@pytest.mark.rule("APT-4")
async def test_what_is_in_progress_or_has_ended_is_not_moved(
    world: World, planner: Planner
) -> None:
    order, _, account = await held_order(world)
    await move(world, planner, order, **window(10))
    await world.do(account, execution.set_out, work_order_id=order.id)
    later = window(14)
    assert await code_of(move(world, planner, order, **later)) is Code.WRONG_STEP
    assert (
        await code_of(
            holds.hold(world.services, planner, world.desk, work_order_id=order.id, **later)
        )
        is Code.WRONG_STEP
    )
    ended = await world.order()
    await world.do(world.desk, work_orders.cancel, work_order_id=ended.id, reason="重复")
    assert await code_of(move(world, planner, ended, **later)) is Code.WRONG_STEP
    assert await code_of(move(world, planner, order, **window(6))) is Code.WRONG_STEP


@pytest.mark.rule("APT-4")
async def test_an_arrival_keeps_the_promise_or_misses_it(world: World, planner: Planner) -> None:
    for moment, state in ((window(10)["ends_at"], S.MET), (window(14.5)["ends_at"], S.MISSED)):
        order, _, account = await held_order(world)
        starts = window(10) if state is S.MET else window(14)
        row = await move(world, planner, order, **starts)
        await world.do(account, execution.set_out, work_order_id=order.id)
        world.clock.now = moment
        await world.do(account, execution.arrive, work_order_id=order.id)
        [found] = await world.rows(Appointment, Appointment.id == row.id)
        assert (found.state, found.ended_at) == (state, moment)


@pytest.mark.rule("APT-4")
async def test_a_window_that_passed_was_missed_whatever_is_agreed_afterwards(
    world: World, planner: Planner
) -> None:
    order, _, _ = await held_order(world)
    missed = await move(world, planner, order, **window(10))
    world.clock.now = window(12.5)["starts_at"]
    await move(world, planner, order, **window(14), agreed_by="王芳")
    [old] = await world.rows(Appointment, Appointment.id == missed.id)
    assert (old.state, old.reason) == (S.MISSED, "客户要求")


@pytest.mark.rule("APT-4")
async def test_what_is_put_off_by_consent_is_a_move_like_any_other(
    world: World, planner: Planner
) -> None:
    await world.technician()
    order = await world.order()
    first = await move(world, planner, order, **window(14))
    await world.do(
        world.actors[Role.PROJECT_MANAGER],
        postponing.consent,
        work_order_id=order.id,
        reason="无人可派",
    )
    later = window(10, day=TOMORROW)
    await world.do(
        world.desk,
        postponing.postpone,
        work_order_id=order.id,
        appointment=(later["starts_at"], later["ends_at"]),
        reason="客户同意明天",
    )
    old, new = await world.rows(Appointment, Appointment.work_order_id == order.id)
    assert (old.id, old.state, old.reason) == (first.id, S.MOVED, "客户同意明天")
    assert (new.state, new.moved_from_id, new.starts_at) == (
        S.CONFIRMED,
        old.id,
        later["starts_at"],
    )


@pytest.mark.rule("APT-5")
async def test_half_an_hour_before_the_technician_is_reminded_and_five_minutes_later_the_leader(
    world: World, planner: Planner
) -> None:
    order, technician, _ = await held_order(world)
    await move(world, planner, order, **window(12))
    assert await world.rows(Clock, Clock.kind == "APPOINTMENT_REMINDER") == []
    moved = await move(world, planner, order, **window(14))
    [clock] = await world.rows(Clock, Clock.kind == "APPOINTMENT_REMINDER")
    assert clock.due_at == moved.starts_at - timedelta(minutes=30)
    await fire(world, clock.due_at)
    [reminder] = await told(world, "APPOINTMENT_REMINDER")
    assert reminder.technician_id == technician.id
    await fire(world, clock.due_at + timedelta(minutes=4, seconds=59))
    assert await told(world, "APPOINTMENT_UNANSWERED") == []
    await fire(world, clock.due_at + timedelta(minutes=5))
    [chase] = await told(world, "APPOINTMENT_UNANSWERED")
    assert chase.user_id == world.users[Role.TEAM_LEADER].id


@pytest.mark.rule("APT-5")
async def test_who_has_the_order_by_then_is_reminded_and_nobody_for_another_day(
    world: World, planner: Planner
) -> None:
    order, _, first = await held_order(world)
    await move(world, planner, order, **window(12))
    moved = await move(world, planner, order, **window(14))
    half_past = moved.starts_at - timedelta(minutes=30)
    # A word given early serves as long as who gave it has the order.
    await world.do(first, reminders.acknowledge, appointment_id=moved.id)
    await fire(world, half_past)
    assert await told(world, "APPOINTMENT_REMINDER") == []
    await world.do(world.desk, agreeing.release, appointment_id=moved.id, reason="重约")
    await move(world, planner, order, **window(14))
    moved = await move(world, planner, order, **window(15))
    half_past = moved.starts_at - timedelta(minutes=30)
    await fire(world, half_past)
    other, account = await world.technician()
    await world.do(
        world.dispatcher,
        work_orders.assign,
        work_order_id=order.id,
        technician_id=other.id,
        override_reason="换人",
    )
    await fire(world, half_past + timedelta(minutes=5))
    assert await told(world, "APPOINTMENT_UNANSWERED") == []
    assert (await told(world, "APPOINTMENT_REMINDER"))[-1].technician_id == other.id
    # Who is on the way needs no word.
    await world.do(account, execution.accept, work_order_id=order.id)
    await world.do(account, execution.set_out, work_order_id=order.id)
    await fire(world, half_past + timedelta(minutes=11))
    assert await told(world, "APPOINTMENT_UNANSWERED") == []
    further = await world.order()
    await move(world, planner, further, **window(16))
    await move(world, planner, further, **window(10, day=TOMORROW))
    clocks = await world.rows(Clock, Clock.kind == "APPOINTMENT_REMINDER")
    assert {each.work_order_id for each in clocks} == {order.id}


@pytest.mark.rule("APT-2")
async def test_a_plan_of_the_day_leaves_the_room_of_what_is_held(
    world: World, planner: Planner
) -> None:
    """Also what is held before there is an order; nobody is sent to it."""
    await world.technician(starts=time(10), ends=time(12))
    order = await world.order(duration_s=5400)
    visit = VisitWished(
        site_id=world.site.id, place_id=world.rooms[0].id, trade="plumbing", duration_s=5400
    )
    held = await holds.hold(
        world.services, planner, world.desk, visit=visit, **window(10, day=TOMORROW)
    )
    given = {"site_id": world.site.id, "day": TOMORROW, "seconds": 0.2}
    plan = await plans.propose(world.services, planner, world.dispatcher, **given)
    left = await world.rows(PlanLeftOut, PlanLeftOut.plan_id == plan.id)
    assert [each.work_order_id for each in left] == [order.id]
    await world.do(world.desk, agreeing.release, appointment_id=held.id)
    plan = await plans.propose(world.services, planner, world.dispatcher, **given)
    assert await world.rows(PlanLeftOut, PlanLeftOut.plan_id == plan.id) == []
    [order] = await world.rows(WorkOrder)
    assert order.state is WorkOrderState.QUEUED

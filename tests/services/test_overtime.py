"""Overtime: asked, agreed, approved; counted with the work done; limited, also for plans."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from dispatch.domain.errors import Refused
from dispatch.domain.plans_in_force import DisturbanceCause
from dispatch.domain.rights import Actor, Role
from dispatch.domain.shift_extensions import ExtensionState
from dispatch.jobs.sweeper import fire_clocks
from dispatch.services import (
    duty,
    execution,
    overtime,
    policies,
    shift_extensions,
    technicians,
    work_orders,
)
from dispatch.services.plan_inputs import load_day
from dispatch.store.messages import Message
from dispatch.store.plans_in_force import Disturbance
from dispatch.store.shift_extensions import OvertimeWorked, ShiftExtension
from dispatch.store.technicians import Technician
from tests.factories import World

HOUR = 3600


def evening(world: World, hour: float = 18, *, days: int = 0) -> datetime:
    """An hour of the world's Monday, or days later; shifts end at 18:00."""
    return world.clock.now + timedelta(hours=hour - 9, days=days)


async def ask(
    world: World, who: Technician, *, by: Actor | None = None, **given: Any
) -> ShiftExtension:
    return await world.do(
        by or world.dispatcher,
        shift_extensions.ask,
        **{
            "site_id": world.site.id,
            "technician_id": who.id,
            "starts_at": evening(world),
            "ends_at": evening(world, 20),
            "reason": "赶工",
            **given,
        },
    )


async def codes(world: World, actor: Actor, service: Any, **given: Any) -> list[str]:
    with pytest.raises(Refused) as refused:
        await world.do(actor, service, **given)
    return [each.code.value for each in refused.value.refusals]


async def shift_end(world: World, who: Technician) -> datetime:
    async with world.services.reading(world.root) as tx:
        day = duty.local_date(world.site, world.clock.now)
        found = await duty.shifts_of(tx, [who.id], site=world.site, day=day)
    return found[who.id][-1].ends_at


async def planned(world: World, who: Technician) -> tuple[datetime, int | None]:
    """Until when, and how far beyond, the planner may plan somebody."""
    async with world.services.reading(world.root) as tx:
        day = await load_day(tx, world.site, date(2026, 11, 23))
    (person,) = (each for each in day.people if each.technician.id == who.id)
    return person.shifts[-1].ends_at, person.overtime_s


@pytest.mark.rule("RST-5")
async def test_a_shift_is_longer_once_agreed_and_approved(world: World) -> None:
    who, actor = await world.technician("Li")
    version = (await world.rows(Technician, Technician.id == who.id))[0].version
    extension = await ask(world, who)
    assert extension.state is ExtensionState.ASKED
    given = {"shift_extension_id": extension.id}
    supervisor = world.actors[Role.SUPERVISOR]
    assert await codes(world, supervisor, shift_extensions.approve, **given) == ["WRONG_STEP"]
    assert await codes(world, world.dispatcher, shift_extensions.agree, **given) == ["FORBIDDEN"]
    agreed = await world.do(actor, shift_extensions.agree, **given)
    assert (agreed.state, agreed.agreed_at) == (ExtensionState.AGREED, world.clock.now)
    assert await shift_end(world, who) == evening(world)
    assert await codes(world, world.dispatcher, shift_extensions.approve, **given) == ["FORBIDDEN"]
    approved = await world.do(supervisor, shift_extensions.approve, **given)
    assert approved.decided_by_name == supervisor.name
    assert await shift_end(world, who) == evening(world, 20)
    assert (await planned(world, who))[0] == evening(world, 20)
    (row,) = await world.rows(Technician, Technician.id == who.id)
    assert row.version > version
    told = await world.rows(Message, Message.kind.startswith("OVERTIME"))
    assert [each.kind for each in told if each.technician_id == who.id] == [
        "OVERTIME_ASKED",
        "OVERTIME_ANSWERED",
    ]
    assert "OVERTIME_TO_APPROVE" in {each.kind for each in told}
    kinds = [each.kind for each in await world.events(subject="shift_extension")]
    assert kinds == [f"shift_extension.{each}" for each in ("asked", "agreed", "approved")]


@pytest.mark.rule("RST-5")
async def test_what_nobody_answers_or_approves_in_time_is_off(world: World) -> None:
    who, actor = await world.technician("Li")
    supervisor = world.actors[Role.SUPERVISOR]
    asked = await ask(world, who)
    document = {"overtime": {"answer_within_s": 600, "day_most_s": 2 * 3600}}
    await world.do(world.root, policies.set_policy, site_id=world.site.id, document=document)
    world.clock.forward(hours=4)
    await fire_clocks(world.services, world.root)
    assert await told_of_expiry(world) == {(who.id, None), (None, world.dispatcher.user_id)}
    # It counts no more: as much can be asked for again.
    again = await ask(world, who)
    await world.do(actor, shift_extensions.agree, shift_extension_id=again.id)
    world.clock.forward(minutes=9)
    await fire_clocks(world.services, world.root)
    states = [each.state for each in await world.rows(ShiftExtension)]
    assert states == [ExtensionState.WITHDRAWN, ExtensionState.AGREED]
    world.clock.forward(minutes=1)
    await fire_clocks(world.services, world.root)
    assert (None, supervisor.user_id) in await told_of_expiry(world)
    given = {"shift_extension_id": again.id}
    assert await codes(world, supervisor, shift_extensions.approve, **given) == ["WRONG_STEP"]
    waited = [each.data["waited_for"] for each in await world.events("shift_extension.expired")]
    assert waited == ["ASKED", "AGREED"]
    # Who answers in time is not asked about it again.
    third = await ask(world, who)
    await world.do(actor, shift_extensions.decline, shift_extension_id=third.id)
    world.clock.forward(minutes=30)
    await fire_clocks(world.services, world.root)
    assert len(await world.events("shift_extension.expired")) == 2
    assert asked.id != again.id


async def told_of_expiry(world: World) -> set[tuple[int | None, int | None]]:
    told = await world.rows(Message, Message.kind == "OVERTIME_EXPIRED")
    return {(each.technician_id, each.user_id if not each.technician_id else None) for each in told}


@pytest.mark.rule("RST-5")
async def test_who_may_approve_asks_for_the_word_of_the_technician_alone(world: World) -> None:
    who, actor = await world.technician()
    extension = await ask(world, who, by=world.actors[Role.SUPERVISOR])
    done = await world.do(actor, shift_extensions.agree, shift_extension_id=extension.id)
    assert done.state is ExtensionState.APPROVED
    assert done.decided_by_name == world.actors[Role.SUPERVISOR].name
    offered = await ask(
        world, who, by=actor, starts_at=evening(world, 20), ends_at=evening(world, 21)
    )
    assert offered.state is ExtensionState.AGREED
    assert await shift_end(world, who) == evening(world, 20)
    await world.do(
        world.root,
        policies.set_policy,
        site_id=world.site.id,
        document={"overtime": {"needs_approval": False}},
    )
    tomorrow: dict[str, Any] = {
        "starts_at": evening(world, days=1),
        "ends_at": evening(world, 19, days=1),
    }
    assert (await ask(world, who, by=actor, **tomorrow)).state is ExtensionState.APPROVED


@pytest.mark.rule("RST-5")
async def test_nobody_approves_their_own(world: World) -> None:
    who, _ = await world.technician()
    _, boss = await world.user(Role.SUPERVISOR, technician_id=None)
    boss = Actor(**{**_fields(boss), "technician_id": who.id})
    extension = await ask(world, who)
    given = {"shift_extension_id": extension.id}
    assert await codes(world, boss, shift_extensions.approve, **given) == ["FORBIDDEN"]


def _fields(actor: Actor) -> dict[str, Any]:
    return {name: getattr(actor, name) for name in actor.__dataclass_fields__}


@pytest.mark.rule("RST-5")
async def test_it_may_be_declined_rejected_and_withdrawn(world: World) -> None:
    who, actor = await world.technician()
    declined = await ask(world, who)
    await world.do(actor, shift_extensions.decline, shift_extension_id=declined.id)
    rejected = await ask(world, who)
    await world.do(actor, shift_extensions.agree, shift_extension_id=rejected.id)
    supervisor = world.actors[Role.SUPERVISOR]
    given = {"shift_extension_id": rejected.id}
    assert await codes(world, supervisor, shift_extensions.reject, **given, reason=" ") == [
        "REQUIRED"
    ]
    await world.do(supervisor, shift_extensions.reject, **given, reason="预算不足")
    extension = await ask(world, who, by=supervisor)
    given = {"shift_extension_id": extension.id}
    await world.do(actor, shift_extensions.agree, **given)
    order = await world.public_order()
    await world.do(
        world.dispatcher,
        work_orders.assign,
        work_order_id=order.id,
        technician_id=who.id,
        planned_start=evening(world, 18.5),
    )
    assert await codes(world, actor, shift_extensions.withdraw, **given) == ["FORBIDDEN"]
    await world.do(world.dispatcher, shift_extensions.withdraw, **given)
    assert await shift_end(world, who) == evening(world)
    ill = await world.rows(Disturbance, Disturbance.cause == DisturbanceCause.ILL.value)
    assert [each.technician_id for each in ill] == [who.id]
    assert await codes(world, actor, shift_extensions.agree, **given) == ["WRONG_STEP"]


@pytest.mark.rule("RST-5")
async def test_it_lies_outside_shifts_leave_and_other_overtime(world: World) -> None:
    who, _ = await world.technician()
    await ask(world, who)
    await world.do(
        world.root,
        technicians.add_leave,
        technician_id=who.id,
        starts_at=evening(world, days=2),
        ends_at=evening(world, 23, days=2),
    )
    for starts_at, ends_at in (
        (evening(world, 17), evening(world, 19)),
        (evening(world, 19), evening(world, 21)),
        (evening(world, days=2), evening(world, 19, days=2)),
    ):
        with pytest.raises(Refused) as refused:
            await ask(world, who, starts_at=starts_at, ends_at=ends_at)
        assert refused.value.refusals[0].code.value == "WITHIN_SHIFT"
    for starts_at, ends_at in (
        (evening(world, 21), evening(world, 20)),
        (evening(world, days=-1), evening(world, 20, days=-1)),
        (evening(world, 22), evening(world, 22.1)),
        (evening(world, 22), evening(world, 23, days=1)),
    ):
        with pytest.raises(Refused) as refused:
            await ask(world, who, starts_at=starts_at, ends_at=ends_at)
        assert refused.value.refusals[0].code.value == "OUT_OF_RANGE"


@pytest.mark.rule("RST-5")
async def test_what_is_agreed_on_counts_and_the_limits_hold(world: World) -> None:
    who, actor = await world.technician()
    limits = {"day_most_s": 2 * HOUR, "week_most_s": 3 * HOUR}
    await world.do(
        world.root,
        policies.set_policy,
        site_id=world.site.id,
        document={"overtime": limits},
    )
    await ask(world, who)
    with pytest.raises(Refused) as refused:
        await ask(world, who, starts_at=evening(world, 20), ends_at=evening(world, 21))
    assert refused.value.refusals[0].params == {"period": "DAY", "minutes": 120, "most": 120}
    tomorrow: dict[str, Any] = {
        "starts_at": evening(world, days=1),
        "ends_at": evening(world, 20, days=1),
    }
    with pytest.raises(Refused) as refused:
        await ask(world, who, **tomorrow)
    assert refused.value.refusals[0].params["period"] == "WEEK"
    # What was declined is no overtime.
    (asked,) = await world.rows(ShiftExtension)
    await world.do(actor, shift_extensions.decline, shift_extension_id=asked.id)
    later = await ask(world, who, **tomorrow)
    await world.do(actor, shift_extensions.agree, shift_extension_id=later.id)
    # Limits that are narrower by now hold for what waits for approval.
    await world.do(
        world.root,
        policies.set_policy,
        site_id=world.site.id,
        document={"overtime": dict.fromkeys(("day_most_s", "week_most_s", "month_most_s"), HOUR)},
    )
    supervisor = world.actors[Role.SUPERVISOR]
    given = {"shift_extension_id": later.id}
    assert await codes(world, supervisor, shift_extensions.approve, **given) == ["OVERTIME_LIMIT"]


@pytest.mark.rule("RST-5")
async def test_work_after_the_shift_is_counted_and_leaves_less_for_plans(world: World) -> None:
    who, actor = await world.technician("Li", ends=time(9, 30), overtime_limit_s=3 * HOUR)
    assert (await planned(world, who))[1] == 3 * HOUR
    order = await world.public_order()
    await world.do(
        world.dispatcher, work_orders.assign, work_order_id=order.id, technician_id=who.id
    )
    for step in (execution.accept, execution.set_out, execution.arrive, execution.start):
        await world.do(actor, step, work_order_id=order.id)
    world.clock.forward(hours=2)
    await world.do(
        actor,
        execution.complete,
        work_order_id=order.id,
        found="x",
        cause="x",
        done="x",
        signature="x",
    )
    (row,) = await world.rows(OvertimeWorked)
    assert (row.day, row.seconds, row.work_order_id) == (date(2026, 11, 23), 90 * 60, order.id)
    assert (await planned(world, who))[1] == 90 * 60
    async with world.services.reading(world.dispatcher) as tx:
        found = await overtime.counts_of(tx, who.id, site_id=world.site.id, day=date(2026, 11, 29))
    assert [(each.period.value, each.counted_s) for each in found] == [
        ("DAY", 0),
        ("WEEK", 90 * 60),
        ("MONTH", 90 * 60),
    ]
    # So much is left for the evening, no more.
    with pytest.raises(Refused) as refused:
        await ask(world, who, starts_at=evening(world, 18), ends_at=evening(world, 20))
    assert refused.value.refusals[0].params["minutes"] == 90


@pytest.mark.rule("RST-5")
async def test_work_within_a_longer_shift_is_not_counted_twice(world: World) -> None:
    who, actor = await world.technician("Li", ends=time(9, 30))
    extension = await ask(
        world,
        who,
        by=world.actors[Role.SUPERVISOR],
        starts_at=evening(world, 9.5),
        ends_at=evening(world, 10.5),
    )
    await world.do(actor, shift_extensions.agree, shift_extension_id=extension.id)
    order = await world.public_order()
    await world.do(
        world.dispatcher, work_orders.assign, work_order_id=order.id, technician_id=who.id
    )
    for step in (execution.accept, execution.set_out, execution.arrive, execution.start):
        await world.do(actor, step, work_order_id=order.id)
    world.clock.forward(hours=2)
    await world.do(
        actor,
        execution.complete,
        work_order_id=order.id,
        found="x",
        cause="x",
        done="x",
        signature="x",
    )
    (row,) = await world.rows(OvertimeWorked)
    assert row.seconds == 30 * 60
    given = {"shift_extension_id": extension.id}
    # It was worked: nobody takes it back any more.
    assert await codes(world, world.dispatcher, shift_extensions.withdraw, **given) == [
        "WRONG_STEP"
    ]

"""What is due fires once, in order, climbs its ladder, and holds nobody else up."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import func, select

from dispatch.domain.arrival_checks import ArrivalCheckState
from dispatch.domain.clocks import OPEN_CLOCKS, ORDER_KINDS, TICKET_KINDS, ClockKind, ClockState
from dispatch.domain.rights import Actor, Role
from dispatch.domain.work_orders import WorkOrderState
from dispatch.jobs.sweeper import fire_clocks, sweep
from dispatch.services import (
    arrival_checks,
    effects,
    execution,
    firing,
    policies,
    tickets,
    work_orders,
)
from dispatch.services.action import Tx
from dispatch.store.arrival_checks import ArrivalCheck
from dispatch.store.clocks import Clock
from dispatch.store.events import Event
from dispatch.store.messages import Message
from dispatch.store.technicians import Technician
from dispatch.store.work_orders import WorkOrder
from tests.factories import World

K = ClockKind
OURS = {kind.value for kind in (*TICKET_KINDS, *ORDER_KINDS)}


async def assigned(world: World) -> tuple[WorkOrder, Technician, Actor]:
    technician, account = await world.technician()
    order = await world.public_order()
    await world.do(
        world.dispatcher, work_orders.assign, work_order_id=order.id, technician_id=technician.id
    )
    return order, technician, account


async def fire(world: World) -> list[tuple[str, int]]:
    """All that is due, as a process of the service would fire it; kind and rung of each."""
    newest = max((each.id for each in await world.events("clock.fired")), default=0)
    await fire_clocks(world.services, world.root)
    fired = [each for each in await world.events("clock.fired") if each.id > newest]
    return [(e.data["clock"], e.data["step"]) for e in fired if e.data["clock"] in OURS]


async def told(world: World, clock: str) -> list[set[int | None]]:
    """Who was told of a clock's breach, by rung."""
    rungs: dict[Any, set[int | None]] = {}
    for each in await world.rows(Message, Message.kind == "CLOCK_BREACHED"):
        if each.params["clock"] == clock:
            rungs.setdefault(each.created_at, set()).add(each.user_id)
    return list(rungs.values())


def accounts_of(world: World, *roles: Role) -> set[int | None]:
    return {world.users[role].id for role in roles}


@pytest.mark.rule("SLA-3")
async def test_who_does_not_accept_is_chased_and_the_order_offered_again(world: World) -> None:
    order, _, account = await assigned(world)
    world.clock.forward(minutes=4)
    assert await fire(world) == []
    world.clock.forward(minutes=1)
    assert await fire(world) == [("ACCEPT", 0)]
    assert await fire(world) == []
    world.clock.forward(minutes=5)
    assert await fire(world) == [("ACCEPT", 1)]
    (order,) = await world.rows(WorkOrder)
    assert order.state is WorkOrderState.OFFERED
    # The desk took the ticket in: it is told of every escalation (INT-7).
    owner = accounts_of(world, Role.DESK)
    chased = accounts_of(world, Role.TEAM_LEADER, Role.DISPATCHER) | {account.user_id}
    assert await told(world, "ACCEPT") == [
        chased | owner,
        accounts_of(world, Role.SUPERVISOR) | owner,
    ]
    steps = [
        (each.data["step"], each.data["told"], each.data["order"])
        for each in await world.events("clock.escalated", work_order_id=order.id)
    ]
    assert steps == [
        (0, ["HOLDER", "LEADER", "DISPATCHER"], "NOTHING"),
        (1, ["SUPERVISOR"], "OFFER"),
    ]
    # Nobody holds it any more: its ladder has ended.
    world.clock.forward(minutes=4)
    assert await fire(world) == []


@pytest.mark.rule("SLA-3")
@pytest.mark.parametrize(
    ("move", "step"), [("REASSIGN", "AUTO"), ("SUPERVISOR", "SUPERVISOR"), ("NOTHING", None)]
)
async def test_a_sites_own_ladder_says_what_happens_to_the_order(
    world: World, move: str, step: str | None
) -> None:
    rungs = [{"after_s": 0, "tell": ["QUALITY"], "means": ["SMS"], "order": move}]
    await world.do(
        world.root,
        policies.set_policy,
        site_id=world.site.id,
        document={"clocks": {"accept_s": 60, "ladders": {"ACCEPT": rungs}}},
    )
    await assigned(world)
    world.clock.forward(minutes=1)
    assert await fire(world) == [("ACCEPT", 0)]
    (order,) = await world.rows(WorkOrder)
    (event,) = await world.events("clock.escalated")
    assert (event.data["means"], event.data["order"]) == (["SMS"], move)
    expected = WorkOrderState.ASSIGNED if step is None else WorkOrderState.QUEUED
    assert order.state is expected
    if step is not None:
        assert order.dispatch_step == step


@pytest.mark.rule("SLA-3")
async def test_a_step_in_time_ends_the_ladder(world: World) -> None:
    order, _, account = await assigned(world)
    world.clock.forward(minutes=6)
    await fire(world)
    await world.do(account, execution.accept, work_order_id=order.id)
    world.clock.forward(minutes=8)
    assert ("ACCEPT", 1) not in await fire(world)
    (order,) = await world.rows(WorkOrder)
    assert order.state is WorkOrderState.ACCEPTED


@pytest.mark.rule("SLA-1")
async def test_two_hours_without_progress_chase_the_team_leader(world: World) -> None:
    leader, leads = await world.technician("Leader")
    technician, account = await world.technician(leader_id=leader.id)
    order = await world.public_order()
    await world.do(
        world.dispatcher, work_orders.assign, work_order_id=order.id, technician_id=technician.id
    )
    for step in (execution.accept, execution.set_out, execution.arrive, execution.start):
        await world.do(account, step, work_order_id=order.id)
    world.clock.forward(hours=2)
    assert await fire(world) == [("PROGRESS", 0)]
    assert await told(world, "PROGRESS") == [{leads.user_id, account.user_id}]


@pytest.mark.rule("SLA-4")
async def test_after_a_standstill_all_that_became_due_fires_once_in_order(world: World) -> None:
    for _ in range(3):
        await assigned(world)
    await world.ticket()
    world.clock.forward(hours=9)
    fired = await asyncio.gather(*(fire_clocks(world.services, world.root) for _ in range(3)))
    assert sum(fired) > 10
    events = await world.events("clock.fired")
    ids = [each.subject_id for each in events]
    assert len(ids) == len(set(ids))
    by_id = {clock.id: clock for clock in await world.rows(Clock)}
    if world.services.store.is_sqlite:  # one writer at a time: the order is that of time
        due = [by_id[each].due_at for each in ids]
        assert all(one <= other for one, other in pairwise(due))
    assert [
        c for c in by_id.values() if c.state in OPEN_CLOCKS and c.due_at <= world.clock.now
    ] == []
    assert await fire_clocks(world.services, world.root) == 0


@pytest.mark.rule("SLA-4")
async def test_one_bad_effect_holds_up_nobody_and_is_shown_after_its_tries(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = await world.ticket()
    good = await world.ticket()
    climb = effects.EFFECTS[K.FIRST_ANSWER]

    async def fragile(tx: Tx, clock: Clock) -> None:
        if clock.ticket_id == bad.id:
            raise ValueError("the ladder is broken")
        await climb(tx, clock)

    mapped = {**effects.EFFECTS, K.FIRST_ANSWER: fragile}
    defaults = firing.fire_due.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "effects", mapped)
    world.clock.forward(minutes=30)
    assert await fire(world) == [("FIRST_ANSWER", 0)]
    assert {each.ticket_id for each in await world.rows(Message)} == {good.id}
    for expected in range(1, 6):
        (clock,) = await world.rows(Clock, Clock.ticket_id == bad.id, Clock.kind == "FIRST_ANSWER")
        assert clock.tries == expected
        if expected < 5:
            assert (clock.state, clock.failed_at) == (ClockState.RUNNING, None)
            # It is not tried again before its time.
            assert ("FIRST_ANSWER", 0) not in await fire(world)
            world.clock.forward(seconds=10 * 2 ** (expected - 1))
            await fire(world)
    (clock,) = await world.rows(Clock, Clock.ticket_id == bad.id, Clock.kind == "FIRST_ANSWER")
    assert clock.state is ClockState.FIRED
    assert clock.failed_at == world.clock.now
    assert "the ladder is broken" in clock.last_error
    (event,) = await world.events("clock.failed")
    assert event.ticket_id == bad.id


@pytest.mark.rule("SLA-4")
@pytest.mark.rule("SLA-1")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_week_passes_and_every_clock_fires_at_its_moment(world: World) -> None:
    """Time is an argument: the clock jumps from one due time to the next."""
    begins = world.clock.now
    made = {day: day * 3 + 1 for day in range(7)}
    waiting = [begins + timedelta(days=day, hours=hour) for day, hour in made.items()]
    while (now := await _next_due(world, waiting)) < begins + timedelta(days=7):
        world.clock.now = now
        while waiting and waiting[0] <= now:
            waiting.pop(0)
            await world.ticket()
        await fire_clocks(world.services, world.root)
    world.clock.now = begins + timedelta(days=7)
    clocks = {clock.id: clock for clock in await world.rows(Clock) if clock.kind in OURS}
    fired = [each for each in await world.events("clock.fired") if each.subject_id in clocks]
    assert [each for each in fired if each.at != clocks[each.subject_id].due_at] == []
    assert len({each.subject_id for each in fired}) == len(fired)
    due = {c.id for c in clocks.values() if c.due_at < world.clock.now}
    assert {each.subject_id for each in fired} == due
    resolve = [each.data["step"] for each in fired if each.data["clock"] == "RESOLVE"]
    # Seven tickets, each breached a day later, and told of again a day and two days after that.
    assert (resolve.count(0), resolve.count(1), resolve.count(2)) == (6, 5, 4)


async def _next_due(world: World, waiting: list[Any]) -> Any:
    async with world.services.store.reading() as session:
        soonest = select(func.min(Clock.due_at)).where(Clock.state == ClockState.RUNNING)
        due = (await session.execute(soonest)).scalar_one_or_none()
    return min([*waiting[:1], *([due] if due is not None else [])])


@pytest.mark.rule("SLA-5")
async def test_the_desk_asks_until_somebody_is_there(world: World) -> None:
    order, _, account = await assigned(world)
    await world.do(account, execution.accept, work_order_id=order.id)
    world.clock.forward(minutes=15)
    assert ("ARRIVAL_CHECK", 0) in await fire(world)
    (check,) = await world.rows(ArrivalCheck)
    assert (check.state, check.round, check.due_at) == (
        ArrivalCheckState.DUE,
        1,
        world.clock.now,
    )
    asked = await world.rows(Message, Message.kind == "ARRIVAL_CHECK_DUE")
    assert {each.user_id for each in asked} == accounts_of(world, Role.DESK)
    world.clock.forward(minutes=2)
    soon = world.clock.now + timedelta(minutes=20)
    await world.do(
        world.desk,
        arrival_checks.record,
        arrival_check_id=check.id,
        is_there=False,
        apologized=True,
        reason="traffic",
        new_time=soon,
    )
    world.clock.forward(minutes=14)
    assert ("ARRIVAL_CHECK", 1) not in await fire(world)
    world.clock.forward(minutes=1)
    assert ("ARRIVAL_CHECK", 1) in await fire(world)
    first, second = await world.rows(ArrivalCheck)
    assert (first.state, first.reason, first.new_time) == (
        ArrivalCheckState.NOT_THERE,
        "traffic",
        soon,
    )
    assert (second.state, second.round) == (ArrivalCheckState.DUE, 2)
    # Once the technician stands at the door nobody need be asked.
    await world.do(account, execution.set_out, work_order_id=order.id)
    await world.do(account, execution.arrive, work_order_id=order.id)
    _, second = await world.rows(ArrivalCheck)
    assert second.state is ArrivalCheckState.OBSOLETE
    world.clock.forward(hours=1)
    await fire(world)
    assert len(await world.rows(ArrivalCheck)) == 2


async def test_a_ticket_that_ends_takes_its_clocks_along(world: World) -> None:
    ticket = await world.ticket()
    world.clock.forward(minutes=31)
    await fire(world)
    await world.do(world.desk, tickets.cancel, ticket_id=ticket.id, reason="mistake")
    world.clock.forward(days=3)
    assert await fire(world) == []
    assert await sweep(world.services) == 0
    assert [e.kind for e in await world.rows(Event, Event.kind == "clock.failed")] == []

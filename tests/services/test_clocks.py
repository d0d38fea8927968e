"""Clocks start and stop with the changes that cause them, pause, and are counted anew."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from dispatch.domain.calendars import DayKind
from dispatch.domain.callbacks import CallResult
from dispatch.domain.clocks import (
    OPEN_CLOCKS,
    ORDER_KINDS,
    TICKET_KINDS,
    ClockCalendar,
    ClockKind,
    ClockState,
)
from dispatch.domain.rights import Actor, Role
from dispatch.domain.triage import Priority
from dispatch.domain.work_orders import PauseReason
from dispatch.services import (
    calendars,
    callbacks,
    execution,
    firing,
    offers,
    policies,
    progress_reports,
    tickets,
    work_orders,
)
from dispatch.store.callbacks import Callback
from dispatch.store.clocks import Clock
from dispatch.store.technicians import Technician
from dispatch.store.work_orders import WorkOrder
from tests.factories import World

K = ClockKind
HOURS, MINUTES = 3600, 60


async def running(world: World, **about: Any) -> dict[ClockKind, Clock]:
    """The open clocks of these rules, by kind."""
    found = [
        clock
        for clock in await world.rows(Clock)
        if clock.state in OPEN_CLOCKS
        and clock.what in (*TICKET_KINDS, *ORDER_KINDS)
        and all(getattr(clock, name) == value for name, value in about.items())
    ]
    assert len({clock.what for clock in found}) == len(found)
    return {clock.what: clock for clock in found}


async def due_in(world: World, **about: Any) -> dict[ClockKind, int]:
    """Seconds until each open clock is due."""
    now = world.clock.now
    return {
        kind: int((clock.due_at - now).total_seconds())
        for kind, clock in (await running(world, **about)).items()
    }


async def set_policy(world: World, valid_from: datetime | None = None, **document: Any) -> None:
    await world.do(
        world.root,
        policies.set_policy,
        site_id=world.site.id,
        document=document,
        valid_from=valid_from,
    )


async def assigned(world: World, **given: Any) -> tuple[WorkOrder, Technician, Actor]:
    technician, account = await world.technician(trades={"plumbing": 3})
    order = await world.public_order(**given)
    await world.do(
        world.dispatcher, work_orders.assign, work_order_id=order.id, technician_id=technician.id
    )
    return order, technician, account


@pytest.mark.rule("SLA-1")
async def test_every_clock_runs_from_its_cause_to_its_end(world: World) -> None:
    """The clocks of SLA-1 with their defaults, through the life of an ordinary ticket."""
    technician, account = await world.technician()
    ticket = await world.ticket(place_id=world.garden.id)
    whole = {K.RESOLVE: 24 * HOURS, K.STEWARD_REPORT: 4 * HOURS}
    assert await due_in(world) == {K.FIRST_ANSWER: 30 * MINUTES, **whole}
    leaf = await world.category("tap_leak")
    await world.do(world.desk, tickets.triage, ticket_id=ticket.id, category_id=leaf.id)
    (order,) = await world.rows(WorkOrder)
    assert order.priority is Priority.NORMAL
    # Nobody holds it yet; its window is the priority's time.
    waiting = {K.PROGRESS: 2 * HOURS, K.ARRIVE: 4 * HOURS, **whole}
    assert await due_in(world) == waiting
    world.clock.forward(minutes=10)
    await world.do(
        world.dispatcher, work_orders.assign, work_order_id=order.id, technician_id=technician.id
    )
    assert await due_in(world, work_order_id=order.id) == {
        K.ACCEPT: 5 * MINUTES,
        K.ARRIVAL_CHECK: 15 * MINUTES,
        K.PROGRESS: 2 * HOURS,
        K.ARRIVE: 4 * HOURS - 10 * MINUTES,
    }
    walk = (
        (execution.accept, {K.PROGRESS, K.ARRIVE, K.ARRIVAL_CHECK}),
        (execution.set_out, {K.PROGRESS, K.ARRIVE, K.ARRIVAL_CHECK}),
        (execution.arrive, {K.PROGRESS}),
    )
    for step, kinds in walk:
        world.clock.forward(minutes=1)
        await world.do(account, step, work_order_id=order.id)
        left = await due_in(world, work_order_id=order.id)
        assert set(left) == kinds
        assert left[K.PROGRESS] == 2 * HOURS
    await world.do(account, execution.start, work_order_id=order.id)
    world.clock.forward(minutes=30)
    await world.do(account, progress_reports.technician, work_order_id=order.id, note="half done")
    assert (await due_in(world, work_order_id=order.id))[K.PROGRESS] == 2 * HOURS
    assert (await due_in(world))[K.RESOLVE] == 24 * HOURS - 43 * MINUTES
    await complete(world, account, order)
    assert await due_in(world) == {}
    # An unsatisfied callback opens the ticket, and its clocks, again.
    (callback,) = await world.rows(Callback)
    await world.do(
        world.desk,
        callbacks.record,
        callback_id=callback.id,
        result=CallResult.ANSWERED,
        solved=False,
        satisfied=False,
        dissatisfaction_reason="drips again",
    )
    assert (await due_in(world, subject_id=ticket.id))[K.RESOLVE] == 24 * HOURS
    assert (await due_in(world, subject_id=ticket.id))[K.STEWARD_REPORT] == 4 * HOURS


async def complete(world: World, account: Actor, order: WorkOrder) -> None:
    await world.do(
        account,
        execution.complete,
        work_order_id=order.id,
        found="found",
        cause="cause",
        done="done",
        signature="王芳",
    )


@pytest.mark.rule("SLA-1")
async def test_an_emergency_is_arrived_at_within_its_minutes_of_dispatch(world: World) -> None:
    technician, account = await world.technician()
    order = await world.public_order(priority=Priority.EMERGENCY)
    assert K.ARRIVE not in await running(world)
    world.clock.forward(minutes=3)
    await world.do(
        world.dispatcher, work_orders.assign, work_order_id=order.id, technician_id=technician.id
    )
    assert (await due_in(world))[K.ARRIVE] == 15 * MINUTES
    await world.do(account, execution.decline, work_order_id=order.id, reason="ill")
    assert K.ARRIVE not in await running(world)
    assert K.ACCEPT not in await running(world)
    await world.do(world.dispatcher, offers.open_offer, work_order_id=order.id)
    _, other = await world.technician()
    await world.do(world.dispatcher, offers.withdraw, work_order_id=order.id)
    await world.do(world.dispatcher, offers.open_offer, work_order_id=order.id)
    world.clock.forward(minutes=2)
    await world.do(other, offers.grab, work_order_id=order.id)
    left = await due_in(world, work_order_id=order.id)
    assert left[K.ARRIVE] == 15 * MINUTES
    # A grab is its own acceptance.
    assert K.ACCEPT not in left


@pytest.mark.rule("SLA-1")
async def test_a_visit_is_due_by_the_end_of_its_window(world: World) -> None:
    tomorrow = world.clock.now + timedelta(days=1)
    wish = {"wished_from": tomorrow, "wished_to": tomorrow + timedelta(hours=2)}
    order = await world.public_order(**wish)
    left = await due_in(world, work_order_id=order.id)
    assert left[K.ARRIVE] == 26 * HOURS
    # Nothing is expected to move before the customer wishes it to.
    assert left[K.PROGRESS] == 26 * HOURS
    ticket = await world.ticket()
    leaf = await world.category("tap_leak")
    await world.do(
        world.desk,
        tickets.triage,
        ticket_id=ticket.id,
        category_id=leaf.id,
        create_work_order=False,
    )
    promised = await world.do(
        world.desk,
        work_orders.create,
        ticket_id=ticket.id,
        appointment=(tomorrow, tomorrow + timedelta(hours=3)),
    )
    assert (await due_in(world, work_order_id=promised.id))[K.ARRIVE] == 27 * HOURS


@pytest.mark.rule("SLA-1")
async def test_the_steward_reports_every_four_hours_while_the_ticket_is_open(world: World) -> None:
    ticket = await world.ticket()
    world.clock.forward(hours=3)
    steward = world.actors[Role.STEWARD]
    await world.do(steward, progress_reports.steward, ticket_id=ticket.id, note="waits for parts")
    assert (await due_in(world))[K.STEWARD_REPORT] == 4 * HOURS
    (event,) = await world.events("ticket.steward_reported")
    assert event.data["note"] == "waits for parts"
    await world.do(world.desk, tickets.cancel, ticket_id=ticket.id, reason="mistake")
    assert await running(world) == {}


@pytest.mark.rule("SLA-1")
async def test_a_hospital_handles_within_the_hour_by_its_policy(world: World) -> None:
    ticket = await world.ticket()
    world.clock.forward(minutes=20)
    hour = dict.fromkeys(Priority, HOURS)
    await set_policy(world, clocks={"resolve_s": hour, "unused": ["STEWARD_REPORT"]})
    # A policy in force counts what is open anew, and ends what the site does not keep.
    assert await due_in(world) == {K.FIRST_ANSWER: 10 * MINUTES, K.RESOLVE: 40 * MINUTES}
    (event,) = await world.events("clock.rebased", ticket_id=ticket.id)
    assert event.data["clock"] == "RESOLVE"


@pytest.mark.rule("SLA-2")
async def test_clocks_on_business_hours_stand_still_at_night_and_on_holidays(world: World) -> None:
    await set_policy(world, clocks={"business_hours": ["RESOLVE", "FIRST_ANSWER"]})
    world.clock.now = datetime.fromisoformat("2026-11-27T17:10+08:00")  # a Friday
    ticket = await world.ticket()
    clocks = await running(world)
    assert clocks[K.FIRST_ANSWER].calendar is ClockCalendar.BUSINESS_HOURS
    assert clocks[K.FIRST_ANSWER].due_at == datetime.fromisoformat("2026-11-30T09:10+08:00")
    assert clocks[K.STEWARD_REPORT].calendar is ClockCalendar.ROUND_THE_CLOCK
    # The Saturday is announced late as a make-up workday.
    await world.do(
        world.root,
        calendars.set_day,
        site_id=world.site.id,
        day=world.clock.now.date() + timedelta(days=1),
        kind=DayKind.WORKDAY,
    )
    moved = (await running(world))[K.FIRST_ANSWER]
    assert moved.id == clocks[K.FIRST_ANSWER].id
    assert moved.due_at == datetime.fromisoformat("2026-11-28T09:10+08:00")
    await world.do(
        world.root,
        calendars.clear_day,
        site_id=world.site.id,
        day=world.clock.now.date() + timedelta(days=1),
    )
    assert (await running(world))[K.FIRST_ANSWER].due_at == clocks[K.FIRST_ANSWER].due_at
    # An emergency does not wait for Monday.
    leaf = await world.category("tap_leak")
    await world.do(
        world.desk,
        tickets.triage,
        ticket_id=ticket.id,
        category_id=leaf.id,
        priority=Priority.EMERGENCY,
    )
    assert (await due_in(world, subject="ticket"))[K.RESOLVE] == 24 * HOURS


@pytest.mark.rule("SLA-2")
async def test_a_pause_for_the_customers_sake_stops_the_tickets_clocks(world: World) -> None:
    order, _, account = await assigned(world)
    for step in (execution.accept, execution.set_out, execution.arrive, execution.start):
        await world.do(account, step, work_order_id=order.id)
    world.clock.forward(minutes=59)

    async def pause(reason: PauseReason) -> None:
        await world.do(
            account,
            execution.pause,
            work_order_id=order.id,
            reason=reason,
            resume_on=world.clock.now + timedelta(hours=20),
            customer_consents=True,
        )

    await pause(PauseReason.PARTS)
    assert (await running(world))[K.RESOLVE].state is ClockState.RUNNING
    # Nobody expects a step before the day that was set; after it somebody is chased.
    assert (await due_in(world))[K.PROGRESS] == 22 * HOURS
    await world.do(account, execution.resume, work_order_id=order.id)
    world.clock.forward(minutes=1)
    await pause(PauseReason.CUSTOMER_AWAY)
    clock = (await running(world))[K.RESOLVE]
    assert clock.state is ClockState.PAUSED
    assert clock.left_s == 23 * HOURS
    world.clock.forward(hours=30)
    await world.do(account, execution.resume, work_order_id=order.id)
    clock = (await running(world))[K.RESOLVE]
    assert (clock.state, clock.left_s, clock.paused_s) == (ClockState.RUNNING, None, 30 * HOURS)
    assert (await due_in(world))[K.RESOLVE] == 23 * HOURS
    assert [each["reason"] for each in clock.pauses] == ["CUSTOMER_AWAY"]
    assert clock.pauses[0]["to"] is not None
    kinds = [each.kind for each in await world.events(subject="clock", subject_id=clock.id)]
    assert kinds == ["clock.paused", "clock.resumed"]


@pytest.mark.rule("SLA-2")
async def test_the_policy_says_which_pauses_stop_the_clocks(world: World) -> None:
    await set_policy(world, clocks={"customer_pauses": ["PARTS"]})
    order, technician, account = await assigned(world)
    second = await world.do(world.desk, work_orders.create, ticket_id=order.ticket_id)
    await world.do(
        world.dispatcher, work_orders.assign, work_order_id=second.id, technician_id=technician.id
    )
    for each in (order, second):
        for step in (execution.accept, execution.set_out, execution.arrive, execution.start):
            await world.do(account, step, work_order_id=each.id)
    states = []
    for each in (order, second):
        await world.do(
            account,
            execution.pause,
            work_order_id=each.id,
            reason=PauseReason.PARTS,
            resume_on=world.clock.now + timedelta(hours=2),
            customer_consents=True,
        )
        states.append(
            (await running(world, subject_id=order.ticket_id, subject="ticket"))[K.RESOLVE].state
        )
    # Work goes on as long as one order of the ticket does.
    assert states == [ClockState.RUNNING, ClockState.PAUSED]


@pytest.mark.rule("SLA-2")
async def test_another_order_of_a_ticket_that_stands_still_lets_its_clocks_run(
    world: World,
) -> None:
    order, _, account = await assigned(world)
    for step in (execution.accept, execution.set_out, execution.arrive, execution.start):
        await world.do(account, step, work_order_id=order.id)
    await world.do(
        account,
        execution.pause,
        work_order_id=order.id,
        reason=PauseReason.CUSTOMER_AWAY,
        resume_on=world.clock.now + timedelta(hours=2),
        customer_consents=True,
    )
    paused = (await running(world))[K.RESOLVE]
    await world.do(world.desk, work_orders.create, ticket_id=order.ticket_id)
    resumed = (await running(world, subject_id=order.ticket_id, subject="ticket"))[K.RESOLVE]
    assert (paused.state, resumed.state) == (ClockState.PAUSED, ClockState.RUNNING)


@pytest.mark.rule("SLA-2")
@pytest.mark.parametrize("how", ["completed", "cancelled"])
async def test_a_ticket_stands_still_once_nothing_is_left_but_an_order_that_does(
    world: World, how: str
) -> None:
    order, technician, account = await assigned(world)
    second = await world.do(world.desk, work_orders.create, ticket_id=order.ticket_id)
    await world.do(
        world.dispatcher, work_orders.assign, work_order_id=second.id, technician_id=technician.id
    )
    at_work = (order, second) if how == "completed" else (order,)
    for each in at_work:
        for step in (execution.accept, execution.set_out, execution.arrive, execution.start):
            await world.do(account, step, work_order_id=each.id)
    await world.do(
        account,
        execution.pause,
        work_order_id=order.id,
        reason=PauseReason.CUSTOMER_AWAY,
        resume_on=world.clock.now + timedelta(hours=2),
        customer_consents=True,
    )

    async def state() -> ClockState:
        about = await running(world, subject_id=order.ticket_id, subject="ticket")
        return about[K.RESOLVE].state

    assert await state() is ClockState.RUNNING
    if how == "completed":
        await complete(world, account, second)
    else:
        await world.do(
            world.dispatcher, work_orders.cancel, work_order_id=second.id, reason="not needed"
        )
    assert await state() is ClockState.PAUSED
    await world.do(account, execution.resume, work_order_id=order.id)
    assert await state() is ClockState.RUNNING


async def test_a_policy_set_ahead_counts_anew_when_it_comes_into_force(world: World) -> None:
    await world.ticket()
    later = world.clock.now + timedelta(minutes=5)
    clocks = {"first_answer_s": {"NORMAL": 20 * MINUTES}}
    await set_policy(world, valid_from=later, clocks=clocks)
    assert (await due_in(world))[K.FIRST_ANSWER] == 30 * MINUTES
    world.clock.forward(minutes=5)
    fired = await world.do(world.root, firing.fire_due)
    assert K.POLICY_STARTS in {each.what for each in fired}
    assert (await due_in(world))[K.FIRST_ANSWER] == 15 * MINUTES


async def test_a_raised_priority_counts_the_clocks_anew(world: World) -> None:
    order = await world.public_order()
    leaf = await world.category("tap_leak")
    short = {"EMERGENCY": 2 * HOURS}
    await set_policy(world, clocks={"resolve_s": short, "arrive_s": {"HIGH": 30 * MINUTES}})
    await world.do(
        world.desk,
        tickets.triage,
        ticket_id=order.ticket_id,
        category_id=leaf.id,
        priority=Priority.EMERGENCY,
    )
    left = await due_in(world)
    assert left[K.RESOLVE] == 2 * HOURS
    assert K.ARRIVE not in left  # it counts from dispatch now

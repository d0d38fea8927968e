"""Questions about the plan in force, and its repair: nothing is promised that cannot be kept."""

import asyncio
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dispatch.domain.appointments import AppointmentState
from dispatch.domain.errors import Code, Refused
from dispatch.domain.plans import PlanState
from dispatch.domain.rights import Role
from dispatch.domain.triage import Priority
from dispatch.domain.work_orders import WorkOrderState
from dispatch.planning.runner import Planner
from dispatch.services import live_days, plans, policies, slots, technicians, work_orders
from dispatch.services.action import Tx
from dispatch.services.slots import VisitWished
from dispatch.services.why_not import why_not
from dispatch.store.plans import PlanLeftOut, PlanRun, PlanStop
from dispatch.store.sites import Site
from dispatch.store.work_orders import Appointment, Assignment, WorkOrder
from tests.factories import World, another_site

TODAY = date(2026, 11, 23)
TOMORROW = TODAY + timedelta(days=1)
ZONE = ZoneInfo("Asia/Shanghai")
SECONDS = 0.15


@pytest.fixture(scope="module")
def planner() -> Iterator[Planner]:
    planner = Planner(1)
    yield planner
    asyncio.run(planner.close())


async def ask(world: World, planner: Planner, order: WorkOrder, **given: object) -> list:
    return await slots.slots_of_order(
        world.services,
        planner,
        given.pop("actor", world.desk),  # type: ignore[arg-type]
        work_order_id=order.id,
        **given,  # type: ignore[arg-type]
    )


async def assigned(world: World, planner: Planner, day: date = TODAY) -> None:
    await plans.auto_assign(
        world.services, planner, world.dispatcher, site_id=world.site.id, day=day, seconds=SECONDS
    )


async def repaired(world: World, planner: Planner, **given: object):
    arguments = {"site_id": world.site.id, "day": TODAY, "seconds": SECONDS, **given}
    return await plans.repair(world.services, planner, world.dispatcher, **arguments)  # type: ignore[arg-type]


async def promise(world: World, order: WorkOrder, starts_at: datetime, ends_at: datetime) -> None:
    """A confirmed appointment, as the desk would make one."""

    async def keep(tx: Tx) -> None:
        row = Appointment(
            site_id=order.site_id,
            ticket_id=order.ticket_id,
            work_order_id=order.id,
            starts_at=starts_at,
            ends_at=ends_at,
            state=AppointmentState.CONFIRMED,
            agreed_by="desk",
            created_at=tx.now,
        )
        await tx.save(row, "appointment.confirmed", site_id=order.site_id)

    await world.do(world.root, keep)


async def release_promise(world: World, order: WorkOrder) -> None:
    async def release(tx: Tx) -> None:
        (row,) = await world.rows(
            Appointment,
            Appointment.work_order_id == order.id,
            Appointment.state == AppointmentState.CONFIRMED,
        )
        found = await tx.session.get_one(Appointment, row.id)
        found.state = AppointmentState.RELEASED
        await tx.save(found, "appointment.released", site_id=order.site_id)

    await world.do(world.root, release)


def local(hour: int, minute: int = 0, day: date = TODAY) -> datetime:
    return datetime.combine(day, time(hour, minute), ZONE)


def refusal(error: pytest.ExceptionInfo[Refused]) -> Code:
    return error.value.refusals[0].code


@pytest.mark.rule("APT-1")
async def test_slots_are_ranked_and_each_can_be_kept(world: World, planner: Planner) -> None:
    near, _ = await world.technician("near")
    far, _ = await world.technician("far", home=(31.36, 120.70))
    await world.technician("electrician", trades={"electrical": 3})
    for hour in (10, 14):
        each = await world.order(duration_s=3600)
        await promise(world, each, local(hour), local(hour + 2))
    await assigned(world, planner)
    order = await world.order(duration_s=3600)
    found = await ask(world, planner, order, days=2)
    assert found
    assert all(slot.starts_at.minute == 0 and slot.starts_at.hour % 2 == 0 for slot in found)
    assert all(slot.ends_at > world.clock.now for slot in found)
    assert {slot.starts_at.astimezone(ZONE).date() for slot in found} == {TODAY, TOMORROW}
    for before, after in pairwise(found):
        assert (before.extra_lateness, before.extra_cost) <= (
            after.extra_lateness,
            after.extra_cost,
        )
    for slot in found:
        assert set(slot.technician_ids) <= {near.id, far.id}
    assert {slot.technician_ids[0] for slot in found} == {near.id}
    # Whatever the customer chooses, the plan of the day serves it then, and keeps all promises.
    for slot in found:
        await promise(world, order, slot.starts_at, slot.ends_at)
        plan = await plans.propose(
            world.services,
            planner,
            world.dispatcher,
            site_id=world.site.id,
            day=slot.starts_at.astimezone(ZONE).date(),
            seconds=SECONDS,
        )
        stops = {
            each.work_order_id: each
            for each in await world.rows(PlanStop, PlanStop.plan_id == plan.id)
        }
        assert slot.starts_at <= stops[order.id].starts_at <= slot.ends_at
        assert plan.terms["promises_broken"] == 0
        await release_promise(world, order)


async def test_no_room_is_offered_twice(world: World, planner: Planner) -> None:
    """What is promised, assigned or not, leaves no place for another."""
    await world.technician(starts=time(10), ends=time(12))
    first, second = [await world.order(duration_s=5400) for _ in range(2)]
    (slot,) = await ask(world, planner, first, from_day=TOMORROW, days=1)
    assert (slot.starts_at, slot.ends_at) == (local(10, day=TOMORROW), local(12, day=TOMORROW))
    assert await ask(world, planner, second, from_day=TOMORROW, days=1) == [slot]
    await promise(world, first, slot.starts_at, slot.ends_at)
    assert await ask(world, planner, second, from_day=TOMORROW, days=1) == []
    # The one it was promised to can still have it, and no other day is touched.
    assert await ask(world, planner, first, from_day=TOMORROW, days=1) == [slot]
    (later,) = await ask(world, planner, second, from_day=TOMORROW + timedelta(days=1), days=1)
    assert later.starts_at == slot.starts_at + timedelta(days=1)


async def test_a_site_sets_its_own_windows(world: World, planner: Planner) -> None:
    order = await world.order()
    await world.do(
        world.root,
        policies.set_policy,
        site_id=world.site.id,
        document={
            "slot_days": 1,
            "slot_windows": [
                {"starts": "08:00", "ends": "12:00"},
                {"starts": "13:00", "ends": "18:00"},
                {"starts": "19:00", "ends": "21:00"},
            ],
        },
    )
    # A window that nobody works in could not be set any more.
    await world.technician()
    found = await ask(world, planner, order)
    assert {(slot.starts_at, slot.ends_at) for slot in found} == {
        (local(8), local(12)),
        (local(13), local(18)),
    }
    world.clock.forward(hours=3, minutes=30)
    assert [slot.starts_at for slot in await ask(world, planner, order)] == [local(13)]


async def test_times_for_a_visit_not_yet_ordered(world: World, planner: Planner) -> None:
    """A place where nothing is open is asked about like any other."""
    await world.technician("plumber")
    wished = VisitWished(world.site.id, world.garden.id, "plumbing", 1800)
    found = await slots.slots_of_visit(world.services, planner, world.desk, visit=wished, days=1)
    assert found
    nobody = VisitWished(world.site.id, world.garden.id, "plumbing", 1800, level=3)
    assert (
        await slots.slots_of_visit(world.services, planner, world.desk, visit=nobody, days=1) == []
    )
    others = VisitWished(world.site.id, world.rooms[1].id, "plumbing", 1800)
    with pytest.raises(Refused) as error:
        await slots.slots_of_visit(world.services, planner, world.resident, visit=others)
    assert refusal(error) is Code.NOT_OWN_UNIT
    for spoilt, code in (
        ({"trade": "sorcery"}, Code.NOT_FOUND),
        ({"level": 4}, Code.OUT_OF_RANGE),
        ({"duration_s": 0}, Code.OUT_OF_RANGE),
    ):
        given = {"trade": "plumbing", "duration_s": 1800, **spoilt}
        with pytest.raises(Refused) as error:
            await slots.slots_of_visit(
                world.services,
                planner,
                world.desk,
                visit=VisitWished(site_id=world.site.id, place_id=world.garden.id, **given),
            )
        assert refusal(error) is code


async def test_times_are_refused_with_the_reason(world: World, planner: Planner) -> None:
    await world.technician()
    order = await world.order()
    for given, code in (
        ({"days": 0}, Code.OUT_OF_RANGE),
        ({"days": 15}, Code.OUT_OF_RANGE),
        ({"from_day": TODAY - timedelta(days=1)}, Code.DAY_IS_PAST),
    ):
        with pytest.raises(Refused) as error:
            await ask(world, planner, order, **given)
        assert refusal(error) is code
    far = await another_site(world.services, world.root, code="hill")
    _, stranger = await world.user(Role.DISPATCHER, site_id=far.id)
    with pytest.raises(Refused) as error:
        await ask(world, planner, order, actor=stranger)
    assert refusal(error) is Code.NOT_FOUND
    await world.do(world.dispatcher, work_orders.cancel, work_order_id=order.id, reason="gone")
    with pytest.raises(Refused) as error:
        await ask(world, planner, order)
    assert refusal(error) is Code.WRONG_STEP


async def test_the_same_state_of_a_site_is_prepared_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[date] = []
    read: list[int] = []
    load, read_open = live_days.load_day, live_days.open_orders

    async def counting(tx: Tx, site: Site, day: date, **given: Any) -> object:
        loaded.append(day)
        return await load(tx, site, day, **given)

    async def reading(tx: Tx, site: Site) -> object:
        read.append(site.id)
        return await read_open(tx, site)

    monkeypatch.setattr(live_days, "load_day", counting)
    monkeypatch.setattr(live_days, "open_orders", reading)
    await world.technician()
    order = await world.order()
    # Who waits for another is bound to one event loop: a planner of this test alone.
    planner = Planner(1)
    try:
        answers = await asyncio.gather(*(ask(world, planner, order, days=2) for _ in range(4)))
        assert answers[0]
        assert all(answer == answers[0] for answer in answers)
        assert sorted(loaded) == [TODAY, TOMORROW]
        assert len(read) == 1
        await world.order()
        await ask(world, planner, order, days=2)
        assert sorted(loaded) == [TODAY, TODAY, TOMORROW, TOMORROW]
        assert len(read) == 2
    finally:
        await planner.close()


@pytest.mark.rule("DSP-4")
async def test_why_an_order_has_no_place_and_what_would_place_it(
    world: World, planner: Planner
) -> None:
    able, _ = await world.technician("able", starts=time(9), ends=time(10), overtime_limit_s=0)
    low, _ = await world.technician("low", trades={"plumbing": 1})
    other, _ = await world.technician("other", trades={"electrical": 3})
    order = await world.order(duration_s=7200, level=2)
    answer = await why_not(world.services, planner, world.dispatcher, work_order_id=order.id)
    assert (answer.day, answer.found.code, answer.found.places) == (TODAY, "NO_SHIFT", ())
    rules = {each.technician_id: each.rule for each in answer.found.blocked}
    assert rules == {able.id: "NO_SHIFT", low.id: "LEVEL"}
    assert answer.found.remedy is not None
    assert answer.found.remedy["code"] == "LOWER_LEVEL"
    assert (answer.found.remedy["technician_id"], answer.found.remedy["level"]) == (low.id, 1)
    about = await why_not(
        world.services,
        planner,
        world.dispatcher,
        work_order_id=order.id,
        technician_id=other.id,
    )
    assert [each.rule for each in about.found.blocked] == ["TRADE"]
    # The remedy holds: asked for one level less, it has a place.
    easier = await world.order(duration_s=7200, level=1)
    answer = await why_not(world.services, planner, world.dispatcher, work_order_id=easier.id)
    assert answer.found.code is None
    assert [place.technician_id for place in answer.found.places] == [low.id]


async def test_why_not_another_technician(world: World, planner: Planner) -> None:
    near, _ = await world.technician("near")
    far, _ = await world.technician("far", home=(31.36, 120.70))
    order = await world.order()
    await assigned(world, planner)
    answer = await why_not(world.services, planner, world.dispatcher, work_order_id=order.id)
    costs = {place.technician_id: place.extra_cost for place in answer.found.places}
    assert costs.keys() == {near.id, far.id}
    assert costs[near.id] < costs[far.id]
    with pytest.raises(Refused) as error:
        await why_not(world.services, planner, world.actors[Role.FINANCE], work_order_id=order.id)
    assert refusal(error) is Code.FORBIDDEN


async def test_repair_moves_only_what_must_move(world: World, planner: Planner) -> None:
    people = [(await world.technician(f"t{number}"))[0] for number in range(3)]
    orders = [await world.order(duration_s=3600) for _ in range(9)]
    await assigned(world, planner)
    before = {each.work_order_id: each for each in await world.rows(Assignment)}
    assert before.keys() == {order.id for order in orders}
    # Nothing has changed: nothing moves.
    same = await repaired(world, planner)
    assert same.state is PlanState.PROPOSED
    assert same.terms["changes"] == 0
    (run,) = await world.rows(PlanRun, PlanRun.id == same.run_id)
    assert (run.engine, run.figures["changes"]) == ("repair", [])
    # One falls ill: what they held goes to the others, who keep what they had.
    ill = people[0]
    await world.do(
        world.root,
        technicians.add_leave,
        technician_id=ill.id,
        starts_at=world.clock.now - timedelta(hours=2),
        ends_at=world.clock.now + timedelta(days=1),
    )
    plan = await repaired(world, planner)
    (run,) = await world.rows(PlanRun, PlanRun.id == plan.run_id)
    homeless = {key for key, each in before.items() if each.technician_id == ill.id}
    assert homeless
    assert {each["work_order_id"] for each in run.figures["changes"]} == homeless
    for change in run.figures["changes"]:
        assert change["was_crew"] == [ill.id]
        assert ill.id not in change["crew"]
    await world.do(world.dispatcher, plans.publish, plan_id=plan.id)
    after = {
        each.work_order_id: each
        for each in await world.rows(Assignment, Assignment.ended_at.is_(None))
    }
    assert ill.id not in {each.technician_id for each in after.values()}
    for order_id in before.keys() - homeless:
        assert after[order_id].technician_id == before[order_id].technician_id
        moved = abs(after[order_id].planned_start - before[order_id].planned_start)
        assert moved <= timedelta(minutes=15)


async def test_repair_takes_new_orders_in(world: World, planner: Planner) -> None:
    await world.technician()
    first = await world.order()
    await assigned(world, planner)
    urgent = await world.order(priority=Priority.HIGH)
    plan = await repaired(world, planner)
    stops = await world.rows(PlanStop, PlanStop.plan_id == plan.id)
    assert {stop.work_order_id for stop in stops} == {first.id, urgent.id}
    assert await world.rows(PlanLeftOut, PlanLeftOut.plan_id == plan.id) == []
    (run,) = await world.rows(PlanRun, PlanRun.id == plan.run_id)
    assert [each["work_order_id"] for each in run.figures["changes"]] == [urgent.id]
    (row,) = await world.rows(WorkOrder, WorkOrder.id == urgent.id)
    assert row.state is WorkOrderState.QUEUED


async def test_repair_is_for_those_who_plan_and_for_days_to_come(
    world: World, planner: Planner
) -> None:
    await world.technician()
    await world.order()
    with pytest.raises(Refused) as error:
        await repaired(world, planner, day=TODAY - timedelta(days=1))
    assert refusal(error) is Code.DAY_IS_PAST
    with pytest.raises(Refused) as error:
        await plans.repair(
            world.services, planner, world.desk, site_id=world.site.id, day=TODAY, seconds=SECONDS
        )
    assert refusal(error) is Code.FORBIDDEN

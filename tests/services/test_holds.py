"""Slots are held while a customer decides: no room is promised twice (APT-2)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dispatch.domain.appointments import AppointmentState
from dispatch.domain.errors import Code, Refused
from dispatch.domain.work_orders import AssignmentStep, WorkOrderState
from dispatch.jobs.sweeper import fire_clocks
from dispatch.planning.runner import Planner
from dispatch.services import (
    agreeing,
    approvals,
    holds,
    policies,
    slot_room,
    slots,
    tickets,
    work_orders,
)
from dispatch.services.slots import VisitWished
from dispatch.store.work_orders import Appointment, WorkOrder
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


def window(hour: int, *, day: date = TOMORROW) -> dict[str, Any]:
    """Two hours of a local day."""
    starts_at = datetime.combine(day, time(hour), ZONE)
    return {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=2)}


async def hold(world: World, planner: Planner, **given: Any) -> Appointment:
    actor = given.pop("actor", world.desk)
    return await holds.hold(world.services, planner, actor, **given)


async def offered(world: World, planner: Planner, order: WorkOrder) -> list[datetime]:
    found = await slots.slots_of_order(
        world.services, planner, world.desk, work_order_id=order.id, from_day=TOMORROW, days=1
    )
    return sorted(slot.starts_at for slot in found)


async def newest(world: World, row: Appointment) -> Appointment:
    return (await world.rows(Appointment, Appointment.id == row.id))[0]


async def code_of(awaitable: Any) -> Code:
    with pytest.raises(Refused) as error:
        await awaitable
    return error.value.refusals[0].code


@asynccontextmanager
async def no_turn(*_: object) -> AsyncIterator[None]:
    """What another process knows of the turns in this one."""
    yield


@pytest.mark.rule("APT-2")
async def test_clients_of_many_processes_never_get_the_same_room(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the lock in the database stands between them."""
    monkeypatch.setattr(slot_room.TURNS, "of", no_turn)
    planner = Planner(1)
    await world.technician(starts=time(10), ends=time(12))
    orders = [await world.order(duration_s=3000) for _ in range(6)]
    answers = await asyncio.gather(
        *(hold(world, planner, work_order_id=each.id, **window(10)) for each in orders),
        return_exceptions=True,
    )
    won = [each for each in answers if isinstance(each, Appointment)]
    lost = [each for each in answers if isinstance(each, Refused)]
    assert (len(won), len(lost)) == (2, 4), answers
    assert {each.refusals[0].code for each in lost} == {Code.SLOT_TAKEN}
    assert len(await world.rows(Appointment, Appointment.state == S.HELD)) == 2
    losers = {each.id for each in orders} - {each.work_order_id for each in won}
    for each in losers:
        assert await offered(world, planner, next(o for o in orders if o.id == each)) == []
    await planner.close()


@pytest.mark.rule("APT-2")
async def test_a_hold_runs_out_by_itself_and_its_room_is_offered_again(
    world: World, planner: Planner
) -> None:
    await world.technician(starts=time(10), ends=time(12))
    first, second = [await world.order(duration_s=5400) for _ in range(2)]
    held = await hold(world, planner, work_order_id=first.id, **window(10))
    assert held.state is S.HELD
    assert held.held_until == world.clock.now + timedelta(minutes=5)
    assert await offered(world, planner, second) == []
    assert await code_of(hold(world, planner, work_order_id=second.id, **window(10))) is (
        Code.SLOT_TAKEN
    )
    world.clock.forward(minutes=5)
    # Too late even where no clock has fired yet.
    late = world.do(world.desk, agreeing.confirm, appointment_id=held.id)
    assert await code_of(late) is Code.APPOINTMENT_ENDED
    await fire_clocks(world.services, world.root)
    row = await newest(world, held)
    assert (row.state, row.ended_at) == (S.RELEASED, world.clock.now)
    assert await offered(world, planner, second) == [window(10)["starts_at"]]
    await hold(world, planner, work_order_id=second.id, **window(10))


@pytest.mark.rule("APT-2")
async def test_the_policy_says_how_long_a_slot_is_held(world: World, planner: Planner) -> None:
    await world.technician()
    await world.do(
        world.root,
        policies.set_policy,
        site_id=world.site.id,
        document={"appointments": {"hold_s": 60}},
    )
    order = await world.order()
    held = await hold(world, planner, work_order_id=order.id, **window(10))
    assert held.held_until == world.clock.now + timedelta(seconds=60)


@pytest.mark.rule("APT-2")
async def test_what_is_confirmed_stands_and_what_is_set_free_is_free(
    world: World, planner: Planner
) -> None:
    await world.technician(starts=time(10), ends=time(12))
    first, second = [await world.order(duration_s=5400) for _ in range(2)]
    held = await hold(world, planner, work_order_id=first.id, **window(10))
    await world.do(world.desk, agreeing.release, appointment_id=held.id)
    assert (await newest(world, held)).state is S.RELEASED
    held = await hold(world, planner, work_order_id=second.id, **window(10))
    await world.do(world.desk, agreeing.confirm, appointment_id=held.id, agreed_by="王芳")
    world.clock.forward(minutes=6)
    await fire_clocks(world.services, world.root)
    row = await newest(world, held)
    assert (row.state, row.agreed_by, row.held_until) == (S.CONFIRMED, "王芳", None)
    assert await offered(world, planner, first) == []
    again = world.do(world.desk, agreeing.confirm, appointment_id=held.id)
    assert await code_of(again) is Code.APPOINTMENT_ENDED


@pytest.mark.rule("APT-2")
async def test_another_slot_for_the_same_order_sets_the_former_free(
    world: World, planner: Planner
) -> None:
    await world.technician()
    order = await world.order()
    former = await hold(world, planner, work_order_id=order.id, **window(10))
    held = await hold(world, planner, work_order_id=order.id, **window(14))
    assert (await newest(world, former)).state is S.RELEASED
    assert (await newest(world, held)).state is S.HELD


@pytest.mark.rule("APT-2")
async def test_while_another_time_is_held_the_old_promise_takes_its_room_too(
    world: World, planner: Planner
) -> None:
    await world.technician(starts=time(10), ends=time(14))
    first, second = [await world.order(duration_s=5400) for _ in range(2)]
    held = await hold(world, planner, work_order_id=first.id, **window(10))
    await world.do(world.desk, agreeing.confirm, appointment_id=held.id)
    wished = await hold(world, planner, work_order_id=first.id, **window(12))
    assert await offered(world, planner, second) == []
    # Only with a reason does it stand for the former.
    given = {"appointment_id": wished.id}
    assert await code_of(world.do(world.desk, agreeing.confirm, **given)) is Code.REQUIRED
    await world.do(world.desk, agreeing.confirm, **given, reason="客户临时有事")
    old, new = await newest(world, held), await newest(world, wished)
    assert (old.state, old.reason) == (S.MOVED, "客户临时有事")
    assert (new.state, new.work_order_id, new.moved_from_id) == (S.CONFIRMED, first.id, old.id)
    assert await offered(world, planner, second) == [window(10)["starts_at"]]


@pytest.mark.rule("APT-2")
async def test_a_slot_held_on_the_telephone_becomes_the_orders(
    world: World, planner: Planner
) -> None:
    """Before there is a ticket, then for the ticket, then for its order: one and the same room."""
    await world.technician(starts=time(10), ends=time(12))
    other = await world.order(duration_s=5400)
    visit = VisitWished(
        site_id=world.site.id, place_id=world.rooms[0].id, trade="plumbing", duration_s=5400
    )
    held = await hold(world, planner, visit=visit, **window(10))
    assert held.work_order_id is None
    assert await offered(world, planner, other) == []
    unknown = world.do(world.desk, agreeing.confirm, appointment_id=held.id)
    assert await code_of(unknown) is Code.REQUIRED
    ticket = await world.ticket()
    given = {"appointment_id": held.id, "ticket_id": ticket.id}
    await world.do(world.desk, agreeing.confirm, **given)
    assert (await newest(world, held)).state is S.CONFIRMED
    assert await offered(world, planner, other) == []
    leaf = await world.category("tap_leak")
    await world.do(
        world.desk, tickets.triage, ticket_id=ticket.id, category_id=leaf.id, duration_s=5400
    )
    [order] = await world.rows(WorkOrder, WorkOrder.ticket_id == ticket.id)
    row = await newest(world, held)
    assert (row.state, row.work_order_id, row.place_id) == (S.CONFIRMED, order.id, None)
    assert await offered(world, planner, other) == []


@pytest.mark.rule("APT-2")
async def test_what_was_agreed_for_a_ticket_is_free_when_it_ends(
    world: World, planner: Planner
) -> None:
    await world.technician()
    ticket = await world.ticket()
    visit = VisitWished(
        site_id=world.site.id, place_id=world.rooms[0].id, trade="plumbing", duration_s=3600
    )
    held = await hold(world, planner, visit=visit, ticket_id=ticket.id, **window(10))
    await world.do(world.desk, agreeing.confirm, appointment_id=held.id)
    await world.do(world.desk, tickets.cancel, ticket_id=ticket.id, reason="自行修好")
    assert (await newest(world, held)).state is S.RELEASED
    late = hold(world, planner, visit=visit, ticket_id=ticket.id, **window(10))
    assert await code_of(late) is Code.WRONG_STEP


@pytest.mark.rule("APT-2")
async def test_a_cancelled_order_gives_back_what_was_held(world: World, planner: Planner) -> None:
    await world.technician()
    order = await world.order()
    held = await hold(world, planner, work_order_id=order.id, **window(10))
    await world.do(world.desk, agreeing.confirm, appointment_id=held.id)
    wished = await hold(world, planner, work_order_id=order.id, **window(14))
    await world.do(world.desk, work_orders.cancel, work_order_id=order.id, reason="重复")
    assert [(await newest(world, each)).state for each in (held, wished)] == [S.RELEASED] * 2


@pytest.mark.rule("APT-2")
async def test_a_promise_takes_its_room_whoever_is_to_assign_the_order(
    world: World, planner: Planner
) -> None:
    """Also where the optimizer is no step of the site's, and while an order waits for approval."""
    steps = [{"step": "GRAB", "limit_s": 300}, {"step": "SUPERVISOR"}]
    await world.do(
        world.root,
        policies.set_policy,
        site_id=world.site.id,
        document={"dispatch_steps": steps, "approvals": {"duration_s": 5000}},
    )
    await world.technician(starts=time(10), ends=time(12))
    grabbed = await world.order(duration_s=4800)
    other = await world.order(duration_s=4800)
    held = await hold(world, planner, work_order_id=grabbed.id, **window(10))
    assert grabbed.dispatch_step is AssignmentStep.GRAB
    assert await offered(world, planner, other) == []
    await world.do(world.desk, agreeing.release, appointment_id=held.id)
    waiting = await world.order(duration_s=5400)
    assert waiting.state is WorkOrderState.AWAITING_APPROVAL
    held = await hold(world, planner, work_order_id=waiting.id, **window(10))
    await world.do(world.desk, agreeing.confirm, appointment_id=held.id)
    assert await offered(world, planner, other) == []
    manager = next(a for role, a in world.actors.items() if role == "PROJECT_MANAGER")
    await world.do(manager, approvals.approve, work_order_id=waiting.id)
    assert await offered(world, planner, other) == []


@pytest.mark.rule("APT-2")
async def test_customers_hold_offered_windows_of_their_own_orders_alone(
    world: World, planner: Planner
) -> None:
    await world.technician()
    own = await world.order(party_id=world.party.id)
    foreign = await world.order(place_id=world.rooms[1].id)
    resident = {"actor": world.resident}
    odd = {"starts_at": window(10)["starts_at"], "ends_at": window(11)["starts_at"]}
    assert (
        await code_of(hold(world, planner, work_order_id=own.id, **odd, **resident))
        is Code.BAD_INPUT
    )
    assert (
        await code_of(hold(world, planner, work_order_id=foreign.id, **window(10), **resident))
        is Code.NOT_FOUND
    )
    await hold(world, planner, work_order_id=own.id, **odd)
    held = await hold(world, planner, work_order_id=own.id, **window(14), **resident)
    assert held.made_by == "CUSTOMER"
    over = window(6, day=TODAY)
    assert await code_of(hold(world, planner, work_order_id=own.id, **over)) is Code.OUT_OF_RANGE


@pytest.mark.rule("APT-2")
async def test_the_same_wish_twice_holds_once(world: World, planner: Planner) -> None:
    await world.technician()
    order = await world.order()
    given = {"work_order_id": order.id, **window(10), "idempotency_key": "k"}
    first = await hold(world, planner, **given)
    second = await hold(world, planner, **given)
    assert first.id == second.id

"""Many who grab the same order in one process: who wins, what the others are told, and at what
price."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from dispatch.domain.errors import Refused
from dispatch.domain.rights import Actor
from dispatch.domain.work_orders import WorkOrderState
from dispatch.services import grabbing, offers, technicians
from dispatch.services.rivals import Rivals
from dispatch.store.events import Event
from dispatch.store.work_orders import Assignment, WorkOrder
from tests.factories import World


async def on_offer(world: World) -> WorkOrder:
    order = await world.public_order()
    await world.do(world.dispatcher, offers.open_offer, work_order_id=order.id)
    return order


async def grab(world: World, actor: Actor, order: WorkOrder, **more: Any) -> Any:
    """The order, or the refusal."""
    try:
        return await grabbing.grab(world.services, actor, work_order_id=order.id, **more)
    except Refused as refused:
        [refusal] = refused.refusals
        return refusal


@contextmanager
def said_to_the_database(world: World) -> Iterator[list[str]]:
    """The statements of a block, and where a transaction began that writes."""
    said: list[str] = []
    engine = world.services.store.engine.sync_engine

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    def begin(connection: Any) -> None:
        if not connection.get_execution_options().get("dispatch_read_only"):
            said.append("BEGIN")

    event.listen(engine, "before_cursor_execute", note)
    event.listen(engine, "begin", begin)
    yield said
    event.remove(engine, "before_cursor_execute", note)
    event.remove(engine, "begin", begin)


@pytest.mark.rule("GRAB-2")
async def test_of_many_at_once_one_wins_and_all_others_are_told_who(world: World) -> None:
    people = [await world.technician(f"师傅{number}") for number in range(8)]
    order = await on_offer(world)
    told = await asyncio.gather(*(grab(world, actor, order) for _, actor in people))
    [won] = [each for each in told if isinstance(each, WorkOrder)]
    assert won.state is WorkOrderState.ACCEPTED
    [assignment] = await world.rows(Assignment)
    [winner] = [each.name for each, _ in people if each.id == assignment.technician_id]
    lost = [each for each in told if not isinstance(each, WorkOrder)]
    assert [(each.code.value, each.params["winner"]) for each in lost] == [
        ("ALREADY_TAKEN", winner)
    ] * 7


@pytest.mark.rule("GRAB-2")
async def test_where_the_first_is_refused_the_next_in_turn_wins(world: World) -> None:
    away, first = await world.technician()
    _, second = await world.technician()
    order = await on_offer(world)
    await world.do(
        world.root,
        technicians.add_leave,
        technician_id=away.id,
        starts_at=world.clock.now,
        ends_at=world.clock.now.replace(hour=23),
    )
    refusal, won = await asyncio.gather(grab(world, first, order), grab(world, second, order))
    assert refusal.code.value == "NOT_ON_DUTY"
    assert won.id == order.id


@pytest.mark.rule("GRAB-2")
async def test_who_comes_too_late_begins_no_transaction(world: World) -> None:
    _, first = await world.technician("赵师傅")
    _, second = await world.technician()
    order = await on_offer(world)
    assert (await grab(world, first, order)).id == order.id
    with said_to_the_database(world) as said:
        refusal = await grab(world, second, order)
    assert (refusal.code.value, refusal.params["winner"]) == ("ALREADY_TAKEN", "赵师傅")
    assert len([each for each in said if each.lstrip().startswith("SELECT")]) == 1
    assert not [each for each in said if each.startswith(("BEGIN IMM", "UPDATE", "INSERT"))]
    assert said.count("BEGIN") == 0


@pytest.mark.rule("GRAB-1")
async def test_who_was_not_offered_it_learns_nothing_of_who_has_it(world: World) -> None:
    _, first = await world.technician()
    _, stranger = await world.technician(trades={"electrical": 3})
    order = await on_offer(world)
    await grab(world, first, order)
    assert (await grab(world, stranger, order)).code.value == "NOT_FOUND"
    assert (await grab(world, world.resident, order)).code.value == "FORBIDDEN"


@pytest.mark.rule("GRAB-2", "GRAB-8")
async def test_an_order_that_is_on_offer_again_can_be_won_again(world: World) -> None:
    _, first = await world.technician()
    _, second = await world.technician()
    order = await on_offer(world)
    await grab(world, first, order)
    assert (await grab(world, second, order)).code.value == "ALREADY_TAKEN"
    await world.do(first, offers.give_back, work_order_id=order.id, reason="孩子生病")
    await world.do(world.dispatcher, offers.open_offer, work_order_id=order.id)
    assert (await grab(world, second, order)).id == order.id


@pytest.mark.rule("GRAB-2", "INT-5")
async def test_the_winner_who_asks_again_gets_the_first_result_and_a_loser_keeps_their_key(
    world: World,
) -> None:
    _, first = await world.technician()
    _, second = await world.technician()
    order, other = await on_offer(world), await on_offer(world)
    assert (await grab(world, first, order, idempotency_key="wish")).id == order.id
    again = await grab(world, first, order, idempotency_key="wish")
    assert (again.id, again.version) == (order.id, (await world.rows(WorkOrder))[0].version)
    assert len(await world.rows(Assignment)) == 1
    assert (await grab(world, first, order)).code.value == "ALREADY_TAKEN"
    # A key that stands for another wish is refused, also where the order is gone.
    assert (await grab(world, second, other, idempotency_key="mine")).id == other.id
    reused = await grab(world, second, order, idempotency_key="mine")
    assert reused.code.value == "IDEMPOTENCY_KEY_REUSED"
    # A loss uses no key up.
    lost = await grab(world, second, order, idempotency_key="fresh")
    assert lost.code.value == "ALREADY_TAKEN"


@pytest.mark.rule("DSP-13")
async def test_a_grab_keeps_to_how_many_the_order_was_offered(world: World) -> None:
    people = [(await world.technician())[1] for _ in range(3)]
    for actor in people[:2]:
        await grab(world, actor, await on_offer(world))
    assert [each.why["offered_to"] for each in await world.rows(Assignment)] == [3, 3]


async def test_what_a_grab_records_is_written_at_once_in_its_order(world: World) -> None:
    _, actor = await world.technician()
    order = await on_offer(world)
    with said_to_the_database(world) as said:
        await grab(world, actor, order)
    first = next(n for n, each in enumerate(said) if each.startswith("INSERT INTO event "))
    assert all(each.startswith("INSERT INTO event ") for each in said[first:])
    if not world.services.store.is_sqlite:
        assert len(said[first:]) == 1
    found = await world.rows(Event, Event.work_order_id == order.id)
    kinds = [each.kind for each in found]
    assert kinds.index("assignment.made") < kinds.index("work_order.grabbed")
    assert kinds.count("plan_in_force.changed") == 1
    assert kinds[-1] == "disturbance.noted"


async def test_turns_are_forgotten_and_so_are_orders_taken_long_ago() -> None:
    rivals = Rivals()
    inside: list[int] = []

    async def take(number: int) -> None:
        async with rivals.turn(1):
            inside.append(number)
            await asyncio.sleep(0)
            assert inside.pop() == number

    gone = asyncio.create_task(take(9))
    others = [asyncio.create_task(take(number)) for number in range(3)]
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(*others)
    assert not rivals._turns
    for number in range(10_001):
        rivals.note_taken(number)
    assert not rivals.seems_taken(0)
    assert rivals.seems_taken(1)

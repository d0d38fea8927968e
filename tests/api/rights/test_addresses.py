"""What a technician sees of a customer's address, and for how long."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest

from dispatch.api.ids import encode
from dispatch.domain.errors import Refused
from dispatch.domain.places import PlaceKind
from dispatch.domain.rights import Actor
from dispatch.services import execution, offers, policies, sites, work_orders
from dispatch.store.work_orders import WorkOrder
from tests.api.client import Client, gid
from tests.factories import World

DAY_AND_NIGHT: dict[str, Any] = {"starts": time(0), "ends": time(0)}
ORDER = """
query($id: ID!) {
  workOrder(id: $id) {
    place { name accessNotes } point { latitude } building { name }
    ticket { requesterPhone room unit locationText place { name } point { latitude } }
  }
}
"""
FOUND = """
query($place: ID!) {
  workOrders(first: 9, filter: {placeId: {eq: $place}}) { totalCount nodes { id } }
  tickets(first: 9, filter: {placeId: {eq: $place}}) { totalCount nodes { id } }
}
"""
HIDDEN = {"place": None, "point": None, "building": {"name": "1 幢"}}
HIDDEN_TICKET = {
    "requesterPhone": None,
    "room": None,
    "unit": None,
    "locationText": None,
    "place": None,
    "point": None,
}


async def in_home_order(world: World) -> WorkOrder:
    home = await world.do(
        world.root,
        sites.create_place,
        site_id=world.site.id,
        parent_id=world.building.id,
        kind=PlaceKind.ROOM,
        name="901",
        access_notes="key under the mat",
    )
    return await world.order(
        place_id=home.id, unit="甲单元", room="901", location_text="the red door"
    )


async def seen(client: Client, order: WorkOrder, actor: Actor) -> dict[str, Any]:
    token = await client.token(actor)
    return (await client.gql(ORDER, {"id": gid(order)}, token=token)).data["workOrder"]


async def finds(client: Client, order: WorkOrder, actor: Actor) -> tuple[int, int]:
    """How many orders and tickets a search by the order's place shows."""
    assert order.place_id is not None
    place = {"place": encode("Place", order.place_id)}
    data = (await client.gql(FOUND, place, token=await client.token(actor))).data
    for part in data.values():
        assert part["totalCount"] == len(part["nodes"])
    return data["workOrders"]["totalCount"], data["tickets"]["totalCount"]


async def finish(world: World, order: WorkOrder, actor: Actor) -> None:
    given = {"work_order_id": order.id}
    for step in (execution.set_out, execution.arrive):
        await world.do(actor, step, **given)
    await world.do(world.desk, execution.lift_door_code, **given, reason="called")
    await world.do(actor, execution.start, **given)
    words = {"found": "x", "cause": "y", "done": "z"}
    await world.do(actor, execution.complete, **given, **words, signature="王芳")


@pytest.mark.rule("SEC-3")
async def test_on_offer_the_place_alone_held_everything_given_back_nothing(client: Client) -> None:
    world = client.world
    _, actor = await world.technician(**DAY_AND_NIGHT)
    _, other = await world.technician(**DAY_AND_NIGHT)
    order = await in_home_order(world)
    with pytest.raises(AssertionError, match="NOT_FOUND"):
        await seen(client, order, actor)
    await world.do(world.dispatcher, offers.open_offer, work_order_id=order.id)
    offered = await seen(client, order, actor)
    # How to get in is for who goes there.
    assert offered["place"] == {"name": "901", "accessNotes": None}
    assert offered["point"] is not None
    assert offered["ticket"] is None
    assert await finds(client, order, actor) == (1, 0)

    await world.do(actor, offers.grab, work_order_id=order.id)
    held = await seen(client, order, actor)
    assert held["place"] == {"name": "901", "accessNotes": "key under the mat"}
    assert held["ticket"] == {
        "requesterPhone": "13800000000",
        "room": "901",
        "unit": "甲单元",
        "locationText": "the red door",
        "place": {"name": "901"},
        "point": {"latitude": 31.3},
    }
    assert await finds(client, order, actor) == (1, 1)
    with pytest.raises(AssertionError, match="NOT_FOUND"):
        await seen(client, order, other)

    await world.do(actor, offers.give_back, work_order_id=order.id, reason="no tools")
    given_back = await seen(client, order, actor)
    assert given_back == {**HIDDEN, "ticket": HIDDEN_TICKET}
    assert await finds(client, order, actor) == (0, 0)


@pytest.mark.rule("SEC-3")
@pytest.mark.parametrize(
    ("kept_s", "ago", "shown"),
    [
        (None, timedelta(hours=23), True),
        (None, timedelta(hours=25), False),
        (3600, timedelta(hours=2), False),
    ],
)
async def test_what_was_seen_is_hidden_a_day_after_the_work(
    client: Client, kept_s: int | None, ago: timedelta, shown: bool
) -> None:
    world = client.world
    world.clock.now -= ago
    if kept_s is not None:
        document = {"privacy": {"address_kept_s": kept_s}}
        manager = world.root
        await world.do(manager, policies.set_policy, site_id=world.site.id, document=document)
    person, actor = await world.technician(**DAY_AND_NIGHT)
    order = await in_home_order(world)
    await world.do(
        world.dispatcher, work_orders.assign, work_order_id=order.id, technician_id=person.id
    )
    await world.do(actor, execution.accept, work_order_id=order.id)
    await finish(world, order, actor)
    after = await seen(client, order, actor)
    if shown:
        assert after["ticket"]["requesterPhone"] == "13800000000"
        assert after["place"]["accessNotes"] == "key under the mat"
    else:
        assert after == {**HIDDEN, "ticket": HIDDEN_TICKET}
    # Others are none of this rule's concern.
    desk = await seen(client, order, world.desk)
    assert desk["ticket"]["requesterPhone"] == "13800000000"


@pytest.mark.rule("SEC-3")
async def test_the_time_is_a_policy_within_bounds(world: World) -> None:
    for given in (-1, 32 * 24 * 3600, "long"):
        with pytest.raises(Refused, match="POLICY_INVALID"):
            await world.do(
                world.root,
                policies.set_policy,
                site_id=world.site.id,
                document={"privacy": {"address_kept_s": given}},
            )

"""Rules of the work as a client of the API meets them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from dispatch.domain.rights import Role
from dispatch.domain.tickets import Channel
from dispatch.services import accounts, execution, work_orders
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import WorkOrder
from tests.api.client import Client, gid
from tests.api.documents import Person
from tests.api.test_one_path import DAY_AND_NIGHT


async def _person(client: Client, role: Role) -> Person:
    return Person(client, await client.token(client.world.actors[role]))


def _report(client: Client, **given: Any) -> dict[str, Any]:
    return {
        "siteId": gid(client.world.site),
        "kind": "REPAIR",
        "channel": "PHONE",
        "description": "厨房水龙头漏水",
        "requesterName": "王芳",
        "requesterPhone": "13800000000",
        "placeId": gid(client.world.rooms[0]),
        **given,
    }


@pytest.mark.rule("INT-1")
async def test_each_field_missing_from_a_report_is_an_error_of_its_own(client: Client) -> None:
    desk = await _person(client, Role.DESK)
    before = await client.world.counts()
    errors = await desk.refused(
        "DeskReport", siteId=gid(client.world.site), kind="REPAIR", channel="PHONE", description=" "
    )
    assert {(error["code"], tuple(error["field"])) for error in errors} == {
        ("REQUIRED", ("input", "description")),
        ("REQUIRED", ("input", "requesterName")),
        ("REQUIRED", ("input", "requesterPhone")),
        ("REQUIRED", ("input", "placeId")),
    }
    assert all(error["message"] and error["remedy"] for error in errors)
    assert await client.world.counts() == before


@pytest.mark.rule("INT-2")
async def test_a_report_from_any_channel_enters_the_same_flow(client: Client) -> None:
    desk = await _person(client, Role.DESK)
    leaf = gid(await client.world.category("tap_leak"))
    for channel in Channel:
        made = await desk.do("DeskReport", **_report(client, channel=channel.value))
        assert (made["ticket"]["channel"], made["ticket"]["state"]) == (channel.value, "NEW")
        triaged = await desk.do("DeskTriage", ticketId=made["ticket"]["id"], categoryId=leaf)
        (order,) = triaged["ticket"]["workOrders"]["nodes"]
        assert order["state"] == "QUEUED"


@pytest.mark.rule("INT-3")
async def test_the_desk_reports_for_anybody_a_resident_for_their_own_unit(client: Client) -> None:
    world = client.world
    desk, resident = await _person(client, Role.DESK), await _person(client, Role.RESIDENT)
    for_her = await desk.do("DeskReport", **_report(client, partyId=gid(world.party)))
    assert for_her["ticket"]["takenByName"] == world.desk.name
    own = _report(client, channel="APP", requesterName=None, requesterPhone=None)
    hers = await resident.do("ResidentReport", **own)
    (ticket,) = [
        each
        for each in (await resident.look("ResidentTickets", first=10))["nodes"]
        if each["id"] == hers["ticket"]["id"]
    ]
    assert ticket["state"] == "NEW"
    before = await world.counts()
    others = {**own, "placeId": gid(world.rooms[1])}
    (error,) = await resident.refused("ResidentReport", **others)
    assert (error["code"], error["field"]) == ("NOT_OWN_UNIT", ["input", "placeId"])
    assert await world.counts() == before


@pytest.mark.rule("INT-5")
async def test_a_wish_sent_again_makes_one_ticket(client: Client) -> None:
    desk = await _person(client, Role.DESK)
    wish = _report(client, idempotencyKey="call-4711")
    answers = await asyncio.gather(*(desk.do("DeskReport", **wish) for _ in range(5)))
    assert len({answer["ticket"]["id"] for answer in answers}) == 1
    assert len(await client.world.rows(Ticket)) == 1
    (error,) = await desk.refused("DeskReport", **{**wish, "description": "卫生间漏水"})
    assert error["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert len(await client.world.rows(Ticket)) == 1


@pytest.mark.rule("SEC-1")
async def test_each_role_may_do_what_is_its_own(client: Client) -> None:
    world = client.world
    order = await world.public_order()
    day = {"siteId": gid(world.site), "day": "2026-11-23"}
    tokens = {role: await _person(client, role) for role in world.actors}
    before = await world.counts()
    # Who may see the order is told that they may not; who may not see it finds none.
    (hidden,) = await tokens[Role.RESIDENT].refused("DispatcherOffer", workOrderId=gid(order))
    assert hidden["code"] == "NOT_FOUND"
    for role in (Role.DESK, Role.FINANCE, Role.ANALYST, Role.STEWARD):
        sent = {"input": {"workOrderId": gid(order)}}
        assert (await tokens[role].send("DispatcherOffer", sent)).code == "FORBIDDEN"
    for role in (Role.RESIDENT, Role.FINANCE):
        assert (await tokens[role].send("BoardDay", {**day, "lanes": 5})).code == "FORBIDDEN"
    assert await world.counts() == before
    offered = await tokens[Role.TEAM_LEADER].do("DispatcherOffer", workOrderId=gid(order))
    assert offered["workOrder"]["state"] == "OFFERED"


@pytest.mark.rule("SEC-4")
async def test_the_record_tells_who_when_what_before_and_after_and_from_where(
    client: Client,
) -> None:
    desk = await _person(client, Role.DESK)
    made = (await desk.do("DeskReport", **_report(client)))["ticket"]
    await desk.do("DeskComplete", ticketId=made["id"], description="水龙头和水管都漏水")
    events = (await desk.look("DeskTicketDetails", id=made["id"]))["events"]["nodes"]
    events = [event for event in events if event["kind"].startswith("ticket.")]
    assert [event["kind"] for event in events] == ["ticket.created", "ticket.updated"]
    changed = events[1]
    assert changed["before"] == {"description": "厨房水龙头漏水"}
    assert changed["after"] == {"description": "水龙头和水管都漏水"}
    assert changed["actorName"] == client.world.desk.name
    assert changed["origin"]
    assert changed["at"] >= events[0]["at"]
    resident = await _person(client, Role.RESIDENT)
    record = await resident.look("AnalystRecord", siteId=gid(client.world.site), first=10)
    assert record["nodes"] == []


async def _held(client: Client) -> tuple[WorkOrder, Person]:
    world = client.world
    technician, account = await world.technician(**DAY_AND_NIGHT)
    order = await world.order(party_id=world.party.id)
    await world.do(
        world.dispatcher,
        work_orders.assign,
        work_order_id=order.id,
        technician_id=technician.id,
    )
    return order, Person(client, await client.token(account))


@pytest.mark.rule("EXE-1")
async def test_a_wrong_step_is_refused_with_the_steps_allowed(client: Client) -> None:
    order, technician = await _held(client)
    of = {"workOrderId": gid(order)}
    (error,) = await technician.refused("TechnicianArrive", **of)
    assert error["code"] == "WRONG_STEP"
    assert set(error["allowed"]) == {"UNASSIGN", "ACCEPT", "DECLINE", "CANCEL"}
    await technician.do("TechnicianAccept", **of)
    again = await technician.refused("TechnicianAccept", **of)
    assert again[0]["code"] == "WRONG_STEP"
    assert "SET_OUT" in again[0]["allowed"]
    stale = await technician.refused("TechnicianSetOut", **of, version=1)
    assert stale[0]["code"] == "STALE_VERSION"


async def test_a_technician_sees_the_phone_of_what_they_hold_and_never_a_door_code(
    client: Client,
) -> None:
    order, technician = await _held(client)
    ask = "query($id: ID!) { workOrder(id: $id) { doorCode ticket { requesterPhone room } } }"
    seen = await client.gql(ask, {"id": gid(order)}, token=technician.token)
    assert seen.data["workOrder"] == {
        "doorCode": None,
        "ticket": {"requesterPhone": "13800000000", "room": None},
    }
    desk = await _person(client, Role.DESK)
    code = (await client.gql(ask, {"id": gid(order)}, token=desk.token)).data["workOrder"]
    assert code["doorCode"] == order.door_code
    # Somebody else, to whom the order is only offered, is shown the place alone.
    await client.world.do(
        client.world.dispatcher, work_orders.unassign, work_order_id=order.id, reason="ill"
    )
    _, account = await client.world.technician(**DAY_AND_NIGHT)
    dispatcher = await _person(client, Role.DISPATCHER)
    await dispatcher.do("DispatcherOffer", workOrderId=gid(order))
    stranger = await client.token(account)
    seen = await client.gql(ask, {"id": gid(order)}, token=stranger)
    assert seen.data["workOrder"] == {"doorCode": None, "ticket": None}


async def _completed(client: Client) -> tuple[WorkOrder, Person]:
    order, technician = await _held(client)
    world = client.world
    account = await accounts.authenticate(world.services, token=technician.token, origin="test")
    await world.do(world.desk, execution.lift_door_code, work_order_id=order.id, reason="called")
    for step in (execution.accept, execution.set_out, execution.arrive, execution.start):
        await world.do(account, step, work_order_id=order.id)
    await technician.do(
        "TechnicianComplete",
        workOrderId=gid(order),
        found="worn",
        cause="age",
        done="replaced",
        signature="王芳",
    )
    return order, await _person(client, Role.DESK)


@pytest.mark.rule("CBK-1")
async def test_every_completed_ticket_is_owed_a_call(client: Client) -> None:
    order, desk = await _completed(client)
    (owed,) = (await desk.look("CallbacksDue", siteId=gid(client.world.site), first=10))["nodes"]
    assert owed["ticket"]["workOrders"]["nodes"][0]["number"] == order.number


@pytest.mark.rule("CBK-4")
@pytest.mark.parametrize("satisfied", [True, False])
async def test_a_callback_closes_the_ticket_or_opens_rework(
    client: Client, *, satisfied: bool
) -> None:
    order, desk = await _completed(client)
    (owed,) = (await desk.look("CallbacksDue", siteId=gid(client.world.site), first=10))["nodes"]
    answers = {"callbackId": owed["id"], "result": "ANSWERED", "satisfied": satisfied}
    if not satisfied:
        (error,) = await desk.refused("CallbackRecord", **answers, solved=False)
        assert error["field"] == ["input", "dissatisfactionReason"]
        answers["dissatisfactionReason"] = "又漏了"
    callback = (await desk.do("CallbackRecord", **answers, solved=satisfied))["callback"]
    orders = {each["number"]: each for each in callback["ticket"]["workOrders"]["nodes"]}
    if satisfied:
        assert callback["ticket"]["state"] == "CLOSED"
        assert orders[order.number]["state"] == "CLOSED"
        return
    assert callback["dissatisfactionReason"] == "又漏了"
    assert callback["ticket"]["state"] == "IN_PROGRESS"
    (rework,) = [each for number, each in orders.items() if number != order.number]
    assert (rework["isRework"], rework["state"]) == (True, "QUEUED")

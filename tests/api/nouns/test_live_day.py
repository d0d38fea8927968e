"""The running day through the API: emergencies, delays, illness, and what the board hears."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dispatch.domain.rights import Actor, Role
from dispatch.domain.triage import Priority
from dispatch.services import delays, work_orders
from dispatch.store.messages import Message
from dispatch.store.work_orders import WorkOrder
from tests.api.client import Client, gid, token_for
from tests.api.documents import Person, documents
from tests.api.server import Server, a_server
from tests.api.test_one_path import DAY_AND_NIGHT
from tests.api.test_subscriptions import STANDING_S, code_of
from tests.factories import World


async def _person(client: Client, actor: Actor, language: str = "en") -> Person:
    return Person(client, await client.token(actor), language)


def _today(world: World) -> str:
    return world.clock.now.astimezone(ZoneInfo(world.site.time_zone)).date().isoformat()


async def _give(world: World, order: WorkOrder, technician_id: int, *, minutes: float) -> datetime:
    starts = world.clock.now + timedelta(minutes=minutes)
    await world.do(
        world.dispatcher,
        work_orders.assign,
        work_order_id=order.id,
        technician_id=technician_id,
        planned_start=starts,
    )
    return starts


@pytest.mark.rule("DSP-6")
async def test_an_emergency_shows_who_loses_what(client: Client) -> None:
    world = client.world
    near, _ = await world.technician("near", **DAY_AND_NIGHT)
    await world.technician("far", home=(31.9, 121.2), **DAY_AND_NIGHT)
    waits = await world.public_order(priority=Priority.LOW, duration_s=1800)
    was = await _give(world, waits, near.id, minutes=10)
    order = await world.public_order(priority=Priority.EMERGENCY, duration_s=1800)
    dispatcher = await _person(client, world.dispatcher)
    done = (await dispatcher.do("DispatcherEmergency", workOrderId=gid(order)))["insertion"]
    assert done["workOrder"]["assignment"]["technician"]["name"] == "near"
    assert done["why"] is None
    change = done["change"]
    assert change["cause"] == "EMERGENCY"
    loses = {each["workOrder"]["number"]: each for each in change["changes"]}
    assert [each["name"] for each in loses[order.number]["technicians"]] == ["near"]
    assert loses[order.number]["were"] == []
    assert datetime.fromisoformat(loses[waits.number]["wasStartsAt"]) == was
    assert datetime.fromisoformat(loses[waits.number]["startsAt"]) > was
    day = await dispatcher.look("DispatcherDay", siteId=gid(world.site), day=_today(world))
    assert (day["version"], day["cause"]) == (change["version"], "EMERGENCY")
    assert [each["cause"] for each in day["changes"]] == ["EMERGENCY", "ASSIGNED"]
    assert [each["version"] for each in day["changes"]] == [2, 1]
    # Nobody can come: said so, with what to do; and not everybody may send.
    hard = await world.public_order(priority=Priority.EMERGENCY, level=3)
    (refused,) = await dispatcher.refused("DispatcherEmergency", workOrderId=gid(hard))
    assert refused["code"] == "NOBODY_FREE"
    assert hard.number in refused["message"]
    desk = await _person(client, world.desk)
    answer = await desk.send("DispatcherEmergency", {"input": {"workOrderId": gid(hard)}})
    assert answer.body["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    resident = await _person(client, world.resident)
    asked = {"siteId": gid(world.site), "day": _today(world)}
    assert (await resident.send("DispatcherDay", asked)).code == "FORBIDDEN"


@pytest.mark.rule("DSP-4")
async def test_an_order_is_inserted_or_the_reason_told(client: Client) -> None:
    world = client.world
    await world.technician("near", **DAY_AND_NIGHT)
    order = await world.public_order(duration_s=1800)
    dispatcher = await _person(client, world.dispatcher)
    done = (await dispatcher.do("DispatcherInsert", workOrderId=gid(order)))["insertion"]
    assert done["workOrder"]["state"] == "ASSIGNED"
    assert done["change"]["cause"] == "INSERTED"
    hard = await world.public_order(level=3)
    none = (await dispatcher.do("DispatcherInsert", workOrderId=gid(hard)))["insertion"]
    assert none["change"] is None
    assert (none["why"]["code"], none["why"]["remedyCode"]) == ("NO_TRADE", "LOWER_LEVEL")
    assert none["why"]["remedy"] == "near could take it if level 2 were enough."


@pytest.mark.rule("DSP-7")
async def test_delays_and_illness_disturb_the_day_by_whoever_may_say_so(client: Client) -> None:
    world = client.world
    near, own = await world.technician("near", **DAY_AND_NIGHT)
    _, other = await world.technician("other", **DAY_AND_NIGHT)
    order = await world.public_order(duration_s=1800)
    await _give(world, order, near.id, minutes=10)
    me, stranger = await _person(client, own), await _person(client, other)
    free_at = (world.clock.now + timedelta(hours=1)).isoformat()
    late = {"technicianId": gid(near), "freeAt": free_at}
    await me.do("TechnicianReportDelay", **late)
    (refused,) = await stranger.refused("TechnicianReportDelay", **late)
    assert refused["code"] == "NOT_FOUND"
    await me.do("TechnicianLocate", technicianId=gid(near), latitude=31.3, longitude=120.6)
    dispatcher = await _person(client, world.dispatcher)
    asked = {"siteId": gid(world.site), "day": _today(world)}
    day = await dispatcher.look("DispatcherDay", **asked)
    assert [each["cause"] for each in day["disturbances"]] == ["LATE"]
    assert day["disturbances"][0]["technician"]["name"] == "near"
    await dispatcher.do("DispatcherReportIll", technicianId=gid(near), reason="fever")
    day = await dispatcher.look("DispatcherDay", **asked)
    assert [each["cause"] for each in day["disturbances"]] == ["ILL", "LATE"]


@pytest.mark.rule("DSP-7")
@pytest.mark.slow
async def test_a_day_is_repaired_by_the_running_service(world: World) -> None:
    """Nobody asks for it: the service sees the illness, repairs, publishes, tells the customer."""
    near, own = await world.technician("near", **DAY_AND_NIGHT)
    other, _ = await world.technician("other", **DAY_AND_NIGHT)
    order = await world.public_order(duration_s=1800)
    await _give(world, order, near.id, minutes=10)
    async with a_server(world.services.store.url, DISPATCH_SWEEPER="true"):
        await world.do(own, delays.report_ill, technician_id=near.id)
        for _ in range(600):
            events = await world.events("plan_in_force.changed")
            if events[-1].data["cause"] == "REPAIRED":
                break
            await asyncio.sleep(0.2)
    (row,) = await world.rows(WorkOrder, WorkOrder.id == order.id)
    events = await world.events("plan_in_force.changed")
    assert row.state.value == "ASSIGNED"
    assert events[-1].data["moves"][0]["crew"] == [other.id]
    assert await world.rows(Message, Message.kind == "REPAIR_FAILED") == []


async def test_the_board_hears_of_every_change_of_the_plan_in_force(
    server: Server, world: World
) -> None:
    near, _ = await world.technician("near", **DAY_AND_NIGHT)
    order = await world.public_order()
    given = {"siteId": gid(world.site), "day": _today(world)}
    async with server.socket(await token_for(world, world.dispatcher)) as socket:
        await socket.acknowledged()
        await socket.subscribe(_operation("ChangesOfDay"), given)
        await asyncio.sleep(STANDING_S)
        await _give(world, order, near.id, minutes=10)
        message = await socket.receive()
        heard = message["payload"]["data"]["planInForceChanged"]
        assert (heard["version"], heard["cause"]) == (1, "ASSIGNED")
        (change,) = heard["changes"]
        assert change["workOrder"]["number"] == order.number
        assert (change["were"], [each["name"] for each in change["technicians"]]) == ([], ["near"])
    async with server.socket(await token_for(world, world.actors[Role.RESIDENT])) as socket:
        await socket.acknowledged()
        await socket.subscribe(_operation("ChangesOfDay"), given)
        assert code_of(await socket.receive()) == "FORBIDDEN"


def _operation(name: str) -> str:
    """One subscription of the published documents, alone."""
    text = documents()[name]
    begin = text.index(f"subscription {name}")
    following = text.find("\nsubscription ", begin + 1)
    return text[begin:following] if following > 0 else text[begin:]


@pytest.mark.rule("DSP-5")
async def test_a_plan_is_changed_by_hand_compared_and_published_in_part(
    working_client: Client,
) -> None:
    """What-if, a change with its warning in the reader's language, the comparison, a part of it."""
    client, world = working_client, working_client.world
    near, _ = await world.technician("near", **DAY_AND_NIGHT)
    low, _ = await world.technician("low", trades={"plumbing": 1}, **DAY_AND_NIGHT)
    first = await world.public_order(level=2, duration_s=1800)
    second = await world.public_order(level=2, duration_s=1800)
    day = (world.clock.now + timedelta(days=1)).astimezone(ZoneInfo(world.site.time_zone))
    given = {"siteId": gid(world.site), "day": day.date().isoformat(), "seconds": 0.3}
    dispatcher = await _person(client, world.dispatcher)
    current = (await dispatcher.do("DispatcherPropose", **given))["plan"]
    plan = (await dispatcher.do("DispatcherPropose", **given))["plan"]
    moved = (
        await dispatcher.do(
            "DispatcherMoveStop",
            planId=plan["id"],
            workOrderId=gid(first),
            technicianId=gid(low),
            version=plan["version"],
        )
    )["plan"]
    (warning,) = moved["warnings"]
    assert (warning["code"], warning["text"]) == ("SKILL", "Lacks the trade or the level.")
    assert warning["workOrder"]["number"] == first.number
    assert warning["technician"]["name"] == "low"
    compared = await dispatcher.look("DispatcherCompare", a=current["id"], b=plan["id"])
    changed = {each["workOrder"]["number"]: each for each in compared["changes"]}
    assert [each["name"] for each in changed[first.number]["technicians"]] == ["low"]
    published = await dispatcher.do(
        "DispatcherPublish", planId=plan["id"], technicianIds=[gid(near)]
    )
    assert published["plan"]["state"] == "PUBLISHED"
    rows = {row.id: row.state.value for row in await world.rows(WorkOrder)}
    assert rows == {first.id: "QUEUED", second.id: "ASSIGNED"}
    # What the other plan rests on has changed: none of it is put in force.
    (refused,) = await dispatcher.refused("DispatcherPublish", planId=current["id"])
    assert refused["code"] == "PLAN_OUTDATED"

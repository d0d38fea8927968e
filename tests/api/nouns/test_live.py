"""Questions about the plan in force, as clients ask them: who may know what."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dispatch.domain.rights import Role
from dispatch.services import technicians
from tests.api.client import Client, gid
from tests.api.documents import Person
from tests.api.test_one_path import DAY_AND_NIGHT
from tests.factories import another_site

SLOTS = """
query($order: ID, $visit: VisitWishedInput) {
  appointmentSlots(workOrderId: $order, visit: $visit, days: 2) {
    startsAt endsAt technicians { name } extraLateness extraCost
  }
}
"""


async def _person(client: Client, role: Role, language: str = "en") -> Person:
    return Person(client, await client.token(client.world.actors[role]), language)


async def _stranger(client: Client, role: Role) -> str:
    far = await another_site(client.world.services, client.world.root, code="hill")
    _, actor = await client.world.user(role, site_id=far.id)
    return await client.token(actor)


def _tomorrow(client: Client) -> str:
    now = client.world.clock.now.astimezone(ZoneInfo(client.world.site.time_zone))
    return (now.date() + timedelta(days=1)).isoformat()


@pytest.mark.rule("APT-1", "SEC-2")
async def test_a_resident_is_told_times_the_desk_who_could_come(client: Client) -> None:
    world = client.world
    await world.technician("plumber", **DAY_AND_NIGHT)
    own = await world.order(party_id=world.party.id)
    foreign = await world.order(place_id=world.rooms[1].id)
    told: dict[Role, list[dict[str, Any]]] = {}
    for role in (Role.RESIDENT, Role.DESK):
        token = await client.token(world.actors[role])
        answer = await client.gql(SLOTS, {"order": gid(own)}, token=token)
        told[role] = answer.data["appointmentSlots"]
    assert told[Role.DESK]
    times = [(slot["startsAt"], slot["endsAt"]) for slot in told[Role.DESK]]
    assert [(slot["startsAt"], slot["endsAt"]) for slot in told[Role.RESIDENT]] == times
    for slot in told[Role.DESK]:
        assert slot["technicians"] == [{"name": "plumber"}]
        assert slot["extraCost"] is not None
    for slot in told[Role.RESIDENT]:
        assert slot["technicians"] == []
        assert (slot["extraLateness"], slot["extraCost"]) == (None, None)
    resident = await client.token(world.resident)
    answer = await client.gql(SLOTS, {"order": gid(foreign)}, token=resident)
    assert answer.code == "NOT_FOUND"
    stranger = await _stranger(client, Role.DISPATCHER)
    assert (await client.gql(SLOTS, {"order": gid(own)}, token=stranger)).code == "NOT_FOUND"


async def test_a_question_without_a_subject_is_refused(client: Client) -> None:
    token = await client.token(client.world.desk)
    assert (await client.gql(SLOTS, {}, token=token)).code == "BAD_INPUT"
    visit = {
        "siteId": gid(client.world.site),
        "placeId": gid(client.world.garden),
        "trade": "plumbing",
        "duration": "PT0S",
    }
    answer = await client.gql(SLOTS, {"visit": visit}, token=token)
    assert answer.code == "OUT_OF_RANGE"


@pytest.mark.rule("DSP-4")
async def test_why_not_is_told_in_the_readers_language(client: Client) -> None:
    world = client.world
    low, _ = await world.technician("low", trades={"plumbing": 1}, **DAY_AND_NIGHT)
    order = await world.order(level=2)
    asked = {"workOrderId": gid(order), "day": _tomorrow(client)}
    english = await _person(client, Role.DISPATCHER)
    found = await english.look("DispatcherWhyNot", **asked, technicianId=gid(low))
    assert found["code"] == "NO_TRADE"
    assert found["blocked"] == [
        {
            "technician": {"id": gid(low), "name": "low"},
            "rule": "LEVEL",
            "by": 1,
            "reason": "Is 1 level(s) too low.",
        }
    ]
    assert (found["remedyCode"], found["places"]) == ("LOWER_LEVEL", [])
    assert found["remedy"] == "low could take it if level 1 were enough."
    chinese = await _person(client, Role.DISPATCHER, "zh-CN")
    told = await chinese.look("DispatcherWhyNot", **asked)
    assert told["blocked"][0]["reason"] == "差 1 级。"
    assert told["remedy"] == "若 1 级即可，low能承接。"
    assert told["reason"] != found["reason"]
    stranger = Person(client, await _stranger(client, Role.DISPATCHER))
    assert (await stranger.send("DispatcherWhyNot", asked)).code == "NOT_FOUND"
    resident = await _person(client, Role.RESIDENT)
    assert (await resident.send("DispatcherWhyNot", asked)).code == "NOT_FOUND"


async def test_a_repair_shows_whom_it_moves_and_is_published_like_any_plan(
    working_client: Client,
) -> None:
    client = working_client
    world = client.world
    people = [(await world.technician(f"t{n}", **DAY_AND_NIGHT))[0] for n in range(2)]
    for _ in range(4):
        await world.public_order()
    day = {"siteId": gid(world.site), "day": _tomorrow(client)}
    dispatcher = await _person(client, Role.DISPATCHER)
    first = await dispatcher.do("DispatcherAutoAssign", **day, seconds=0.3)
    await world.do(
        world.root,
        technicians.add_leave,
        technician_id=people[0].id,
        starts_at=world.clock.now,
        ends_at=world.clock.now + timedelta(days=3),
    )
    plan = (await dispatcher.do("DispatcherRepair", **day, seconds=0.3))["plan"]
    assert plan["run"]["engine"] == "repair"
    assert "changes" not in plan["run"]["figures"]
    assert plan["state"] == "PROPOSED"
    for change in plan["changes"]:
        assert [each["name"] for each in change["were"]] == ["t0"]
        assert [each["name"] for each in change["technicians"]] == ["t1"]
        assert change["startsAt"]
    moved = {change["workOrder"]["id"] for change in plan["changes"]}
    compared = await dispatcher.look("DispatcherCompare", a=first["plan"]["id"], b=plan["id"])
    assert moved <= {change["workOrder"]["id"] for change in compared["changes"]}
    published = await dispatcher.do("DispatcherPublish", planId=plan["id"])
    assert published["plan"]["state"] == "PUBLISHED"
    again = (await dispatcher.do("DispatcherRepair", **day, seconds=0.3))["plan"]
    assert again["changes"] == []
    resident = await _person(client, Role.RESIDENT)
    (error,) = (await resident.send("DispatcherRepair", {"input": day})).body["errors"]
    assert error["extensions"]["code"] == "FORBIDDEN"
    pair = {"a": first["plan"]["id"], "b": plan["id"]}
    assert (await resident.send("DispatcherCompare", pair)).code == "NOT_FOUND"
    stranger = Person(client, await _stranger(client, Role.DISPATCHER))
    (refused,) = await stranger.refused("DispatcherRepair", **day)
    assert refused["code"] == "NOT_FOUND"

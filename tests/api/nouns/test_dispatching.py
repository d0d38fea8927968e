"""Dispatch steps and grab mode as clients of the API meet them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dispatch.api.ids import encode
from dispatch.domain.rights import Actor, Role
from dispatch.jobs.sweeper import sweep
from dispatch.services import policies
from dispatch.store.work_orders import WorkOrder
from tests.api.client import Client, gid
from tests.api.test_one_path import DAY_AND_NIGHT

GRAB_FIRST = [{"step": "GRAB", "limit_s": 300}, {"step": "SUPERVISOR"}]
NEAR = {"home": (31.305, 120.605)}

OFFERS = """
query { offers(first: 10) { nodes {
  workOrder { id place { name } duration }
  fit { distance travel reach isBusy startsAt fits obstacle windowFrom load limit
        after { id } before { id } }
} } }"""
ORDER = """
query($id: ID!) { workOrder(id: $id) {
  state dispatchStep assignment { step technician { id } why planned: plannedStart }
  events(first: 50) { nodes { kind at data } }
} }"""


def step(name: str, fields: str = "workOrder { id state dispatchStep }") -> str:
    """The document of a mutation `workOrder…`."""
    kind = f"WorkOrder{name}Input!"
    return (
        f"mutation($input: {kind}) {{ result: workOrder{name}(input: $input) "
        f"{{ {fields} userErrors {{ code field message remedy }} }} }}"
    )


class At:
    """Somebody at a screen."""

    def __init__(self, client: Client, token: str) -> None:
        self.client, self.token = client, token

    async def look(self, document: str, **variables: Any) -> Any:
        answer = await self.client.gql(document, variables, token=self.token)
        (value,) = answer.data.values()
        return value

    async def do(self, document: str, **given: Any) -> Any:
        result = await self.look(document, input=given)
        assert result["userErrors"] == [], result["userErrors"]
        return result

    async def refused(self, document: str, **given: Any) -> list[tuple[str, list[str]]]:
        result = await self.look(document, input=given)
        assert all(error["message"] and error["remedy"] for error in result["userErrors"])
        return [(error["code"], error["field"]) for error in result["userErrors"]]


async def at(client: Client, who: Role | Actor) -> At:
    actor = client.world.actors[who] if isinstance(who, Role) else who
    return At(client, await client.token(actor))


async def set_policy(client: Client, **document: Any) -> None:
    world = client.world
    await world.do(world.root, policies.set_policy, site_id=world.site.id, document=document)


async def later(client: Client, **delta: float) -> None:
    """The sweeper's next rounds, so much later."""
    client.world.clock.forward(**delta)
    for _ in range(3):
        await sweep(client.world.services)


async def order_of(client: Client, **given: Any) -> WorkOrder:
    return await client.world.public_order(**given)


@pytest.mark.rule("DSP-1", "GRAB-1", "GRAB-3")
async def test_an_order_walks_from_offer_to_supervisor_and_manager(client: Client) -> None:
    await set_policy(client, dispatch_steps=GRAB_FIRST)
    _, plumber = await client.world.technician(**DAY_AND_NIGHT)
    _, electrician = await client.world.technician(trades={"electrical": 2}, **DAY_AND_NIGHT)
    order = await order_of(client)
    await later(client, seconds=1)
    on_offer = (await (await at(client, plumber)).look(OFFERS))["nodes"]
    assert [each["workOrder"]["id"] for each in on_offer] == [gid(order)]
    assert (await (await at(client, electrician)).look(OFFERS))["nodes"] == []
    await later(client, minutes=5)
    await later(client, minutes=5)
    manager = await at(client, Role.PROJECT_MANAGER)
    seen = await manager.look(ORDER, id=gid(order))
    assert (seen["state"], seen["dispatchStep"]) == ("QUEUED", "SUPERVISOR")
    climbed = [
        each["data"] for each in seen["events"]["nodes"] if each["kind"] == "work_order.climbed"
    ]
    assert [each["to"] for each in climbed] == ["SUPERVISOR", "PROJECT_MANAGER"]
    assert climbed[1]["people"] == [client.world.actors[Role.PROJECT_MANAGER].name]


@pytest.mark.rule("GRAB-2", "GRAB-4", "GRAB-5", "GRAB-6")
async def test_a_technician_sees_how_an_order_fits_before_grabbing_it(client: Client) -> None:
    world = client.world
    person, actor = await world.technician(work_limit_s=7200, **NEAR, **DAY_AND_NIGHT)
    first = await order_of(client, duration_s=1800)
    phone, dispatcher = await at(client, actor), await at(client, Role.DISPATCHER)
    await dispatcher.do(step("Offer"), workOrderId=gid(first))
    (offer,) = (await phone.look(OFFERS))["nodes"]
    assert offer["workOrder"]["place"]["name"] == "中心花园"
    assert offer["workOrder"]["duration"] == "PT30M"
    fit = offer["fit"]
    assert (fit["isBusy"], fit["fits"], fit["obstacle"]) == (False, True, None)
    assert (fit["load"], fit["limit"]) == ("PT0S", "PT2H")
    assert (fit["distance"] or 0) < 100
    # Readers who are no technicians are told nothing of a day they have not got.
    (elsewhere,) = (await dispatcher.look(OFFERS))["nodes"]
    assert elsewhere["fit"] is None
    await phone.do(step("Grab"), workOrderId=gid(first))
    for name in ("SetOut", "Arrive", "Start"):
        await phone.do(step(name), workOrderId=gid(first))
    # Busy now: the next one is near, but only with their word; a third is over the limit.
    second, third = await order_of(client), await order_of(client, duration_s=7200)
    for order in (second, third):
        await dispatcher.do(step("Offer"), workOrderId=gid(order))
    fits = {each["workOrder"]["id"]: each["fit"] for each in (await phone.look(OFFERS))["nodes"]}
    assert fits[gid(second)]["isBusy"]
    assert fits[gid(third)]["obstacle"].startswith("The day's work limit is reached")
    grab = {"workOrderId": gid(second)}
    assert await phone.refused(step("Grab"), **grab) == [("REQUIRED", ["input", "canReach"])]
    assert await phone.refused(step("Grab"), workOrderId=gid(third), canReach=True) == [
        ("WORK_LIMIT_REACHED", ["input", "workOrderId"])
    ]
    await phone.do(step("Grab"), **grab, canReach=True)
    # Who comes second is told who was first.
    _, slow = await world.technician(**DAY_AND_NIGHT)
    again = await at(client, slow)
    assert await again.refused(step("Grab"), **grab) == [("NOT_FOUND", ["input", "workOrderId"])]
    assert person.id


@pytest.mark.rule("GRAB-5")
async def test_a_grab_that_breaks_a_promise_is_refused_and_says_which(client: Client) -> None:
    world = client.world
    person, actor = await world.technician(**NEAR, **DAY_AND_NIGHT)
    soon = world.clock.now + timedelta(minutes=30)
    window = {"startsAt": soon.isoformat(), "endsAt": (soon + timedelta(minutes=5)).isoformat()}
    ticket = (await order_of(client)).ticket_id
    desk, dispatcher = await at(client, Role.DESK), await at(client, Role.DISPATCHER)
    phone = await at(client, actor)

    async def promised(duration: str) -> str:
        made = await desk.do(
            step("Create", "workOrder { id number }"),
            ticketId=encode("Ticket", ticket),
            duration=duration,
            appointment=window,
        )
        return made["workOrder"]["id"]

    held, wanted = await promised("PT2H"), await promised("PT2H")
    await dispatcher.do(
        step("Assign"),
        workOrderId=held,
        technicianId=gid(person),
        plannedStart=soon.isoformat(),
    )
    await dispatcher.do(step("Offer"), workOrderId=wanted)
    (offer,) = (await phone.look(OFFERS))["nodes"]
    assert not offer["fit"]["fits"]
    assert "after its promised time" in offer["fit"]["obstacle"]
    assert offer["fit"]["windowFrom"] is not None
    assert await phone.refused(step("Grab"), workOrderId=wanted) == [
        ("PROMISE_WOULD_BREAK", ["input", "workOrderId"])
    ]


@pytest.mark.rule("DSP-8")
async def test_a_declined_order_climbs_and_every_level_is_on_record(client: Client) -> None:
    await set_policy(client, dispatching={"next_technicians": 0})
    person, actor = await client.world.technician(**DAY_AND_NIGHT)
    order = await order_of(client)
    dispatcher, phone = await at(client, Role.DISPATCHER), await at(client, actor)
    await dispatcher.do(step("Assign"), workOrderId=gid(order), technicianId=gid(person))
    assert await phone.refused(step("Decline"), workOrderId=gid(order), reason=" ") == [
        ("REQUIRED", ["input", "reason"])
    ]
    await phone.do(step("Decline"), workOrderId=gid(order), reason="工具不在")
    for _ in range(2):
        await later(client, minutes=6)
    seen = await dispatcher.look(ORDER, id=gid(order))
    climbed = [
        (each["data"]["to"], each["data"]["people"])
        for each in seen["events"]["nodes"]
        if each["kind"] == "work_order.climbed"
    ]
    names = client.world.actors
    assert climbed == [
        (role.value, [names[role].name])
        for role in (Role.TEAM_LEADER, Role.SUPERVISOR, Role.PROJECT_MANAGER)
    ]

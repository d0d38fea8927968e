"""A time promised with a new order, or for one that is put off, has room; or the desk insists."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest

from dispatch.api.ids import encode
from dispatch.domain.rights import Role
from tests.api.appointing import Caller, mutation, window
from tests.api.client import Client, gid

_ORDER = "workOrder { id appointment { state startsAt } } userErrors { code field remedy }"
CREATE = mutation("workOrderCreate", _ORDER)
POSTPONE = mutation("workOrderPostpone", _ORDER)
ALLOW = mutation("workOrderAllowPostponing", _ORDER)
DECLARE = mutation("saturationDeclare", "saturation { id } userErrors { code field remedy }")


async def asked(who: Caller, document: str, **given: Any) -> list[tuple[str, list[str]]]:
    payload = (await who.ask(document, i=given))["r"]
    assert all(each["remedy"] for each in payload["userErrors"])
    return [(each["code"], each["field"]) for each in payload["userErrors"]]


TAKEN = [("SLOT_TAKEN", ["input", "appointment"])]


@pytest.mark.rule("APT-2", "APT-3")
async def test_a_new_orders_time_is_promised_only_where_there_is_room(client: Client) -> None:
    world = client.world
    await world.technician("plumber", starts=time(10), ends=time(12))
    desk = await Caller.of(client, world.desk)
    ticket = encode("Ticket", (await world.order(duration_s=5400)).ticket_id)
    given = {"ticketId": ticket, "appointment": window(client, 10), "duration": "PT1H30M"}
    # A key sent again tells what came of it first, though the room is gone by then.
    assert await asked(desk, CREATE, **given, idempotencyKey="first") == []
    assert await asked(desk, CREATE, **given, idempotencyKey="first") == []
    before = len(await world.events("work_order.created"))
    assert await asked(desk, CREATE, **given) == TAKEN
    wrong = {**given, "appointment": window(client, 14)}
    assert await asked(desk, CREATE, **wrong) == TAKEN
    assert len(await world.events("work_order.created")) == before
    # A trade that was declared full until later has no room, whatever the plan says.
    leader = await Caller.of(client, world.actors[Role.TEAM_LEADER])
    declared = {"siteId": gid(world.site), "trade": "electrical", "reason": "活太多"}
    until = window(client, 18)["startsAt"]
    assert await asked(leader, DECLARE, **declared, until=until) == []
    assert await asked(desk, CREATE, **{**given, "trade": "electrical"}) == [
        ("SATURATED", ["input", "appointment"])
    ]
    # Without a time, or where the desk insists, nothing is asked.
    assert await asked(desk, CREATE, ticketId=ticket) == []
    assert await asked(desk, CREATE, **given, insists=True) == []
    told = [each.data["insisted"] for each in await world.events("appointment.confirmed")]
    assert told == [False, True]


@pytest.mark.rule("DSP-8", "APT-2")
async def test_an_order_is_put_off_only_to_a_time_that_has_room(client: Client) -> None:
    world = client.world
    await world.technician("plumber", starts=time(10), ends=time(12))
    desk = await Caller.of(client, world.desk)
    manager = await Caller.of(client, world.actors[Role.PROJECT_MANAGER])
    order = await world.order(duration_s=5400)
    given = {"workOrderId": gid(order), "reason": "人员不足", "appointment": window(client, 14)}
    assert await asked(desk, POSTPONE, **given) == [
        ("MANAGER_CONSENT_NEEDED", ["input", "workOrderId"])
    ]
    assert await asked(manager, ALLOW, workOrderId=gid(order), reason="今日无人") == []
    assert await asked(desk, POSTPONE, **given) == TAKEN
    # The consent serves still: nothing was agreed.
    assert await asked(desk, POSTPONE, **{**given, "appointment": window(client, 10)}) == []
    assert await asked(manager, ALLOW, workOrderId=gid(order), reason="今日无人") == []
    assert await asked(desk, POSTPONE, **given, insists=True) == []
    told = [each.data["insisted"] for each in await world.events("work_order.postponed")]
    assert told == [False, True]

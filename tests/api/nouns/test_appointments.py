"""Times agreed with customers, as clients do it: held, confirmed and moved."""

from __future__ import annotations

import asyncio
from datetime import time

import pytest

from tests.api.appointing import (
    CONFIRM,
    HISTORY,
    HOLD,
    MOVE,
    RELEASE,
    Caller,
    assigned,
    same,
    window,
)
from tests.api.client import Client, gid
from tests.api.test_one_path import DAY_AND_NIGHT


@pytest.mark.rule("APT-2")
async def test_the_last_room_goes_to_one_of_many_callers(client: Client) -> None:
    world = client.world
    await world.technician("plumber", starts=time(10), ends=time(12))
    orders = [await world.order(duration_s=5400, party_id=world.party.id) for _ in range(4)]
    resident = await Caller.of(client, world.resident)
    desk = await Caller.of(client, world.desk)
    slot = window(client, 10)
    payloads = await asyncio.gather(
        *(
            who.ask(HOLD, i={"workOrderId": gid(each), **slot})
            for who, each in zip([resident, desk] * 2, orders, strict=True)
        )
    )
    errors = [payload["r"]["userErrors"] for payload in payloads]
    assert sorted(len(each) for each in errors) == [0, 1, 1, 1]
    assert {each["code"] for some in errors for each in some} == {"SLOT_TAKEN"}
    assert all(each["remedy"] for some in errors for each in some)
    (held,) = [p["r"]["appointment"] for p in payloads if p["r"]["appointment"]]
    assert held["state"] == "HELD"
    confirmed = await desk.do(CONFIRM, appointmentId=held["id"], agreedBy="王芳")
    assert (confirmed["state"], confirmed["agreedBy"]) == ("CONFIRMED", "王芳")
    assert confirmed["heldUntil"] is None
    loser = next(each for each in orders if gid(each) != held["workOrder"]["id"])
    assert await desk.code(HOLD, workOrderId=gid(loser), **slot) == "SLOT_TAKEN"
    released = await desk.do(RELEASE, appointmentId=held["id"], reason="客户取消")
    assert released["state"] == "RELEASED"
    await desk.do(HOLD, workOrderId=gid(loser), **slot)


@pytest.mark.rule("APT-4")
async def test_customer_desk_and_technician_move_an_appointment_and_all_is_kept(
    client: Client,
) -> None:
    world = client.world
    technician, account = await world.technician("plumber", **DAY_AND_NIGHT)
    order = await world.order(party_id=world.party.id)
    foreign = await world.order(place_id=world.rooms[1].id)
    desk = await Caller.of(client, world.desk)
    resident = await Caller.of(client, world.resident)
    person = await Caller.of(client, account)
    which = {"workOrderId": gid(order)}
    held = await resident.do(HOLD, **which, **window(client, 8))
    await resident.do(CONFIRM, appointmentId=held["id"])
    moved = await resident.do(MOVE, **which, **window(client, 10), reason="要上班")
    assert (moved["madeBy"], moved["movedFrom"]["state"]) == ("CUSTOMER", "MOVED")
    await desk.do(MOVE, **which, **window(client, 12), reason="客户来电", agreedBy="王芳")
    # Who does not hold the order, has no say in its time.
    given = {**which, **window(client, 14), "reason": "前一单延误"}
    assert await person.code(MOVE, **given) == "NOT_FOUND"
    await assigned(client, order, technician.id)
    assert await person.code(MOVE, **given) == "CUSTOMER_CONSENT_NEEDED"
    await person.do(MOVE, **given, customerConsent="电话征得王芳同意")
    found = (await desk.ask(HISTORY, id=gid(order)))["workOrder"]
    assert same(found["appointment"]["startsAt"], window(client, 14)["startsAt"])
    first, second, third, last = found["appointments"]
    assert [each["state"] for each in (first, second, third, last)] == [*["MOVED"] * 3, "CONFIRMED"]
    assert [each["reason"] for each in (first, second, third)] == [
        "要上班",
        "客户来电",
        "前一单延误",
    ]
    assert (second["agreedBy"], third["agreedBy"]) == (world.resident.name, "王芳")
    assert (last["madeBy"], last["consent"]) == ("TECHNICIAN", "电话征得王芳同意")
    assert same(last["movedFrom"]["startsAt"], third["startsAt"])
    elsewhere = {"workOrderId": gid(foreign), **window(client, 16), "reason": "x"}
    assert await resident.code(MOVE, **elsewhere) == "NOT_FOUND"

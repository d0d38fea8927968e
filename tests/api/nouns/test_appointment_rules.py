"""Saturation, reminders, evenings, calls and named technicians, as clients meet them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from dispatch.domain.rights import Role
from dispatch.jobs.sweeper import fire_clocks
from dispatch.services import policies, shift_extensions
from dispatch.store.messages import Message
from tests.api.appointing import CONFIRM, HOLD, MOVE, Caller, assigned, mutation, same, window
from tests.api.client import Client, gid
from tests.api.test_one_path import DAY_AND_NIGHT

SLOTS = """
query($order: ID!, $technician: ID, $from: Date, $days: Int) {
  appointmentSlots(workOrderId: $order, technicianId: $technician, fromDay: $from, days: $days) {
    startsAt technicians { name } } }
"""
NAMED = """
query($order: ID!, $technician: ID!) {
  namedTechnician(workOrderId: $order, technicianId: $technician) {
    technician { name } isBusy freeFrom freeUntil } }
"""
SATURATION = """
query($site: ID!) { saturation(siteId: $site) {
  trade isFull offeredFrom declared { id until reason declaredByName } } }
"""
DECLARE = mutation(
    "saturationDeclare", "saturation { id until } userErrors { code message remedy }"
)
END = mutation(
    "saturationEnd", "saturation { id endedAt endedByName } userErrors { code message remedy }"
)
CALL = mutation(
    "workOrderNoteCall", "customerCall { result note } userErrors { code message remedy }"
)
SET_OUT = mutation(
    "workOrderSetOut",
    "workOrder { state assignment { setOutUncalled } } userErrors { code message remedy }",
)
ACCEPT = mutation("workOrderAccept", "workOrder { state } userErrors { code message remedy }")
ACKNOWLEDGE = mutation(
    "appointmentAcknowledge",
    "appointment { answeredAt } userErrors { code message remedy }",
)
_REMINDED = ("remindedAt", "answeredAt", "chasedAt")
LOOK = """
query($id: ID!) { workOrder(id: $id) {
  appointment { remindedAt answeredAt chasedAt }
  customerCalls { result note technician { name } }
  namedTechnician { name }
} }
"""


def today(client: Client) -> date:
    zone = ZoneInfo(client.world.site.time_zone)
    return client.world.clock.now.astimezone(zone).date()


@pytest.mark.rule("APT-3")
async def test_a_full_day_offers_later_times_and_a_leader_declares_fullness(
    client: Client,
) -> None:
    world = client.world
    await world.technician("plumber", starts=time(14), ends=time(16))
    order, other = [await world.order(duration_s=6000) for _ in range(2)]
    desk = await Caller.of(client, world.desk)
    leader = await Caller.of(client, world.actors[Role.TEAM_LEADER])
    day = today(client)
    site = {"site": gid(world.site)}
    (before,) = (await desk.ask(SATURATION, **site))["saturation"]
    assert (before["trade"], before["isFull"], before["declared"]) == ("plumbing", False, [])
    held = await desk.do(HOLD, workOrderId=gid(order), **window(client, 14, day=day))
    await desk.do(CONFIRM, appointmentId=held["id"])
    (full,) = (await desk.ask(SATURATION, **site))["saturation"]
    assert full["isFull"]
    tomorrow = window(client, 14, day=day + timedelta(days=1))
    assert same(full["offeredFrom"], tomorrow["startsAt"])
    wanted = {"order": gid(other), "days": 3}
    offered = (await desk.ask(SLOTS, **wanted))["appointmentSlots"]
    starts = sorted(datetime.fromisoformat(each["startsAt"]) for each in offered)
    assert starts[0] == datetime.fromisoformat(tomorrow["startsAt"])
    # By hand: until tomorrow at three, so that tomorrow's window is not offered either.
    until = (datetime.fromisoformat(tomorrow["startsAt"]) + timedelta(hours=1)).isoformat()
    given = {"siteId": gid(world.site), "trade": "plumbing", "until": until, "reason": "台风"}
    assert await desk.code(DECLARE, **given) == "FORBIDDEN"
    declared = await leader.do(DECLARE, **given)
    (seen,) = (await desk.ask(SATURATION, **site))["saturation"]
    assert seen["declared"][0]["reason"] == "台风"
    later = window(client, 14, day=day + timedelta(days=2))
    assert same(seen["offeredFrom"], later["startsAt"])
    (slot,) = (await desk.ask(SLOTS, **wanted))["appointmentSlots"]
    assert same(slot["startsAt"], later["startsAt"])
    assert await desk.code(HOLD, workOrderId=gid(other), **tomorrow) == "SATURATED"
    # For every trade of the site, too; what was declared for one ends by itself.
    everything = await leader.do(DECLARE, siteId=gid(world.site), until=until, reason="停水")
    await leader.do(END, saturationId=declared["id"])
    assert await desk.code(HOLD, workOrderId=gid(other), **tomorrow) == "SATURATED"
    ended = await leader.do(END, saturationId=everything["id"])
    assert ended["endedByName"] == world.actors[Role.TEAM_LEADER].name
    await desk.do(HOLD, workOrderId=gid(other), **tomorrow)


@pytest.mark.rule("APT-5")
async def test_who_has_an_appointment_moved_within_the_day_confirms_or_the_leader_is_chased(
    client: Client,
) -> None:
    world = client.world
    people = [await world.technician(f"p{n}", **DAY_AND_NIGHT) for n in range(2)]
    desk = await Caller.of(client, world.desk)
    orders = []
    for technician, _ in people:
        order = await world.order(duration_s=600)
        await assigned(client, order, technician.id)
        given = {"workOrderId": gid(order), "reason": "客户要求"}
        await desk.do(MOVE, **given, **window(client, 18, day=today(client)))
        starts_at = world.clock.now + timedelta(minutes=20)
        soon = {"startsAt": starts_at, "endsAt": starts_at + timedelta(hours=1)}
        soon = {name: moment.isoformat() for name, moment in soon.items()}
        moved = await desk.do(MOVE, **given, **soon)
        orders.append((order, moved["id"]))
    world.clock.forward(minutes=2)
    await fire_clocks(world.services, world.root)
    reminders = await world.rows(Message, Message.kind == "APPOINTMENT_REMINDER")
    assert {each.technician_id for each in reminders} == {each.id for each, _ in people}
    (first, first_id), (second, _) = orders
    own, other = [await Caller.of(client, account) for _, account in people]
    assert await other.code(ACKNOWLEDGE, appointmentId=first_id) == "NOT_FOUND"
    assert (await own.do(ACKNOWLEDGE, appointmentId=first_id))["answeredAt"]
    world.clock.forward(minutes=5)
    await fire_clocks(world.services, world.root)
    chased = await world.rows(Message, Message.kind == "APPOINTMENT_UNANSWERED")
    assert {each.work_order_id for each in chased} == {second.id}
    assert {each.user_id for each in chased} == {world.actors[Role.TEAM_LEADER].user_id}
    calm = (await desk.ask(LOOK, id=gid(first)))["workOrder"]["appointment"]
    late = (await desk.ask(LOOK, id=gid(second)))["workOrder"]["appointment"]
    assert [bool(calm[name]) for name in _REMINDED] == [True, True, False]
    assert [bool(late[name]) for name in _REMINDED] == [True, False, True]


@pytest.mark.rule("APT-6")
async def test_an_evening_is_offered_once_somebody_agreed_to_stay(client: Client) -> None:
    world = client.world
    technician, account = await world.technician("plumber")
    await world.technician("other")
    order = await world.order(duration_s=2400)
    desk = await Caller.of(client, world.desk)
    day = today(client) + timedelta(days=1)
    evening = window(client, 20, day=day)
    asked = {"order": gid(order), "from": day.isoformat(), "days": 1}

    async def who() -> list[str]:
        slots = (await desk.ask(SLOTS, **asked))["appointmentSlots"]
        return [
            person["name"]
            for slot in slots
            if same(slot["startsAt"], evening["startsAt"])
            for person in slot["technicians"]
        ]

    assert await who() == []
    assert await desk.code(HOLD, workOrderId=gid(order), **evening) == "SLOT_TAKEN"
    extension = await world.do(
        world.actors[Role.SUPERVISOR],
        shift_extensions.ask,
        site_id=world.site.id,
        technician_id=technician.id,
        starts_at=datetime.fromisoformat(window(client, 18, day=day)["startsAt"]),
        ends_at=datetime.fromisoformat(evening["startsAt"]) + timedelta(hours=1),
        reason="晚间预约",
    )
    assert await who() == []
    await world.do(account, shift_extensions.agree, shift_extension_id=extension.id)
    assert await who() == ["plumber"]
    held = await desk.do(HOLD, workOrderId=gid(order), **evening)
    assert (await desk.do(CONFIRM, appointmentId=held["id"]))["state"] == "CONFIRMED"


@pytest.mark.rule("APT-7")
async def test_the_technician_calls_first_and_the_call_is_noted(client: Client) -> None:
    world = client.world
    technician, account = await world.technician("plumber", **DAY_AND_NIGHT)
    person = await Caller.of(client, account)
    desk = await Caller.of(client, world.desk)
    orders = [await world.order(duration_s=600) for _ in range(3)]
    for order in orders:
        await assigned(client, order, technician.id)
        await person.do(ACCEPT, workOrderId=gid(order))
    called, uncalled, refused = [{"workOrderId": gid(order)} for order in orders]
    assert await desk.code(CALL, **called, result="REACHED") == "FORBIDDEN"
    await person.do(CALL, **called, result="NO_ANSWER")
    await person.do(CALL, **called, result="REACHED", note="在家等候")
    found = await person.do(SET_OUT, **called)
    assert found["assignment"]["setOutUncalled"] is False
    calls = (await desk.ask(LOOK, id=called["workOrderId"]))["workOrder"]["customerCalls"]
    assert calls == [
        {"result": "NO_ANSWER", "note": None, "technician": {"name": "plumber"}},
        {"result": "REACHED", "note": "在家等候", "technician": {"name": "plumber"}},
    ]
    # By default nobody is held up, but it can be seen.
    found = await person.do(SET_OUT, **uncalled)
    assert (found["state"], found["assignment"]["setOutUncalled"]) == ("EN_ROUTE", True)
    await world.do(
        world.root,
        policies.set_policy,
        site_id=world.site.id,
        document={"appointments": {"call_rule": "REFUSED"}},
    )
    assert await person.code(SET_OUT, **refused) == "CALL_FIRST"
    await person.do(CALL, **refused, result="REACHED")
    await person.do(SET_OUT, **refused)


@pytest.mark.rule("APT-8")
async def test_a_customer_hears_from_when_whom_they_name_could_come(client: Client) -> None:
    world = client.world
    named, _ = await world.technician("named", starts=time(14), ends=time(16))
    await world.technician("other", starts=time(14), ends=time(16))
    order, wanted = [await world.order(duration_s=6000, party_id=world.party.id) for _ in range(2)]
    desk = await Caller.of(client, world.desk)
    resident = await Caller.of(client, world.resident)
    day = today(client)
    asked = {"order": gid(wanted), "technician": gid(named)}
    free = (await desk.ask(NAMED, **asked))["namedTechnician"]
    now = window(client, 14, day=day)
    assert (free["isBusy"], free["technician"]) == (False, {"name": "named"})
    assert same(free["freeFrom"], now["startsAt"])
    given = {"technicianId": gid(named), **now}
    held = await desk.do(HOLD, workOrderId=gid(order), **given)
    await desk.do(CONFIRM, appointmentId=held["id"])
    assert (await desk.ask(LOOK, id=gid(order)))["workOrder"]["namedTechnician"]
    busy = (await desk.ask(NAMED, **asked))["namedTechnician"]
    tomorrow = window(client, 14, day=day + timedelta(days=1))
    assert busy["isBusy"]
    assert same(busy["freeFrom"], tomorrow["startsAt"])
    assert same(busy["freeUntil"], tomorrow["endsAt"])
    offered = (await desk.ask(SLOTS, **asked, days=2))["appointmentSlots"]
    assert [same(each["startsAt"], tomorrow["startsAt"]) for each in offered] == [True]
    assert await desk.code(HOLD, workOrderId=gid(wanted), **given) == "SLOT_TAKEN"
    # Somebody else could come at that time.
    await desk.do(HOLD, workOrderId=gid(wanted), **now)
    # Customers name who came to them: nobody else's existence is told.
    answer = await resident.send(NAMED, **asked)
    assert answer.code == "NOT_FOUND"
    await assigned(client, order, named.id)
    seen = (await resident.send(NAMED, **asked)).data["namedTechnician"]
    assert (seen["isBusy"], seen["technician"]) == (True, None)

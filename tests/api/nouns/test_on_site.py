"""The work on site as technicians, leaders and the desk meet it through the API."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dispatch.domain.rights import Role
from dispatch.domain.tickets import TicketState
from dispatch.services import firing, tickets, work_orders
from dispatch.store.clocks import Clock
from dispatch.store.messages import Message
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import WorkOrder
from dispatch.store.work_steps import WorkStep
from tests.api.client import Client, gid
from tests.api.documents import Person
from tests.api.test_one_path import DAY_AND_NIGHT
from tests.factories import World

ERRORS = "userErrors { code field message remedy allowed }"


async def call(person: Person, mutation: str, fields: str, **given: Any) -> dict[str, Any]:
    """The payload of a mutation, whose input type is named after it."""
    kind = mutation[0].upper() + mutation[1:]
    document = f"mutation($input: {kind}Input!) {{ {mutation}(input: $input) {{ {fields} }} }}"
    answer = await person.client.gql(document, {"input": given}, token=person.token)
    return answer.data[mutation]


async def ask(person: Person, fields: str, order: WorkOrder) -> dict[str, Any]:
    document = f"query($id: ID!) {{ workOrder(id: $id) {{ {fields} }} }}"
    answer = await person.client.gql(document, {"id": gid(order)}, token=person.token)
    return answer.data["workOrder"]


async def person(client: Client, role: Role) -> Person:
    return Person(client, await client.token(client.world.actors[role]))


async def held(client: Client, *, public: bool = False, **fields: Any) -> tuple[WorkOrder, Person]:
    world = client.world
    technician, account = await world.technician(**DAY_AND_NIGHT)
    order = await (world.public_order(**fields) if public else world.order(**fields))
    await world.do(
        world.dispatcher, work_orders.assign, work_order_id=order.id, technician_id=technician.id
    )
    return order, Person(client, await client.token(account))


async def walk(who: Person, order: WorkOrder) -> None:
    """From accepting to starting."""
    of = {"workOrderId": gid(order)}
    for step in ("Accept", "SetOut", "Arrive"):
        payload = await call(who, f"workOrder{step}", ERRORS, **of)
        assert payload["userErrors"] == []
    payload = await call(who, "workOrderStart", ERRORS, **of, doorCode=order.door_code)
    assert payload["userErrors"] == []


async def fire(world: World) -> None:
    """Fires all that is due."""
    while await world.do(world.root, firing.fire_due):
        pass


RECORD = {"found": "垫圈老化", "cause": "使用年久", "done": "更换垫圈", "signature": "王芳"}


@pytest.mark.rule("EXE-1")
async def test_every_step_keeps_actor_time_and_place(client: Client) -> None:
    order, who = await held(client, public=True)
    at = {"workOrderId": gid(order), "latitude": 31.3, "longitude": 120.6}
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    for name, more in (
        ("Accept", {}),
        ("SetOut", {}),
        ("Arrive", {}),
        ("Start", {}),
        ("Pause", {"reason": "PARTS", "resumeOn": later}),
        ("Resume", {}),
        ("Complete", RECORD),
    ):
        payload = await call(who, f"workOrder{name}", ERRORS, **at, **more)
        assert payload["userErrors"] == [], name
    desk = await person(client, Role.DESK)
    seen = await ask(
        desk, "state ticket { state } events(first: 50) { nodes { kind at actorName data } }", order
    )
    assert (seen["state"], seen["ticket"]["state"]) == ("COMPLETED", "RESOLVED")
    steps = [
        event
        for event in seen["events"]["nodes"]
        if event["data"].get("where") == {"latitude": 31.3, "longitude": 120.6}
    ]
    names = ["accepted", "set_out", "arrived", "started", "paused", "resumed", "completed"]
    assert [event["kind"] for event in steps] == [f"work_order.{name}" for name in names]
    assert len({event["actorName"] for event in steps}) == 1
    assert [event["at"] for event in steps] == sorted(event["at"] for event in steps)
    # Accepted by the customer: the callback closes the order.
    (owed,) = (await desk.look("CallbacksDue", siteId=gid(client.world.site), first=5))["nodes"]
    await desk.do(
        "CallbackRecord", callbackId=owed["id"], result="ANSWERED", solved=True, satisfied=True
    )
    assert (await ask(desk, "state", order))["state"] == "CLOSED"


@pytest.mark.rule("EXE-2")
async def test_the_door_opens_with_the_customers_code_alone(client: Client) -> None:
    world = client.world
    order, who = await held(client, party_id=world.party.id)
    (told,) = await world.rows(Message, Message.kind == "DOOR_CODE")
    assert (told.party_id, told.params["code"]) == (world.party.id, order.door_code)
    resident = await person(client, Role.RESIDENT)
    assert (await ask(resident, "doorCode", order))["doorCode"] == order.door_code
    of = {"workOrderId": gid(order)}
    for step in ("Accept", "SetOut", "Arrive"):
        await call(who, f"workOrder{step}", ERRORS, **of)
    wrong = "000000" if order.door_code != "000000" else "111111"
    codes = []
    for given in (None, *[wrong] * 5, order.door_code):
        payload = await call(who, "workOrderStart", ERRORS, **of, doorCode=given)
        codes += [error["code"] for error in payload["userErrors"]]
    assert codes == ["DOOR_CODE_NEEDED", *["DOOR_CODE_WRONG"] * 4, *["DOOR_CODE_LOCKED"] * 2]
    desk = await person(client, Role.DESK)
    await desk.do("DeskLiftDoorCode", **of, reason="业主电话确认")
    payload = await call(who, "workOrderStart", f"workOrder {{ state }} {ERRORS}", **of)
    assert payload["workOrder"]["state"] == "STARTED"
    public, _ = await held(client, public=True)
    assert (await ask(desk, "needsDoorCode doorCode", public)) == {
        "needsDoorCode": False,
        "doorCode": None,
    }


@pytest.mark.rule("EXE-3")
async def test_a_pause_needs_reason_consent_and_date_and_the_desk_is_told(client: Client) -> None:
    world = client.world
    order, who = await held(client)
    await walk(who, order)
    of = {"workOrderId": gid(order)}
    later = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    for given, code, field in (
        ({"reason": "PARTS", "customerConsents": True}, "REQUIRED", "resumeOn"),
        ({"reason": "PARTS", "resumeOn": later}, "CONSENT_NEEDED", "customerConsents"),
        (
            {"reason": "LONG_JOB", "resumeOn": later, "customerConsents": False},
            "CONSENT_NEEDED",
            "customerConsents",
        ),
    ):
        (error,) = (await call(who, "workOrderPause", ERRORS, **of, **given))["userErrors"]
        assert (error["code"], error["field"]) == (code, ["input", field])
    payload = await call(
        who,
        "workOrderPause",
        f"workOrder {{ state pauseReason }} {ERRORS}",
        **of,
        reason="PARTS",
        resumeOn=later,
        customerConsents=True,
    )
    assert payload["workOrder"] == {"state": "PAUSED", "pauseReason": "PARTS"}
    desk_id = world.users[Role.DESK].id
    told = await world.rows(Message, Message.user_id == desk_id, Message.kind == "WORK_PAUSED")
    assert [each.params["reason"] for each in told] == ["PARTS"]
    # Its day passes: people are reminded, and again until work goes on.
    for _ in range(2):
        world.clock.forward(days=3)
        await fire(world)
    told = await world.rows(Message, Message.user_id == desk_id, Message.kind == "RESUME_DUE")
    assert len(told) == 2
    assert (await call(who, "workOrderResume", ERRORS, **of))["userErrors"] == []
    running = await world.rows(Clock, Clock.kind == "RESUME_DUE", Clock.state == "RUNNING")
    assert running == []


@pytest.mark.rule("EXE-3")
async def test_nobody_is_asked_to_consent_where_it_costs_them_nothing(client: Client) -> None:
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    order, who = await held(client)
    await walk(who, order)
    away = {"workOrderId": gid(order), "reason": "CUSTOMER_AWAY", "resumeOn": later}
    assert (await call(who, "workOrderPause", ERRORS, **away))["userErrors"] == []
    public, other = await held(client, public=True)
    await walk(other, public)
    parts = {"workOrderId": gid(public), "reason": "PARTS", "resumeOn": later}
    assert (await call(other, "workOrderPause", ERRORS, **parts))["userErrors"] == []


@pytest.mark.rule("EXE-4")
async def test_completion_keeps_the_record_and_the_hours_of_each(client: Client) -> None:
    order, who = await held(client, public=True)
    helper, _ = await client.world.technician()
    leader = await person(client, Role.TEAM_LEADER)
    await call(
        leader, "workOrderAddHelpers", ERRORS, workOrderId=gid(order), helperIds=[gid(helper)]
    )
    await walk(who, order)
    unsigned = {**RECORD, "signature": None, "cause": " "}
    errors = (await call(who, "workOrderComplete", ERRORS, workOrderId=gid(order), **unsigned))[
        "userErrors"
    ]
    assert {each["code"] for each in errors} == {"REQUIRED", "SIGNATURE_OR_REASON"}
    kept = """completion {
      found cause done parts { name quantity unit } photosBefore photosAfter signature
      noSignatureReason hours { worked technician { name } }
    }"""
    payload = await call(
        who,
        "workOrderComplete",
        f"workOrder {{ {kept} }} {ERRORS}",
        workOrderId=gid(order),
        **{**RECORD, "signature": None},
        noSignatureReason="业主不在家",
        parts=[{"name": "垫圈", "quantity": 2, "unit": "个"}],
        hours=[{"technicianId": gid(helper), "worked": "PT20M"}],
        photosBefore=["b1"],
        photosAfter=["a1"],
    )
    record = payload["workOrder"]["completion"]
    hours = {each["technician"]["name"]: each["worked"] for each in record.pop("hours")}
    assert len(hours) == 2
    assert hours[helper.name] == "PT20M"
    assert record == {
        "found": "垫圈老化",
        "cause": "使用年久",
        "done": "更换垫圈",
        "parts": [{"name": "垫圈", "quantity": 2.0, "unit": "个"}],
        "photosBefore": ["b1"],
        "photosAfter": ["a1"],
        "signature": None,
        "noSignatureReason": "业主不在家",
    }


@pytest.mark.rule("EXE-5")
async def test_help_is_asked_for_and_sent_by_leader_or_optimizer(client: Client) -> None:
    world = client.world
    leader, _ = await world.technician("班长")
    order, who = await held(client, public=True)
    await walk(who, order)
    of = {"workOrderId": gid(order)}
    wish = {**of, "people": 1, "reason": "管道太重"}
    asked = await call(who, "workOrderAskHelp", f"helpRequest {{ state people }} {ERRORS}", **wish)
    assert asked["helpRequest"] == {"state": "OPEN", "people": 1}
    (again,) = (await call(who, "workOrderAskHelp", ERRORS, **wish))["userErrors"]
    assert again["code"] == "ALREADY_EXISTS"
    head = world.users[Role.TEAM_LEADER].id
    assert [each.user_id for each in await world.rows(Message, Message.kind == "HELP_ASKED")] == [
        head
    ]
    boss = await person(client, Role.TEAM_LEADER)
    payload = await call(
        boss,
        "workOrderAddHelpers",
        "workOrder { crewSize assignment { crew { isLead technician { name } } } "
        f"helpRequests {{ state answeredByName }} }} {ERRORS}",
        **of,
        helperIds=[gid(leader)],
    )
    sent = payload["workOrder"]
    assert sent["crewSize"] == 2
    assert [each["technician"]["name"] for each in sent["assignment"]["crew"]][1:] == ["班长"]
    assert sent["helpRequests"] == [
        {"state": "GRANTED", "answeredByName": world.actors[Role.TEAM_LEADER].name}
    ]
    # Nobody answers the next call: the supervisor hears of it, the dispatch finds people.
    await call(who, "workOrderAskHelp", ERRORS, **wish)
    world.clock.forward(minutes=16)
    await fire(world)
    assert len(await world.rows(Message, Message.kind == "HELP_UNANSWERED")) == 1
    (support,) = await world.rows(WorkOrder, WorkOrder.supports_id == order.id)
    assert (support.state, support.ticket_id) == ("QUEUED", order.ticket_id)


def day_of(order: WorkOrder, *, at: datetime) -> list[dict[str, Any]]:
    """A whole day's steps as a phone keeps them."""

    def step(name: str, minute: int, **more: Any) -> dict[str, Any]:
        when = (at + timedelta(minutes=minute)).isoformat()
        return {
            "workOrderId": gid(order),
            "step": name,
            "key": f"{order.id}-{minute}",
            "occurredAt": when,
            **more,
        }

    later = (at + timedelta(days=1)).isoformat()
    pause = {"reason": "PARTS", "resumeOn": later, "customerConsents": True}
    return [
        step("ACCEPT", 0),
        step("SET_OUT", 5),
        step("ARRIVE", 15),
        step("START", 17, doorCode=order.door_code),
        step("PAUSE", 30, pause=pause),
        step("RESUME", 60),
        step("COMPLETE", 90, record=RECORD),
    ]


RESULTS = "results { key state code workOrder { state } }"


@pytest.mark.rule("EXE-6")
@pytest.mark.parametrize("seed", range(4))
async def test_a_day_offline_is_told_late_in_any_order_and_taken_once(
    client: Client, seed: int
) -> None:
    order, who = await held(client)
    began = datetime.now(UTC) - timedelta(hours=3)
    steps = day_of(order, at=began)
    mixed = steps[:]
    random.Random(seed).shuffle(mixed)
    # In three messages, each sent twice, as phones do.
    payload: dict[str, Any] = {}
    for part in (mixed[:2], mixed[2:5], mixed[5:], mixed):
        for _ in range(2):
            payload = await call(who, "workOrderSteps", f"{RESULTS} {ERRORS}", steps=part)
            assert payload["userErrors"] == []
            assert [each["key"] for each in payload["results"]] == [each["key"] for each in part]
            assert {each["state"] for each in payload["results"]} <= {"TAKEN", "WAITING"}
    assert {each["state"] for each in payload["results"]} == {"TAKEN"}
    desk = await person(client, Role.DESK)
    seen = await ask(
        desk,
        "state startedAt endedAt pauseReason lateSteps { step } "
        "events(first: 50) { nodes { kind data } } assignments(first: 3) { nodes { endedAt } }",
        order,
    )
    assert (seen["state"], seen["pauseReason"], seen["lateSteps"]) == ("COMPLETED", None, [])
    assert datetime.fromisoformat(seen["startedAt"]) == began + timedelta(minutes=17)
    assert datetime.fromisoformat(seen["endedAt"]) == began + timedelta(minutes=90)
    own = {
        each["kind"]: datetime.fromisoformat(each["data"]["occurred_at"])
        for each in seen["events"]["nodes"]
        if "occurred_at" in each["data"]
    }
    names = ("accepted", "set_out", "arrived", "started", "paused", "resumed", "completed")
    expected = (0, 5, 15, 17, 30, 60, 90)
    assert own == {
        f"work_order.{name}": began + timedelta(minutes=minute)
        for name, minute in zip(names, expected, strict=True)
    }
    assert len(await client.world.rows(WorkStep)) == len(steps)


@pytest.mark.rule("EXE-6")
async def test_each_step_may_be_told_late_by_itself_and_waits_for_its_turn(client: Client) -> None:
    order, who = await held(client, public=True)
    began = datetime.now(UTC) - timedelta(hours=1)

    async def late(name: str, minute: int, **more: Any) -> dict[str, Any]:
        return await call(
            who,
            f"workOrder{name}",
            f"workOrder {{ state lateSteps {{ step state }} }} {ERRORS}",
            workOrderId=gid(order),
            occurredAt=(began + timedelta(minutes=minute)).isoformat(),
            **more,
        )

    waits = await late("Arrive", 10)
    assert waits["workOrder"] == {
        "state": "ASSIGNED",
        "lateSteps": [{"step": "ARRIVE", "state": "WAITING"}],
    }
    assert (await late("Arrive", 10))["workOrder"]["state"] == "ASSIGNED"
    assert (await late("Accept", 1))["workOrder"]["state"] == "ACCEPTED"
    moved = (await late("SetOut", 5))["workOrder"]
    assert moved == {"state": "ARRIVED", "lateSteps": []}
    # What is told at once is still refused at once when it is wrong.
    wrong = await call(who, "workOrderSetOut", ERRORS, workOrderId=gid(order))
    assert wrong["userErrors"][0]["code"] == "WRONG_STEP"
    (error,) = (await late("Start", 120))["userErrors"]
    assert (error["code"], error["field"]) == ("OUT_OF_RANGE", ["input", "occurredAt"])


@pytest.mark.rule("EXE-6")
async def test_what_cannot_be_taken_is_answered_step_by_step(client: Client) -> None:
    world = client.world
    order, who = await held(client)
    began = datetime.now(UTC) - timedelta(hours=2)
    steps = day_of(order, at=began)[:4]
    wrong = "000000" if order.door_code != "000000" else "111111"
    other = await world.order()
    sent = [*steps[:3], {**steps[3], "doorCode": wrong}, {**steps[0], "workOrderId": gid(other)}]
    sent[4]["key"] = "elsewhere"
    payload = await call(who, "workOrderSteps", f"{RESULTS} {ERRORS}", steps=sent)
    assert [(each["state"], each["code"]) for each in payload["results"]] == [
        ("TAKEN", None),
        ("TAKEN", None),
        ("TAKEN", None),
        ("REFUSED", "DOOR_CODE_WRONG"),
        ("REFUSED", "NOT_FOUND"),
    ]
    assert len(await world.events("work_order.door_code_wrong")) == 1
    # The same key with other content is another wish; put right, the step is taken.
    reused = {**steps[3], "key": steps[0]["key"]}
    payload = await call(who, "workOrderSteps", f"{RESULTS} {ERRORS}", steps=[reused, steps[3]])
    assert [(each["state"], each["code"]) for each in payload["results"]] == [
        ("REFUSED", "IDEMPOTENCY_KEY_REUSED"),
        ("TAKEN", None),
    ]
    # A clock that is an hour slow is put right by what the device says it is.
    slow = datetime.now(UTC) - timedelta(hours=1)
    done = {
        **day_of(order, at=slow)[6],
        "occurredAt": (slow - timedelta(minutes=1)).isoformat(),
    }
    await call(who, "workOrderSteps", ERRORS, steps=[done], deviceTime=slow.isoformat())
    (ended,) = await world.rows(WorkOrder, WorkOrder.id == order.id)
    assert abs(ended.ended_at - (slow + timedelta(minutes=59))) < timedelta(minutes=1)


@pytest.mark.rule("EXE-6")
async def test_a_step_that_waits_in_vain_is_shown_to_people(client: Client) -> None:
    world = client.world
    order, who = await held(client, public=True)
    early = day_of(order, at=datetime.now(UTC) - timedelta(hours=2))[2]
    payload = await call(who, "workOrderSteps", f"{RESULTS} {ERRORS}", steps=[early])
    assert payload["results"][0]["state"] == "WAITING"
    world.clock.forward(days=1, minutes=1)
    await fire(world)
    (step,) = await world.rows(WorkStep)
    assert (step.state, step.refusal) == ("REFUSED", "WRONG_STEP")
    told = await world.rows(Message, Message.kind == "STEP_NOT_TAKEN")
    assert {each.user_id for each in told} >= {world.users[Role.DESK].id}


async def done(client: Client, **fields: Any) -> WorkOrder:
    order, who = await held(client, public=True, **fields)
    await walk(who, order)
    await call(who, "workOrderComplete", ERRORS, workOrderId=gid(order), **RECORD)
    return order


@pytest.mark.rule("EXE-7")
async def test_a_fault_repaired_before_is_a_rework_with_a_report_every_day(client: Client) -> None:
    world = client.world
    first = await done(client)
    world.clock.forward(days=29)
    again = await world.public_order()
    (ticket,) = await world.rows(Ticket, Ticket.id == again.ticket_id)
    assert (ticket.rework_of_id, again.is_rework) == (first.ticket_id, True)
    elsewhere = await world.order()
    other_fault = await world.public_order(category="street_light")
    assert [elsewhere.is_rework, other_fault.is_rework] == [False, False]
    for _ in range(2):
        world.clock.forward(days=1, minutes=1)
        await fire(world)
    world.clock.now = datetime.now(UTC)
    boss = await person(client, Role.SUPERVISOR)
    document = """query($id: ID!) {
      ticket(id: $id) { reworkOf { number } reworkReports { byName note facts } }
    }"""
    await call(boss, "ticketReportRework", ERRORS, ticketId=gid(ticket), note="等待配件")
    seen = (await client.gql(document, {"id": gid(ticket)}, token=boss.token)).data["ticket"]
    assert seen["reworkOf"]["number"]
    notes = {(each["byName"], each["note"]) for each in seen["reworkReports"]}
    assert notes == {("dispatch", None), (world.actors[Role.SUPERVISOR].name, "等待配件")}
    assert len(seen["reworkReports"]) == 3
    assert seen["reworkReports"][0]["facts"]["orders"] == [
        {"number": again.number, "state": "QUEUED"}
    ]
    told = await world.rows(Message, Message.kind == "REWORK_REPORT")
    assert {each.user_id for each in told} >= {world.users[Role.SUPERVISOR].id}
    await world.do(world.desk, tickets.cancel, ticket_id=ticket.id, reason="不修了")
    world.clock.forward(days=40)
    await fire(world)
    assert len(await world.rows(Message, Message.kind == "REWORK_REPORT")) == len(told)


@pytest.mark.rule("EXE-7")
async def test_after_thirty_days_it_is_a_fault_of_its_own(client: Client) -> None:
    await done(client)
    client.world.clock.forward(days=30, hours=1)
    assert not (await client.world.public_order()).is_rework


@pytest.mark.rule("EXE-8")
async def test_a_second_visit_belongs_to_the_ticket_and_is_dispatched_alike(client: Client) -> None:
    world = client.world
    first, who = await held(client, public=True)
    await walk(who, first)
    desk = await person(client, Role.DESK)
    made = await call(
        desk,
        "workOrderCreate",
        f"workOrder {{ id state dispatchStep after {{ number }} ticket {{ id }} }} {ERRORS}",
        ticketId=gid((await world.rows(Ticket))[0]),
        instructions="配件到货后更换",
        afterId=gid(first),
    )
    second = made["workOrder"]
    assert second["after"]["number"] == first.number
    assert (second["state"], second["dispatchStep"]) == ("QUEUED", first.dispatch_step or "AUTO")
    await call(who, "workOrderComplete", ERRORS, workOrderId=gid(first), **RECORD)
    (ticket,) = await world.rows(Ticket)
    assert ticket.state is TicketState.IN_PROGRESS
    dispatcher = await person(client, Role.DISPATCHER)
    offered = await dispatcher.do("DispatcherOffer", workOrderId=second["id"])
    assert offered["workOrder"]["state"] == "OFFERED"
    assert (await call(who, "workOrderGrab", ERRORS, workOrderId=second["id"]))["userErrors"] == []
    (row,) = await world.rows(WorkOrder, WorkOrder.after_id == first.id)
    await walk_on(who, row)
    (ticket,) = await world.rows(Ticket)
    assert ticket.state is TicketState.RESOLVED


async def walk_on(who: Person, order: WorkOrder) -> None:
    of = {"workOrderId": gid(order)}
    for step in ("SetOut", "Arrive", "Start"):
        assert (await call(who, f"workOrder{step}", ERRORS, **of))["userErrors"] == []
    assert (await call(who, "workOrderComplete", ERRORS, **of, **RECORD))["userErrors"] == []

"""Dispatch steps and grab mode as clients of the API meet them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dispatch.api.ids import encode
from dispatch.domain.rights import Actor, Role
from dispatch.domain.technicians import TechnicianKind
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

    async def is_forbidden(self, document: str, **given: Any) -> bool:
        answer = await self.client.gql(document, {"input": given}, token=self.token)
        return answer.code == "FORBIDDEN"


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
            insists=True,
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


APPROVALS = """
query($id: ID!) { workOrder(id: $id) { state approvals {
  type askedByName decision decidedByName decisionReason } } }"""


async def _create(client: Client, **given: Any) -> str:
    """A further order of a ticket, made by the desk."""
    desk = await at(client, Role.DESK)
    ticket = (await order_of(client)).ticket_id
    made = await desk.do(step("Create"), ticketId=encode("Ticket", ticket), **given)
    return made["workOrder"]["id"]


@pytest.mark.rule("DSP-11")
async def test_without_approval_nobody_is_sent(client: Client) -> None:
    await set_policy(client, dispatch_steps=GRAB_FIRST)
    person, _ = await client.world.technician(**DAY_AND_NIGHT)
    order = await _create(client, approvalType="BULK")
    dispatcher, desk = await at(client, Role.DISPATCHER), await at(client, Role.DESK)
    for name, given in (("Assign", {"technicianId": gid(person)}), ("Offer", {})):
        refused = await dispatcher.refused(step(name), workOrderId=order, **given)
        assert [code for code, _ in refused] == ["WRONG_STEP"], name
    await later(client, hours=1)
    assert (await desk.look(APPROVALS, id=order))["state"] == "AWAITING_APPROVAL"
    # Neither the desk nor the dispatcher may approve it.
    for person_at in (desk, dispatcher):
        assert await person_at.is_forbidden(step("Approve"), workOrderId=order)
    supervisor = await at(client, Role.SUPERVISOR)
    await supervisor.do(step("Approve"), workOrderId=order, reason="可以")
    await later(client, minutes=2)
    seen = await desk.look(APPROVALS, id=order)
    assert seen["state"] == "OFFERED"
    (approval,) = seen["approvals"]
    name = client.world.actors[Role.SUPERVISOR].name
    assert (approval["type"], approval["decision"]) == ("BULK", "APPROVED")
    assert (approval["decidedByName"], approval["decisionReason"]) == (name, "可以")


@pytest.mark.rule("DSP-11")
async def test_an_order_is_sent_for_approval_later_and_turned_down(client: Client) -> None:
    order = gid(await order_of(client))
    desk, manager = await at(client, Role.DESK), await at(client, Role.PROJECT_MANAGER)
    await desk.do(
        step("AskApproval"), workOrderId=order, type="FREE_OUT_OF_WARRANTY", reason="老客户"
    )
    assert await manager.refused(step("Reject"), workOrderId=order, reason="") == [
        ("REQUIRED", ["input", "reason"])
    ]
    await manager.do(step("Reject"), workOrderId=order, reason="已过保")
    seen = await desk.look(APPROVALS, id=order)
    assert seen["state"] == "CANCELLED"
    assert [each["decision"] for each in seen["approvals"]] == ["REJECTED"]
    assert [code for code, _ in await manager.refused(step("Approve"), workOrderId=order)] == [
        "WRONG_STEP"
    ]


@pytest.mark.rule("DSP-9")
async def test_a_verbal_dispatch_is_noted_afterwards(client: Client) -> None:
    world = client.world
    world.clock.forward(minutes=-40)
    person, _ = await world.technician("老王", **DAY_AND_NIGHT)
    other, _ = await world.technician("小李", **DAY_AND_NIGHT)
    order = gid(await order_of(client))
    now = world.clock.forward(minutes=40)
    dispatcher = await at(client, Role.DISPATCHER)
    taken_at = now.replace(second=0, microsecond=0) - timedelta(minutes=20)
    verbal = {
        "workOrderId": order,
        "technicianId": gid(person),
        "takenAt": (taken_at + timedelta(seconds=42)).isoformat(),
        "channel": "RADIO",
        "agreedArrival": (taken_at + timedelta(minutes=30)).isoformat(),
    }
    record = step("RecordVerbal")
    for wrong, field in (
        ({"takenAt": (now + timedelta(hours=1)).isoformat()}, "takenAt"),
        ({"takenAt": (now - timedelta(hours=2)).isoformat()}, "takenAt"),
        ({"agreedArrival": (taken_at - timedelta(hours=1)).isoformat()}, "agreedArrival"),
    ):
        refused = await dispatcher.refused(record, **{**verbal, **wrong})
        assert refused == [("OUT_OF_RANGE", ["input", field])]
    refused = await dispatcher.refused(record, **{**verbal, "channel": "EMAIL"})
    assert refused == [("BAD_INPUT", ["input", "channel"])]
    await dispatcher.do(record, **verbal)
    seen = await dispatcher.look(ORDER, id=order)
    assert seen["state"] == "ACCEPTED"
    held = seen["assignment"]
    assert held["technician"]["id"] == gid(person)
    told = held["why"]["verbal"]
    assert told["taken_at"] == taken_at.isoformat()
    assert told["channel"] == "RADIO"
    assert held["planned"] is not None
    # Two cannot have had it at once.
    twice = {**verbal, "technicianId": gid(other)}
    assert await dispatcher.refused(record, **twice) == [("ALREADY_TAKEN", ["input", "takenAt"])]


@pytest.mark.rule("DSP-10")
async def test_a_large_job_goes_to_a_senior_or_to_a_junior_beside_one(client: Client) -> None:
    world = client.world
    junior, _ = await world.technician("junior", trades={"plumbing": 1}, **DAY_AND_NIGHT)
    senior, _ = await world.technician("senior", trades={"plumbing": 3}, **DAY_AND_NIGHT)
    dispatcher = await at(client, Role.DISPATCHER)
    large = await _create(client, duration="PT9H")
    offered = "query($id: ID!) { workOrder(id: $id) { level offer { recipients { id } } } }"
    await dispatcher.do(step("Offer"), workOrderId=large)
    seen = await dispatcher.look(offered, id=large)
    assert seen["level"] == 3
    assert [each["id"] for each in seen["offer"]["recipients"]] == [gid(senior)]
    assign = {"workOrderId": large, "technicianId": gid(junior)}
    assert await dispatcher.refused(step("Assign"), **assign) == [
        ("NOT_QUALIFIED", ["input", "technicianId"])
    ]
    await dispatcher.do(step("Assign"), **assign, helperIds=[gid(senior)])
    # Routine work is the junior's alone.
    routine = gid(await order_of(client))
    await dispatcher.do(step("Assign"), workOrderId=routine, technicianId=gid(junior))


@pytest.mark.rule("DSP-5")
async def test_a_choice_by_hand_is_warned_of_every_rule_it_breaks(client: Client) -> None:
    world = client.world
    person, _ = await world.technician(
        work_limit_s=3600, weekdays=[(world.clock.now.weekday() + 3) % 7]
    )
    order = gid(await order_of(client, duration_s=7200))
    dispatcher = await at(client, Role.DISPATCHER)
    assign = {"workOrderId": order, "technicianId": gid(person)}
    refused = await dispatcher.refused(step("Assign"), **assign)
    assert {code for code, _ in refused} == {"NOT_ON_DUTY", "WORK_LIMIT_REACHED"}
    await dispatcher.do(step("Assign"), **assign, overrideReason="家属急需")
    why = (await dispatcher.look(ORDER, id=order))["assignment"]["why"]
    assert {each["code"] for each in why["broken"]} == {"NOT_ON_DUTY", "WORK_LIMIT_REACHED"}
    assert why["override_reason"] == "家属急需"


@pytest.mark.rule("GRAB-7")
async def test_helpers_are_named_and_their_own_times_kept(client: Client) -> None:
    world = client.world
    _, lead = await world.technician("lead", **NEAR, **DAY_AND_NIGHT)
    helper, helps = await world.technician("helper", trades={"masonry": 1}, **DAY_AND_NIGHT)
    late, _ = await world.technician("late", trades={"masonry": 1}, **DAY_AND_NIGHT)
    order = gid(await order_of(client))
    dispatcher, phone = await at(client, Role.DISPATCHER), await at(client, lead)
    await dispatcher.do(step("Offer"), workOrderId=order)
    await phone.do(step("Grab"), workOrderId=order, helperIds=[gid(helper)])
    for name in ("SetOut", "Arrive", "Start"):
        await phone.do(step(name), workOrderId=order)
    await phone.do(step("AddHelper"), workOrderId=order, technicianId=gid(late))
    assert await phone.refused(step("AddHelper"), workOrderId=order, technicianId=gid(late)) == [
        ("ALREADY_EXISTS", ["input", "technicianId"])
    ]
    # The lead notes who came; the helper leaves by their own word.
    await phone.do(step("HelperJoin"), workOrderId=order, technicianId=gid(late))
    await (await at(client, helps)).do(step("HelperLeave"), workOrderId=order)
    stranger = await at(client, Role.DESK)
    given = {"workOrderId": order, "technicianId": gid(late)}
    assert await stranger.is_forbidden(step("HelperLeave"), **given)
    crew = (
        await dispatcher.look(
            "query($id: ID!) { workOrder(id: $id) { assignment { crew {"
            " technician { id } joinedAt leftAt } } } }",
            id=order,
        )
    )["assignment"]["crew"]
    times = {each["technician"]["id"]: each for each in crew}
    assert times[gid(helper)]["joinedAt"] <= times[gid(helper)]["leftAt"]
    assert times[gid(late)]["joinedAt"] > times[gid(helper)]["joinedAt"]
    assert times[gid(late)]["leftAt"] is None


@pytest.mark.rule("DSP-8")
async def test_another_time_is_agreed_by_the_managers_consent_and_a_mediator_calls(
    client: Client,
) -> None:
    order = gid(await order_of(client))
    desk, manager = await at(client, Role.DESK), await at(client, Role.PROJECT_MANAGER)
    quality = await at(client, Role.QUALITY)
    start = client.world.clock.now + timedelta(days=1)
    later_on = {
        "workOrderId": order,
        "reason": "人员不足",
        "insists": True,
        "appointment": {
            "startsAt": start.isoformat(),
            "endsAt": (start + timedelta(hours=2)).isoformat(),
        },
    }
    assert await desk.refused(step("Postpone"), **later_on) == [
        ("MANAGER_CONSENT_NEEDED", ["input", "workOrderId"])
    ]
    allow = {"workOrderId": order, "reason": "今日无人"}
    assert await desk.is_forbidden(step("AllowPostponing"), **allow)
    await manager.do(step("AllowPostponing"), **allow)
    await desk.do(step("Postpone"), **later_on)
    seen = await desk.look(
        "query($id: ID!) { workOrder(id: $id) { state dispatchStep postponeConsentAt"
        " appointment { startsAt state } } }",
        id=order,
    )
    assert (seen["state"], seen["dispatchStep"]) == ("QUEUED", "AUTO")
    assert seen["appointment"]["state"] == "CONFIRMED"
    # The consent served once.
    assert seen["postponeConsentAt"] is None
    await desk.do(step("Mediate"), workOrderId=order, complaint="一拖再拖")
    (task,) = (
        await desk.look(
            "query($id: ID!) { workOrder(id: $id) { mediations { id complaint calledAt } } }",
            id=order,
        )
    )["mediations"]
    assert (task["complaint"], task["calledAt"]) == ("一拖再拖", None)
    record = (
        "mutation($input: MediationRecordInput!) { result: mediationRecord(input: $input) {"
        " mediation { calledByName outcome } userErrors { code field message remedy } } }"
    )
    done = await quality.do(record, mediationId=task["id"], outcome="已道歉，客户接受")
    assert done["mediation"]["calledByName"] == client.world.actors[Role.QUALITY].name
    assert await quality.refused(record, mediationId=task["id"], outcome="x") == [
        ("CALLBACK_ENDED", ["input", "mediationId"])
    ]


@pytest.mark.rule("DSP-12")
async def test_vendors_and_temporary_workers_have_their_own_hours_and_pay(client: Client) -> None:
    world = client.world
    vendors, account = await world.technician("vendor's", kind=TechnicianKind.VENDOR)
    admin, phone = await at(client, Role.ADMINISTRATOR), await at(client, account)
    dispatcher = await at(client, Role.DISPATCHER)
    set_terms = (
        "mutation($input: TechnicianSetTermsInput!) { result: technicianSetTerms(input: $input) {"
        " technician { kind firm pay { basis amount currency } }"
        " userErrors { code field message remedy } } }"
    )
    terms = {
        "technicianId": gid(vendors),
        "firm": "顺达电梯",
        "payBasis": "HOURLY",
        "payAmount": "45.50",
    }
    assert await admin.refused(set_terms, **terms) == [("REQUIRED", ["input", "payCurrency"])]
    made = await admin.do(set_terms, **terms, payCurrency="CNY")
    pay = {"basis": "HOURLY", "amount": "45.50", "currency": "CNY"}
    assert made["technician"] == {"kind": "VENDOR", "firm": "顺达电梯", "pay": pay}
    about = (
        "query($id: ID!) { technician(id: $id) { firm pay { amount } shiftPatterns { starts } } }"
    )
    seen = await phone.look(about, id=gid(vendors))
    assert (seen["pay"], len(seen["shiftPatterns"])) == ({"amount": "45.50"}, 1)
    # What somebody earns is not their dispatcher's to know.
    assert (await dispatcher.look(about, id=gid(vendors)))["pay"] is None

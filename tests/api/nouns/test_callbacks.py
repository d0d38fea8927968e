"""Callbacks as the desk, managers and customers meet them through the API."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dispatch.domain.rights import Role
from dispatch.domain.tickets import TicketState
from dispatch.domain.triage import Priority
from dispatch.services import policies
from dispatch.store.callbacks import Callback, CallbackCall
from dispatch.store.messages import Message
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import WorkOrder
from tests.api.client import Client, gid
from tests.api.documents import Person
from tests.api.nouns.test_on_site import ERRORS, RECORD, call, done, held, person, walk

GOOD = {"solved": True, "satisfied": True}
BAD = {"solved": True, "satisfied": False, "dissatisfactionReason": "态度不好"}
CALLBACK = "callback { state seriousReason complaint { id } rework { id } ticket { state } }"


async def owed(client: Client, **fields: Any) -> Callback:
    order = await done(client, **fields)
    rows = await client.world.rows(Callback, Callback.ticket_id == order.ticket_id)
    return rows[-1]


async def noted(who: Person, callback: Callback, **given: Any) -> dict[str, Any]:
    return await call(
        who, "callbackRecord", f"{CALLBACK} {ERRORS}", callbackId=gid(callback), **given
    )


async def link_of(client: Client) -> str:
    told = await client.world.rows(Message, Message.kind == "CALLBACK_LINK")
    return told[-1].params["link"].removeprefix("/callback/")


@pytest.mark.rule("CBK-1")
async def test_the_rate_of_callbacks_is_reported(client: Client) -> None:
    desk = await person(client, Role.DESK)
    first, _ = await owed(client), await owed(client)
    await noted(desk, first, result="ANSWERED", **GOOD, scores={"total": 4, "onTime": 5})
    now = datetime.now(UTC)
    asked = {
        "siteId": gid(client.world.site),
        "startsAt": (now - timedelta(days=1)).isoformat(),
        "endsAt": (now + timedelta(days=1)).isoformat(),
    }
    document = """query($siteId: ID!, $startsAt: DateTime!, $endsAt: DateTime!) {
      callbackReport(siteId: $siteId, startsAt: $startsAt, endsAt: $endsAt) {
        completed withCallback called answered satisfied rate satisfaction scores
      }
    }"""
    seen = (await client.gql(document, asked, token=desk.token)).data["callbackReport"]
    assert seen == {
        "completed": 2,
        "withCallback": 2,
        "called": 1,
        "answered": 1,
        "satisfied": 1,
        "rate": 0.5,
        "satisfaction": 1.0,
        "scores": {"total": 4.0, "onTime": 5.0},
    }


@pytest.mark.rule("CBK-2")
@pytest.mark.parametrize(
    ("results", "ends_as"),
    [
        (["NO_ANSWER", "NO_ANSWER"], "UNREACHED"),
        (["HUNG_UP"], "REFUSED"),
        (["NO_ANSWER", "REFUSED"], "REFUSED"),
    ],
)
async def test_calls_that_fail_end_a_callback_and_are_kept(
    client: Client, results: list[str], ends_as: str
) -> None:
    desk = await person(client, Role.DESK)
    callback = await owed(client)
    seen = [(await noted(desk, callback, result=result))["callback"] for result in results]
    assert (seen[-1]["state"], seen[-1]["ticket"]["state"]) == (ends_as, "CLOSED")
    calls = await client.world.rows(CallbackCall)
    assert [each.result.value for each in calls] == results
    assert {each.called_by_name for each in calls} == {client.world.desk.name}
    assert all(each.at for each in calls)
    (error,) = (await noted(desk, callback, result="ANSWERED", **GOOD))["userErrors"]
    assert error["code"] == "CALLBACK_ENDED"


@pytest.mark.rule("CBK-3")
@pytest.mark.parametrize("scale", [3, 5])
async def test_all_that_is_asked_is_kept_on_the_sites_scale(client: Client, scale: int) -> None:
    world = client.world
    document = {"callback_scale": scale}
    await world.do(world.root, policies.set_policy, site_id=world.site.id, document=document)
    desk = await person(client, Role.DESK)
    callback = await owed(client)
    marks = {"onTime": 1, "attitude": 2, "quality": 3, "total": scale}
    over = {**marks, "attitude": scale + 1}
    (error,) = (await noted(desk, callback, result="ANSWERED", **GOOD, scores=over))["userErrors"]
    assert (error["code"], error["field"][-1]) == ("SCORE_OFF_SCALE", "attitude")
    for missing in ("solved", "satisfied"):
        given = {name: value for name, value in GOOD.items() if name != missing}
        (error,) = (await noted(desk, callback, result="ANSWERED", **given))["userErrors"]
        assert (error["code"], error["field"]) == ("REQUIRED", ["input", missing])
    kept = "solved satisfied chargeAsAgreed remarks scores { onTime attitude quality total }"
    payload = await call(
        desk,
        "callbackRecord",
        f"callback {{ {kept} }} {ERRORS}",
        callbackId=gid(callback),
        result="ANSWERED",
        **GOOD,
        chargeAsAgreed=False,
        remarks="多收了五元",
        scores=marks,
    )
    assert payload["callback"] == {
        **GOOD,
        "chargeAsAgreed": False,
        "remarks": "多收了五元",
        "scores": marks,
    }


@pytest.mark.rule("CBK-3")
async def test_a_scale_has_three_or_five_steps(client: Client) -> None:
    boss = await person(client, Role.PROJECT_MANAGER)
    payload = await call(
        boss,
        "policyUpdate",
        ERRORS,
        siteId=gid(client.world.site),
        document={"callback_scale": 4},
    )
    assert payload["userErrors"][0]["code"] == "POLICY_INVALID"


@pytest.mark.rule("CBK-4")
async def test_who_is_not_satisfied_may_be_given_a_complaint_instead(client: Client) -> None:
    world = client.world
    desk = await person(client, Role.DESK)
    callback = await owed(client)
    payload = await noted(desk, callback, result="ANSWERED", **BAD, amends="COMPLAINT")
    seen = payload["callback"]
    assert seen["ticket"]["state"] == "CLOSED"
    assert seen["rework"] is None
    (complaint,) = await world.rows(Ticket, Ticket.kind == "COMPLAINT")
    assert seen["complaint"]["id"] == gid(complaint)
    assert (complaint.description, complaint.linked_to_id) == ("态度不好", callback.ticket_id)
    document = "query($id: ID!) { ticket(id: $id) { case { about { id } concern } } }"
    answer = await client.gql(document, {"id": gid(complaint)}, token=desk.token)
    about = {"about": {"id": payload_id(callback)}, "concern": "COMPLAINT"}
    assert answer.data["ticket"]["case"] == about
    told = await world.rows(Message, Message.kind == "CUSTOMER_UNSATISFIED")
    assert [each.user_id for each in told] == [world.users[Role.SUPERVISOR].id]
    assert told[0].params["reason"] == "态度不好"


def payload_id(callback: Callback) -> str:
    from dispatch.api.ids import encode

    return encode("Ticket", callback.ticket_id)


@pytest.mark.rule("CBK-4")
async def test_what_is_not_solved_is_reworked_and_linked_to_what_failed(client: Client) -> None:
    world = client.world
    desk = await person(client, Role.DESK)
    callback = await owed(client)
    given = {**BAD, "solved": False}
    seen = (await noted(desk, callback, result="ANSWERED", **given))["callback"]
    failed, rework = await world.rows(WorkOrder)
    assert seen["rework"]["id"] == gid(rework)
    assert (rework.is_rework, rework.rework_of_id) == (True, failed.id)
    assert seen["ticket"]["state"] == "IN_PROGRESS"


@pytest.mark.rule("CBK-5")
async def test_a_serious_case_is_called_back_by_a_manager(client: Client) -> None:
    world = client.world
    desk = await person(client, Role.DESK)
    callback = await owed(client, priority=Priority.EMERGENCY)
    assert callback.serious_reason == "EMERGENCY"
    managers = {world.users[role].id for role in (Role.PROJECT_MANAGER, Role.QUALITY)}
    told = await world.rows(Message, Message.kind == "CALLBACK_SERIOUS")
    assert {each.user_id for each in told} == managers
    (error,) = (await noted(desk, callback, result="NO_ANSWER"))["userErrors"]
    assert error["code"] == "MANAGER_MUST_CALL"
    boss = await person(client, Role.PROJECT_MANAGER)
    payload = await noted(boss, callback, result="ANSWERED", **GOOD)
    assert payload["callback"]["state"] == "ANSWERED"
    # Anybody of the desk can ask for it; the log shows which calls a manager made.
    other = await owed(client)
    marked = await call(
        desk,
        "callbackMarkSerious",
        f"{CALLBACK} {ERRORS}",
        callbackId=gid(other),
        reason="客户扬言投诉到媒体",
    )
    assert marked["callback"]["seriousReason"] == "客户扬言投诉到媒体"
    document = """query($siteId: ID!) {
      callbacks(siteId: $siteId, first: 5, filter: { isSerious: { eq: true } }) {
        nodes { seriousReason calls { byManager calledByName } }
      }
    }"""
    seen = await client.gql(document, {"siteId": gid(world.site)}, token=desk.token)
    log = {each["seriousReason"]: each["calls"] for each in seen.data["callbacks"]["nodes"]}
    name = world.actors[Role.PROJECT_MANAGER].name
    assert log == {
        "EMERGENCY": [{"byManager": True, "calledByName": name}],
        "客户扬言投诉到媒体": [],
    }


async def by_link(client: Client, secret: str, **given: Any) -> dict[str, Any]:
    nobody = Person(client, token=None)  # type: ignore[arg-type]
    return await call(
        nobody, "callbackAnswer", f"isKept {ERRORS}", secret=secret, **{**GOOD, **given}
    )


@pytest.mark.rule("CBK-6")
async def test_a_customer_answers_by_link_once_and_without_an_account(client: Client) -> None:
    world = client.world
    callback = await owed(client)
    secret = await link_of(client)
    asked = "query($secret: String!) { callbackQuestions(secret: $secret) { number scale } }"
    shown = (await client.gql(asked, {"secret": secret})).data["callbackQuestions"]
    (ticket,) = await world.rows(Ticket)
    assert shown == {"number": ticket.number, "scale": 5}
    assert (await by_link(client, secret, scores={"total": 9}))["userErrors"][0]["code"] == (
        "SCORE_OFF_SCALE"
    )
    payload = await by_link(client, secret, scores={"total": 5}, remarks="很好")
    assert payload == {"isKept": True, "userErrors": []}
    (row,) = await world.rows(Callback, Callback.id == callback.id)
    assert (row.state, row.answered_by, row.remarks) == ("ANSWERED", "LINK", "很好")
    (ticket,) = await world.rows(Ticket)
    assert ticket.state is TicketState.CLOSED
    (error,) = (await by_link(client, secret))["userErrors"]
    assert error["code"] == "LINK_INVALID"
    assert (await client.gql(asked, {"secret": secret})).code == "LINK_INVALID"
    # Nobody else's token or secret is anywhere in the record.
    assert secret not in str([each.after for each in await world.events()])


@pytest.mark.rule("CBK-6")
async def test_links_expire_and_cannot_be_guessed(client: Client) -> None:
    world = client.world
    world.clock.now -= timedelta(days=15)
    await _resolve_long_ago(client)
    secret = await link_of(client)
    assert (await by_link(client, secret))["userErrors"][0]["code"] == "LINK_INVALID"
    nobody = {"input": {"secret": "0" * 64, **GOOD}}
    document = f"""mutation($input: CallbackAnswerInput!) {{
      callbackAnswer(input: $input) {{ isKept {ERRORS} }}
    }}"""
    for _ in range(19):
        refused = (await client.gql(document, nobody)).data["callbackAnswer"]
        assert refused["userErrors"][0]["code"] == "LINK_INVALID"
    assert (await client.gql(document, nobody)).code == "RATE_LIMITED"


async def _resolve_long_ago(client: Client) -> None:
    from dispatch.domain.tickets import Resolution
    from dispatch.services import remote_help, tickets

    world = client.world
    ticket = await world.ticket()
    leaf = await world.category("tap_leak")
    await world.do(world.desk, tickets.triage, ticket_id=ticket.id, category_id=leaf.id)
    await world.do(
        world.desk,
        remote_help.resolve_without_visit,
        ticket_id=ticket.id,
        resolution=Resolution.REMOTE_HELP,
        note="电话指导",
    )


@pytest.mark.rule("CBK-6")
async def test_a_late_answer_is_kept_and_followed(client: Client) -> None:
    world = client.world
    desk = await person(client, Role.DESK)
    callback = await owed(client)
    await noted(desk, callback, result="REFUSED")
    payload = await by_link(
        client, await link_of(client), satisfied=False, dissatisfactionReason="又漏了"
    )
    assert payload["userErrors"] == []
    (row,) = await world.rows(Callback)
    assert row.state == "REFUSED"
    assert row.late_answer is not None
    assert (row.late_answer["by"], row.late_answer["dissatisfaction_reason"]) == ("LINK", "又漏了")
    (complaint,) = await world.rows(Ticket, Ticket.kind == "COMPLAINT")
    assert row.complaint_id == complaint.id


@pytest.mark.rule("CBK-6")
async def test_a_resident_answers_by_the_app_for_their_own_alone(client: Client) -> None:
    world = client.world
    order, who = await held(client, party_id=world.party.id)
    await walk(who, order)
    await call(who, "workOrderComplete", ERRORS, workOrderId=gid(order), **RECORD)
    (ticket,) = await world.rows(Ticket)
    resident = await person(client, Role.RESIDENT)
    wish = {"ticketId": gid(ticket), **GOOD, "scores": {"total": 5}}
    desk = await person(client, Role.DESK)
    (error,) = (await call(desk, "ticketAnswerCallback", ERRORS, **wish))["userErrors"]
    assert error["code"] == "NOT_FOUND"
    payload = await call(resident, "ticketAnswerCallback", f"ticket {{ state }} {ERRORS}", **wish)
    assert payload["ticket"]["state"] == "CLOSED"
    (row,) = await world.rows(Callback)
    assert (row.answered_by, row.scores) == ("APP", {"total": 5})
    (error,) = (await call(resident, "ticketAnswerCallback", ERRORS, **wish))["userErrors"]
    assert error["code"] == "CALLBACK_ENDED"

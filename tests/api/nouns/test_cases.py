"""Complaints, matters, lifts with people in them and orders of goods through the API."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dispatch.domain.rights import Actor, Role
from dispatch.domain.technicians import TechnicianKind
from dispatch.domain.tickets import Channel, TicketKind
from dispatch.store.cases import Case
from dispatch.store.clocks import Clock
from dispatch.store.messages import Message
from dispatch.store.tickets import Ticket
from tests.api.client import Client, gid
from tests.api.documents import Person
from tests.api.nouns.test_on_site import ERRORS, call, fire, person

CASE = """case {
  concern level department leadName handlerName ownerName takenByName contactNote solution
}"""


async def complaint(client: Client, **fields: Any) -> Ticket:
    return await client.world.ticket(
        kind=TicketKind.COMPLAINT, description="保安态度恶劣", **fields
    )


async def lead(client: Client, concern: str, department: str) -> tuple[Person, Actor]:
    """A steward who is named lead of a concern, by the manager."""
    user, actor = await client.world.user(Role.STEWARD)
    boss = await person(client, Role.PROJECT_MANAGER)
    payload = await call(
        boss,
        "responsibilityAssign",
        f"responsibility {{ leadName }} {ERRORS}",
        siteId=gid(client.world.site),
        concern=concern,
        department=department,
        leadId=gid(user),
    )
    assert payload["responsibility"]["leadName"] == actor.name
    return Person(client, await client.token(actor)), actor


async def told(client: Client, kind: str) -> list[int | None]:
    return [each.user_id for each in await client.world.rows(Message, Message.kind == kind)]


@pytest.mark.rule("CMP-1")
async def test_a_complaint_left_lying_climbs_from_lead_to_quality_officer(client: Client) -> None:
    world = client.world
    _, service_lead = await lead(client, "COMPLAINT", "客服部")
    ticket = await complaint(client)
    world.clock.forward(minutes=4, seconds=59)
    await fire(world)
    assert await told(client, "CASE_NOT_TAKEN") == []
    world.clock.forward(seconds=2)
    await fire(world)
    assert service_lead.user_id in await told(client, "CASE_NOT_TAKEN")
    world.clock.forward(minutes=10)
    await fire(world)
    chased = await told(client, "CASE_NOT_CONTACTED")
    assert {service_lead.user_id, world.users[Role.PROJECT_MANAGER].id} <= set(chased)
    world.clock.forward(hours=24)
    await fire(world)
    officer = world.users[Role.QUALITY]
    (row,) = await world.rows(Ticket, Ticket.id == ticket.id)
    (case,) = await world.rows(Case)
    assert (row.owner_id, case.owner_id) == (officer.id, officer.id)
    assert officer.id in await told(client, "CASE_NOT_SOLVED")


@pytest.mark.rule("CMP-1")
async def test_a_complaint_is_acknowledged_and_its_caller_contacted(client: Client) -> None:
    world = client.world
    ticket = await complaint(client, party_id=world.party.id)
    desk = await person(client, Role.DESK)
    of = {"ticketId": gid(ticket)}
    taken = await call(
        desk, "caseTake", f"case {{ takenByName ticket {{ state }} }} {ERRORS}", **of
    )
    assert taken["case"] == {
        "takenByName": world.desk.name,
        "ticket": {"state": "IN_PROGRESS"},
    }
    (message,) = await world.rows(Message, Message.kind == "CASE_TAKEN")
    assert message.party_id == world.party.id
    boss = await person(client, Role.SUPERVISOR)
    (error,) = (await call(boss, "caseTake", ERRORS, **of))["userErrors"]
    assert error["code"] == "ALREADY_TAKEN"
    noted = await call(desk, "caseContact", f"{CASE} {ERRORS}", **of, note="已致歉，约明日回复")
    assert noted["case"]["contactNote"] == "已致歉，约明日回复"
    solved = await call(
        desk, "caseSolve", f"case {{ solution ticket {{ state }} }} {ERRORS}", **of, solution="调岗"
    )
    assert solved["case"] == {"solution": "调岗", "ticket": {"state": "RESOLVED"}}
    world.clock.forward(days=2)
    await fire(world)
    for kind in ("CASE_NOT_TAKEN", "CASE_NOT_CONTACTED", "CASE_NOT_SOLVED"):
        assert await told(client, kind) == []
    # A complaint is called back like every ticket.
    (owed,) = (await desk.look("CallbacksDue", siteId=gid(world.site), first=5))["nodes"]
    assert owed["ticket"]["id"] == gid(ticket)


@pytest.mark.rule("CMP-2")
async def test_the_service_lead_sets_the_level_and_managers_hear_of_a_high_one(
    client: Client,
) -> None:
    world = client.world
    service_lead, _ = await lead(client, "COMPLAINT", "客服部")
    of = {"ticketId": gid(await complaint(client))}
    desk = await person(client, Role.DESK)
    sent = {"input": {**of, "level": "GRAVE"}}
    document = f"""mutation($input: CaseSetLevelInput!) {{
      caseSetLevel(input: $input) {{ case {{ level }} {ERRORS} }}
    }}"""
    assert (await client.gql(document, sent, token=desk.token)).code == "FORBIDDEN"
    await call(service_lead, "caseSetLevel", ERRORS, **of, level="NORMAL")
    assert await told(client, "CASE_GRAVE") == []
    payload = await call(
        service_lead, "caseSetLevel", f"case {{ level }} {ERRORS}", **of, level="GRAVE"
    )
    assert payload["case"] == {"level": "GRAVE"}
    managers = {world.users[role].id for role in (Role.PROJECT_MANAGER, Role.QUALITY)}
    assert set(await told(client, "CASE_GRAVE")) == managers


@pytest.mark.rule("CMP-3")
async def test_a_matter_goes_to_its_department_and_on_and_its_repair_is_split_off(
    client: Client,
) -> None:
    world = client.world
    gardener, actor = await lead(client, "GREENING", "绿化部")
    ticket = await world.ticket(
        kind=TicketKind.MATTER, description="树枝压坏了围栏", place_id=world.garden.id
    )
    of = {"ticketId": gid(ticket)}
    desk = await person(client, Role.DESK)
    routed = (await call(desk, "caseRoute", f"{CASE} {ERRORS}", **of, concern="GREENING"))["case"]
    assert (routed["department"], routed["leadName"]) == ("绿化部", actor.name)
    assert await told(client, "CASE_ROUTED") == [actor.user_id]
    helper, helping = await world.user(Role.STEWARD)
    handed = await call(gardener, "caseHandOn", f"{CASE} {ERRORS}", **of, handlerId=gid(helper))
    assert handed["case"]["handlerName"] == helping.name
    assert await told(client, "CASE_HANDED_ON") == [helper.id]
    split = await call(
        gardener,
        "caseSplitRepair",
        f"ticket {{ kind state linkedTo {{ id }} place {{ id }} }} {ERRORS}",
        **of,
        description="围栏断了两根",
    )
    assert split["ticket"] == {
        "kind": "REPAIR",
        "state": "NEW",
        "linkedTo": {"id": gid(ticket)},
        "place": {"id": gid(world.garden)},
    }
    assert await world.rows(Clock, Clock.kind.like("CASE_%")) == []
    # Only a lead hands on; a resident sees nothing of how it is handled.
    resident = await person(client, Role.RESIDENT)
    document = f"query($id: ID!) {{ ticket(id: $id) {{ {CASE} }} }}"
    assert (await client.gql(document, {"id": gid(ticket)}, token=resident.token)).code
    seen = await client.gql(document, {"id": gid(ticket)}, token=desk.token)
    assert seen.data["ticket"]["case"]["concern"] == "GREENING"


@pytest.mark.rule("CMP-4")
@pytest.mark.parametrize("words", ["3 号楼电梯困人，里面有老人", "people stuck in the elevator"])
async def test_vendor_and_staff_hear_at_once_of_people_in_a_lift(
    client: Client, words: str
) -> None:
    world = client.world
    vendor, _ = await world.technician("电梯维保", trades={"lift": 3}, kind=TechnicianKind.VENDOR)
    own, _ = await world.technician(trades={"lift": 2})
    await world.technician(trades={"plumbing": 2})
    desk = await person(client, Role.DESK)
    made = await desk.do(
        "DeskReport",
        siteId=gid(world.site),
        kind="REPAIR",
        channel="PHONE",
        description=words,
        requesterName="王芳",
        requesterPhone="13800000000",
        placeId=gid(world.garden),
    )
    (ticket,) = await world.rows(Ticket)
    assert (made["ticket"]["id"], ticket.priority) == (gid(ticket), "EMERGENCY")
    rows = await world.rows(Message, Message.kind == "LIFT_TRAPPED")
    assert {each.technician_id for each in rows if each.technician_id} == {vendor.id, own.id}
    people = {each.user_id for each in rows}
    staff = (Role.DESK, Role.SUPERVISOR, Role.PROJECT_MANAGER, Role.STEWARD)
    assert {world.users[role].id for role in staff} <= people
    assert {each.created_at for each in rows} == {ticket.created_at}
    # Told once, and not lowered without a reason.
    leaf = await world.category("lift_stopped")
    wish = {"ticketId": gid(ticket), "categoryId": gid(leaf), "priority": "HIGH"}
    (error,) = await desk.refused("DeskTriage", **wish)
    assert error["code"] == "EMERGENCY_NEEDS_REASON"
    await desk.do("DeskTriage", ticketId=gid(ticket), categoryId=gid(leaf))
    assert len(await world.rows(Message, Message.kind == "LIFT_TRAPPED")) == len(rows)


@pytest.mark.rule("CMP-4")
async def test_a_lift_without_people_in_it_is_an_ordinary_fault(client: Client) -> None:
    ticket = await client.world.ticket(description="电梯停在三楼不动")
    assert ticket.priority is None
    assert await told(client, "LIFT_TRAPPED") == []


@pytest.mark.rule("CMP-5")
async def test_an_online_order_is_confirmed_with_its_provider_and_the_customer_told(
    client: Client,
) -> None:
    world = client.world
    resident = await person(client, Role.RESIDENT)
    made = await resident.do(
        "ResidentReport",
        siteId=gid(world.site),
        kind="SERVICE",
        channel="APP",
        description="桶装水两桶",
        placeId=gid(world.rooms[0]),
    )
    of = {"ticketId": made["ticket"]["id"]}
    fields = "serviceOrder { state isOnline provider startsAt endsAt }"
    starts = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=3)
    window = {"startsAt": starts.isoformat(), "endsAt": (starts + timedelta(hours=2)).isoformat()}
    desk = await person(client, Role.DESK)
    wish = {"provider": "清泉水站", "confirmedWith": "李店长"}
    wrong = {"startsAt": window["endsAt"], "endsAt": window["startsAt"]}
    (error,) = (await call(desk, "serviceOrderConfirm", ERRORS, **of, **wish, **wrong))[
        "userErrors"
    ]
    assert (error["code"], error["field"]) == ("OUT_OF_RANGE", ["input", "endsAt"])
    # Nobody confirms it in time: the desk is chased.
    world.clock.now = datetime.now(UTC) + timedelta(minutes=31)
    await fire(world)
    assert world.users[Role.DESK].id in await told(client, "SERVICE_UNCONFIRMED")
    done = await call(desk, "serviceOrderConfirm", f"{fields} {ERRORS}", **of, **wish, **window)
    assert done["serviceOrder"]["state"] == "CONFIRMED"
    (message,) = await world.rows(Message, Message.kind == "SERVICE_CONFIRMED")
    assert message.party_id == world.party.id
    assert message.params["provider"] == "清泉水站"
    assert datetime.fromisoformat(message.params["starts_at"]) == starts
    document = f"query($id: ID!) {{ ticket(id: $id) {{ {fields} }} }}"
    seen = await client.gql(document, {"id": made["ticket"]["id"]}, token=resident.token)
    assert seen.data["ticket"]["serviceOrder"]["provider"] == "清泉水站"
    other = await world.ticket(kind=TicketKind.SERVICE, channel=Channel.WEB)
    no = await call(
        desk, "serviceOrderDecline", f"{fields} {ERRORS}", ticketId=gid(other), reason="缺货"
    )
    assert no["serviceOrder"]["state"] == "DECLINED"
    assert len(await world.rows(Message, Message.kind == "SERVICE_DECLINED")) == 1

"""Intake as its people meet it: duplicates, ownership, following, extra work, checks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.rights import Actor, Role
from dispatch.services import execution, policies, work_orders
from dispatch.services.action import Tx
from dispatch.services.telling import tell
from dispatch.store.messages import Message
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import WorkOrder
from tests.api.client import Client, gid
from tests.api.nouns.desk import Hand, hand, report
from tests.api.test_one_path import DAY_AND_NIGHT
from tests.factories import World

SAID = """number kind channel state description requesterName requesterPhone building unit floor
    room landmark locationText area assetName assetModel assetTag photos wishedFrom wishedTo
    takenByName reportedAt isComplete asset { tag } place { name } site { id } party { name }"""
ALIKE = "likelyDuplicates { isSolved formerSolution ticket { id } }"


async def told(world: World, kind: MessageKind) -> list[Message]:
    return await world.rows(Message, Message.kind == kind.value)


async def at_work(world: World, order: WorkOrder, **technician: Any) -> tuple[Any, Actor]:
    """A technician who stands in the flat and has begun."""
    worker, account = await world.technician(**{**DAY_AND_NIGHT, **technician})
    await world.do(
        world.dispatcher, work_orders.assign, work_order_id=order.id, technician_id=worker.id
    )
    await world.do(world.desk, execution.lift_door_code, work_order_id=order.id, reason="called")
    for step in (execution.accept, execution.set_out, execution.arrive, execution.start):
        await world.do(account, step, work_order_id=order.id)
    return worker, account


async def complete(world: World, account: Actor, order: WorkOrder, *, done: str = "ok") -> None:
    await world.do(
        account,
        execution.complete,
        work_order_id=order.id,
        found="f",
        cause="c",
        done=done,
        signature="s",
    )


@pytest.mark.rule("INT-1")
async def test_a_ticket_keeps_all_that_was_said_and_by_whom_it_was_taken(client: Client) -> None:
    world = client.world
    desk = await hand(client, world.desk)
    admin = await hand(client, world.actors[Role.ADMINISTRATOR])
    pump = await admin.do(
        "assetCreate", "asset { id }", siteId=gid(world.site), tag="TAP-7", name="水龙头"
    )
    begin = (world.clock.now + timedelta(hours=3)).replace(microsecond=0)
    said = {
        "building": "1 幢",
        "unit": "甲单元",
        "floor": "1",
        "room": "101",
        "landmark": "东门对面",
        "locationText": "进门左手厨房",
        "area": "IN_HOME",
        "assetName": "水龙头",
        "assetModel": "X-1",
        "assetTag": "TAP-7",
        "photos": ["https://p/1", "https://p/2"],
        "wishedFrom": begin.isoformat(),
        "wishedTo": (begin + timedelta(hours=2)).isoformat(),
    }
    given = report(
        world, **said, partyId=gid(world.party), assetId=pump["asset"]["id"], kind="SERVICE"
    )
    made = await desk.do("ticketCreate", f"ticket {{ {SAID} }}", **given)
    kept = made["ticket"]
    times = {name: datetime.fromisoformat(kept.pop(name)) for name in ("wishedFrom", "wishedTo")}
    assert times == {"wishedFrom": begin, "wishedTo": begin + timedelta(hours=2)}
    reported = datetime.fromisoformat(kept.pop("reportedAt"))
    assert abs(datetime.now(reported.tzinfo) - reported) < timedelta(minutes=2)
    assert kept.pop("number").startswith("TK-")
    expected = {name: value for name, value in said.items() if not name.startswith("wished")}
    for name in ("description", "requesterName", "requesterPhone", "channel", "kind"):
        expected[name] = given[name]
    assert kept == {
        **expected,
        "state": "NEW",
        "isComplete": True,
        "takenByName": world.desk.name,
        "asset": {"tag": "TAP-7"},
        "place": {"name": world.rooms[0].name},
        "site": {"id": gid(world.site)},
        "party": {"name": "王芳"},
    }
    # A public area is told by its place, or in words alone.
    for place in ({"placeId": gid(world.garden)}, {"placeId": None, "locationText": "北门岗亭"}):
        public = await desk.do(
            "ticketCreate", "ticket { area }", **report(world, area="PUBLIC", **place)
        )
        assert public["ticket"]["area"] == "PUBLIC"


@pytest.mark.rule("INT-1")
@pytest.mark.parametrize(
    ("kind", "needed"),
    [
        ("REPAIR", {"requesterName", "requesterPhone", "placeId"}),
        ("MATTER", {"placeId"}),
        ("COMPLAINT", {"requesterName", "requesterPhone"}),
        ("SERVICE", {"requesterName", "requesterPhone", "placeId"}),
        ("INSPECTION", {"placeId"}),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_a_kind_needs_and_lacks_is_an_error_for_each_field(
    client: Client, kind: str, needed: set[str]
) -> None:
    desk = await hand(client, client.world.desk)
    document = """mutation($input: TicketCreateInput!) {
        ticketCreate(input: $input) { userErrors { code field } } }"""
    bare = {"siteId": gid(client.world.site), "kind": kind, "channel": "PHONE", "description": "x"}
    errors = (await desk.ask(document, input=bare))["ticketCreate"]["userErrors"]
    assert {each["field"][-1] for each in errors} == needed
    assert {each["code"] for each in errors} == {"REQUIRED"}


@pytest.mark.rule("INT-4")
async def test_a_thin_report_waits_as_new_until_the_desk_completes_it(client: Client) -> None:
    world = client.world
    desk, resident = await hand(client, world.desk), await hand(client, world.resident)
    thin = {"siteId": gid(world.site), "kind": "REPAIR", "channel": "WECHAT", "description": "漏"}
    made = await resident.do("ticketCreate", "ticket { id state isComplete version }", **thin)
    ticket = made["ticket"]
    assert (ticket["state"], ticket["isComplete"]) == ("NEW", False)
    leaf = {"categoryId": gid(await world.category("tap_leak"))}
    assert await desk.refused("ticketTriage", ticketId=ticket["id"], **leaf) == "REQUIRED"
    waiting = "{ tickets(first: 5, filter: {isComplete: {eq: false}}) { nodes { id } } }"
    assert (await desk.ask(waiting))["tickets"]["nodes"] == [{"id": ticket["id"]}]
    done = await desk.do(
        "ticketUpdate",
        "ticket { isComplete description requesterName }",
        ticketId=ticket["id"],
        version=ticket["version"],
        placeId=gid(world.rooms[0]),
    )
    assert done["ticket"] == {"isComplete": True, "description": "漏", "requesterName": "王芳"}
    assert (await desk.ask(waiting))["tickets"]["nodes"] == []
    triaged = await desk.do("ticketTriage", "ticket { state }", ticketId=ticket["id"], **leaf)
    assert triaged["ticket"]["state"] == "TRIAGED"


@pytest.mark.rule("INT-6")
async def test_duplicates_are_listed_at_creation_with_the_former_solution(client: Client) -> None:
    world = client.world
    tap = gid(await world.category("tap_leak"))
    light = gid(await world.category("light_home"))
    order = await world.order()
    _, account = await at_work(world, order)
    await complete(world, account, order, done="换了阀芯")
    desk = await hand(client, world.desk)
    made = await desk.do(
        "ticketCreate", f"ticket {{ id {ALIKE} }}", **report(world, categoryId=tap)
    )
    (solved,) = made["ticket"]["likelyDuplicates"]
    assert solved["isSolved"]
    assert solved["formerSolution"] == "换了阀芯"
    # Another category, or another place, is another wish.
    for changed in ({"categoryId": light}, {"placeId": gid(world.rooms[1]), "categoryId": tap}):
        made = await desk.do("ticketCreate", f"ticket {{ id {ALIKE} }}", **report(world, **changed))
        assert made["ticket"]["likelyDuplicates"] == []
    # The list is there later, too, and shows nobody what is not theirs to see.
    of_first = "query($id: ID!) { ticket(id: $id) { " + ALIKE + " } }"
    first = (await world.rows(Ticket))[0]
    seen = await desk.ask(of_first, id=gid(first))
    assert len(seen["ticket"]["likelyDuplicates"]) == 1
    resident = await hand(client, world.resident)
    own = await resident.do(
        "ticketCreate", f"ticket {{ {ALIKE} }}", **report(world, channel="APP", categoryId=tap)
    )
    assert own["ticket"]["likelyDuplicates"] == []


@pytest.mark.rule("INT-6")
async def test_a_merged_ticket_keeps_its_reporter_and_is_answered_with_the_main_one(
    client: Client,
) -> None:
    world = client.world
    desk, resident = await hand(client, world.desk), await hand(client, world.resident)
    hers = await resident.do("ticketCreate", "ticket { id }", **report(world, channel="APP"))
    order = await world.order(requester_name="李雷")
    (main,) = await world.rows(Ticket, Ticket.id == order.ticket_id)
    duplicate = hers["ticket"]["id"]
    assert await desk.refused("ticketMerge", ticketId=gid(main), intoId=gid(main)) == "CANNOT_MERGE"
    assert (
        await resident.forbidden("ticketMerge", ticketId=duplicate, intoId=duplicate) == "FORBIDDEN"
    )
    merged = await desk.do(
        "ticketMerge",
        "ticket { state requesterName mainState mergedInto { merged { id } } }",
        ticketId=duplicate,
        intoId=gid(main),
        note="同一水龙头",
    )
    assert merged["ticket"] == {
        "state": "MERGED",
        "requesterName": "王芳",
        "mainState": "TRIAGED",
        "mergedInto": {"merged": [{"id": duplicate}]},
    }
    assert await desk.refused("ticketMerge", ticketId=gid(main), intoId=duplicate) == "CANNOT_MERGE"
    _, account = await at_work(world, order)
    # She follows the main ticket's visit, without being shown whose it is.
    follow = "query($id: ID!) { ticket(id: $id) { mainState mergedInto { id } visits { state } } }"
    seen = (await resident.ask(follow, id=duplicate))["ticket"]
    assert seen == {
        "mainState": "IN_PROGRESS",
        "mergedInto": None,
        "visits": [{"state": "STARTED"}],
    }
    await complete(world, account, order)
    (solved,) = await told(world, MessageKind.MERGED_ANSWERED)
    assert (solved.party_id, solved.params["state"]) == (world.party.id, "RESOLVED")
    (owed,) = (
        await desk.ask(
            "query($s: ID!) { callbacks(siteId: $s, first: 5) { nodes { id } } }",
            s=gid(world.site),
        )
    )["callbacks"]["nodes"]
    await desk.do(
        "callbackRecord", "callback { id }", callbackId=owed["id"], result="ANSWERED",
        solved=True, satisfied=True,
    )  # fmt: skip
    answers = await told(world, MessageKind.MERGED_ANSWERED)
    assert [each.params["state"] for each in answers] == ["RESOLVED", "CLOSED"]
    (kept,) = await world.rows(Ticket, Ticket.merged_into_id == main.id)
    assert kept.closed_at is not None


@pytest.mark.rule("INT-7")
async def test_whoever_takes_a_ticket_first_owns_it_until_a_technician_accepts(
    client: Client,
) -> None:
    world = client.world
    colleague_user, colleague = await world.user(Role.DESK)
    desk, other = await hand(client, world.desk), await hand(client, colleague)
    resident = await hand(client, world.resident)
    made = await resident.do(
        "ticketCreate", "ticket { id ownerName }", **report(world, channel="APP")
    )
    ticket = made["ticket"]["id"]
    assert made["ticket"]["ownerName"] is None
    taken = await desk.do("ticketTake", "ticket { ownerName }", ticketId=ticket)
    assert taken["ticket"]["ownerName"] == world.desk.name
    assert await other.refused("ticketTake", ticketId=ticket) == "ALREADY_TAKEN"
    mine = "query($o: ID!) { tickets(filter: {ownerId: {eq: $o}}, first: 5) { nodes { id } } }"
    own = gid(world.users[Role.DESK])
    assert (await desk.ask(mine, o=own))["tickets"]["nodes"] == [{"id": ticket}]
    (row,) = await world.rows(Ticket)

    async def escalate(tx: Tx) -> None:
        await tell(
            tx, MessageKind.CLOCK_BREACHED, Audience(owner=True), site_id=row.site_id,
            ticket_id=row.id, clock="c", number="n", due_at="d",
        )  # fmt: skip

    await world.do(world.root, escalate)
    given = {"ticketId": ticket, "ownerId": gid(colleague_user)}
    handed = await desk.do("ticketChangeOwner", "ticket { ownerName }", **given, reason="下班")
    assert handed["ticket"]["ownerName"] == colleague.name
    assert [each.user_id for each in await told(world, MessageKind.OWNER_CHANGED)] == [
        colleague_user.id
    ]
    await world.do(world.root, escalate)
    leaf = gid(await world.category("tap_leak"))
    await desk.do("ticketTriage", "ticket { id }", ticketId=ticket, categoryId=leaf)
    (order,) = await world.rows(WorkOrder)
    worker, account = await world.technician(**DAY_AND_NIGHT)
    await world.do(
        world.dispatcher, work_orders.assign, work_order_id=order.id, technician_id=worker.id
    )
    see = "query($id: ID!) { ticket(id: $id) { ownerName takenByName } }"
    assert (await desk.ask(see, id=ticket))["ticket"]["ownerName"] == colleague.name
    await world.do(account, execution.accept, work_order_id=order.id)
    assert (await desk.ask(see, id=ticket))["ticket"]["ownerName"] is None
    await world.do(world.root, escalate)
    chased = [each.user_id for each in await told(world, MessageKind.CLOCK_BREACHED)]
    assert chased == [world.users[Role.DESK].id, colleague_user.id]
    # A report that the desk enters itself is the desk's at once.
    made = await desk.do("ticketCreate", "ticket { ownerName }", **report(world))
    assert made["ticket"]["ownerName"] == world.desk.name


@pytest.mark.rule("INT-8")
async def test_the_reporter_sees_state_technician_photo_and_arrival(client: Client) -> None:
    world = client.world
    resident, admin = (
        await hand(client, world.resident),
        await hand(client, world.actors[Role.ADMINISTRATOR]),
    )
    made = await resident.do("ticketCreate", "ticket { id }", **report(world, channel="APP"))
    ticket = made["ticket"]["id"]
    look = """query($id: ID!) { ticket(id: $id) {
        state visits { state technicianName technicianPhoto expectedArrival } } }"""

    async def seen() -> dict[str, Any]:
        return (await resident.ask(look, id=ticket))["ticket"]

    assert await seen() == {"state": "NEW", "visits": []}
    desk = await hand(client, world.desk)
    leaf = gid(await world.category("tap_leak"))
    await desk.do("ticketTriage", "ticket { id }", ticketId=ticket, categoryId=leaf)
    nobody = {"technicianName": None, "technicianPhoto": None, "expectedArrival": None}
    assert await seen() == {"state": "TRIAGED", "visits": [{"state": "QUEUED", **nobody}]}
    worker, account = await world.technician("老王", **DAY_AND_NIGHT)
    await admin.do(
        "technicianSetPhoto", "technician { photo }", technicianId=gid(worker), photo="https://p/1"
    )
    (order,) = await world.rows(WorkOrder)
    planned = (world.clock.now + timedelta(hours=2)).replace(microsecond=0)
    await world.do(
        world.dispatcher,
        work_orders.assign,
        work_order_id=order.id,
        technician_id=worker.id,
        planned_start=planned,
    )
    (visit,) = (await seen())["visits"]
    assert (visit["technicianName"], visit["technicianPhoto"]) == ("老王", "https://p/1")
    assert datetime.fromisoformat(visit["expectedArrival"]) == planned
    for step in (execution.accept, execution.set_out, execution.arrive):
        await world.do(account, step, work_order_id=order.id)
    assert await seen() == {
        "state": "IN_PROGRESS",
        "visits": [
            {
                "state": "ARRIVED",
                "technicianName": "老王",
                "technicianPhoto": "https://p/1",
                "expectedArrival": None,
            }
        ],
    }
    # Nobody else's: another resident does not find it at all.
    _, stranger = await world.user(Role.RESIDENT)
    answer = await client.gql(look, {"id": ticket}, token=await client.token(stranger))
    assert answer.code == "NOT_FOUND"


@pytest.mark.rule("INT-9")
async def test_extra_work_joins_the_visit_or_becomes_a_linked_ticket(client: Client) -> None:
    world = client.world
    order = await world.order(party_id=world.party.id)
    _, account = await at_work(world, order)
    worker = await hand(client, account)
    fields = "extraWork { duration workOrder { duration } newTicket { id } }"
    given = {"workOrderId": gid(order), "description": "顺便看看水表"}
    same = await worker.do(
        "workOrderAddWork",
        fields,
        **given,
        categoryId=gid(await world.category("water_meter")),
        duration="PT20M",
    )
    minutes = (order.duration_s // 60) + 20
    assert same["extraWork"] == {
        "duration": "PT20M",
        "workOrder": {"duration": f"PT{minutes}M"},
        "newTicket": None,
    }
    # A trade that the plumber does not have is a wish of its own.
    made = await worker.do(
        "workOrderAddWork",
        "extraWork { newTicket { id state linkedTo { id } requesterName channel } }",
        workOrderId=gid(order),
        description="客厅灯不亮",
        categoryId=gid(await world.category("light_home")),
    )
    new = made["extraWork"]["newTicket"]
    assert new.pop("id") != gid((await world.rows(Ticket))[0])
    assert new == {
        "state": "NEW",
        "linkedTo": {"id": gid((await world.rows(Ticket))[0])},
        "requesterName": "王芳",
        "channel": "VISIT",
    }
    (stored,) = await world.rows(Ticket, Ticket.linked_to_id.is_not(None))
    assert (stored.place_id, stored.party_id) == (world.rooms[0].id, world.party.id)
    # A level above the technician's is as much as another trade.
    high = await worker.do(
        "workOrderAddWork",
        "extraWork { newTicket { id } }",
        workOrderId=gid(order),
        description="泵房有异响",
        categoryId=gid(await world.category("pump_room")),
    )
    assert high["extraWork"]["newTicket"] is not None
    (unchanged,) = await world.rows(WorkOrder, WorkOrder.id == order.id)
    assert unchanged.duration_s == minutes * 60
    # Only who is there may say so.
    _, idle = await world.technician(**DAY_AND_NIGHT)
    other = await hand(client, idle)
    category = gid(await world.category("tap_leak"))
    assert await other.refused("workOrderAddWork", **given, categoryId=category) == "NOT_FOUND"
    await complete(world, account, order)
    assert await worker.refused("workOrderAddWork", **given, categoryId=category) in {
        "WRONG_STEP",
        "NOT_YOUR_ORDER",
    }


async def _school(client: Client, **intake: bool) -> tuple[Hand, Hand, Hand]:
    """A site that wants reports checked: the head, the logistics office and the desk."""
    world = client.world
    await world.do(
        world.root, policies.set_policy, site_id=world.site.id, document={"intake": intake}
    )
    head_user, head = await world.user(Role.RESIDENT)
    admin = await hand(client, world.actors[Role.ADMINISTRATOR])
    made = await admin.do(
        "departmentCreate",
        "department { id }",
        siteId=gid(world.site),
        code="physics",
        name="物理系",
        headId=gid(head_user),
    )
    await admin.do(
        "partySetDepartment",
        "party { id }",
        partyId=gid(world.party),
        departmentId=made["department"]["id"],
    )
    office = await hand(client, world.actors[Role.SUPERVISOR])
    return await hand(client, head), office, await hand(client, world.desk)


CHECKS = "checks { stage state decidedByName note } state workOrders(first: 5) { nodes { state } }"


@pytest.mark.rule("INT-10")
async def test_nothing_is_dispatched_before_department_and_logistics_agree(client: Client) -> None:
    world = client.world
    head, office, desk = await _school(client, check_by_department=True, check_by_logistics=True)
    resident = await hand(client, world.resident)
    made = await resident.do("ticketCreate", "ticket { id }", **report(world, channel="APP"))
    ticket = {"ticketId": made["ticket"]["id"]}
    leaf = gid(await world.category("tap_leak"))
    triaged = await desk.do("ticketTriage", f"ticket {{ {CHECKS} }}", **ticket, categoryId=leaf)
    assert [each["state"] for each in triaged["ticket"]["checks"]] == ["PENDING", "WAITING"]
    assert triaged["ticket"]["workOrders"]["nodes"] == []
    pending = "{ tickets(first: 5, filter: {checkState: {eq: PENDING}}) { nodes { id } } }"
    assert (await head.ask(pending))["tickets"]["nodes"] == [{"id": ticket["ticketId"]}]
    listed = await office.ask(
        "query($s: ID!) { departments(siteId: $s, first: 5) { nodes { code headName } } }",
        s=gid(world.site),
    )
    (physics,) = listed["departments"]["nodes"]
    assert physics["code"] == "physics"
    assert physics["headName"]
    # Not by another way either.
    assert await desk.refused("workOrderCreate", **ticket) == "CHECK_PENDING"
    works = [{"trade": "plumbing"}, {"trade": "masonry", "after": 0}]
    assert await desk.refused("ticketSplit", **ticket, works=works) == "CHECK_PENDING"
    # The logistics office has to wait for the head; the reporter decides nothing.
    assert await office.forbidden("ticketCheck", **ticket, agreed=True) == "FORBIDDEN"
    assert await resident.forbidden("ticketCheck", **ticket, agreed=True) == "FORBIDDEN"
    agreed = await head.do(
        "ticketCheck", f"ticket {{ {CHECKS} }}", **ticket, agreed=True, note="确有必要"
    )
    first, second = agreed["ticket"]["checks"]
    assert (first["state"], first["note"], second["state"]) == ("APPROVED", "确有必要", "PENDING")
    assert await head.forbidden("ticketCheck", **ticket, agreed=True) == "FORBIDDEN"
    done = await office.do("ticketCheck", f"ticket {{ {CHECKS} }}", **ticket, agreed=True)
    assert [each["state"] for each in done["ticket"]["checks"]] == ["APPROVED", "APPROVED"]
    assert done["ticket"]["checks"][1]["decidedByName"] == world.actors[Role.SUPERVISOR].name
    assert done["ticket"]["workOrders"]["nodes"] == [{"state": "QUEUED"}]
    assert await office.refused("ticketCheck", **ticket, agreed=True) == "CHECK_NOT_PENDING"
    assert (await head.ask(pending))["tickets"]["nodes"] == []
    asked = [each.user_id for each in await told(world, MessageKind.CHECK_NEEDED)]
    assert world.users[Role.SUPERVISOR].id in asked[1:]


@pytest.mark.rule("INT-10")
async def test_a_report_not_agreed_to_ends_and_an_emergency_waits_for_nobody(
    client: Client,
) -> None:
    world = client.world
    head, _, desk = await _school(client, check_by_department=True)
    leaf = gid(await world.category("tap_leak"))
    made = await desk.do(
        "ticketCreate", f"ticket {{ id {CHECKS} }}", **report(world, partyId=gid(world.party))
    )
    ticket = {"ticketId": made["ticket"]["id"]}
    assert await head.refused("ticketCheck", **ticket, agreed=False) == "REQUIRED"
    ended = await head.do(
        "ticketCheck", f"ticket {{ endReason {CHECKS} }}", **ticket, agreed=False, note="自行处理"
    )
    assert (ended["ticket"]["state"], ended["ticket"]["endReason"]) == ("CANCELLED", "自行处理")
    assert len(await told(world, MessageKind.CHECK_REJECTED)) == 1
    # Danger words at once; a category that turns out dangerous at triage.
    burst = await desk.do(
        "ticketCreate", f"ticket {{ {CHECKS} }}", **report(world, description="水管爆了，爆管")
    )
    assert burst["ticket"]["checks"] == []
    smell = await desk.do("ticketCreate", "ticket { id }", **report(world, description="有怪味"))
    gas = await desk.do(
        "ticketTriage",
        f"ticket {{ {CHECKS} }}",
        ticketId=smell["ticket"]["id"],
        categoryId=gid(await world.category("gas_leak")),
    )
    assert [each["state"] for each in gas["ticket"]["checks"]] == ["WAIVED"]
    assert gas["ticket"]["workOrders"]["nodes"] == [{"state": "QUEUED"}]
    # A site that asks for no check dispatches at once.
    await world.do(world.root, policies.set_policy, site_id=world.site.id, document={})
    plain = await desk.do("ticketCreate", "ticket { id }", **report(world))
    sent = await desk.do(
        "ticketTriage", f"ticket {{ {CHECKS} }}", ticketId=plain["ticket"]["id"], categoryId=leaf
    )
    assert sent["ticket"]["checks"] == []
    assert sent["ticket"]["workOrders"]["nodes"] == [{"state": "QUEUED"}]

"""Triage as its people meet it: the tree, danger, ways to resolve, warranty, several trades."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from dispatch.domain.messages import MessageKind
from dispatch.domain.rights import Role
from dispatch.services import execution
from dispatch.store.callbacks import Callback
from dispatch.store.messages import Message
from dispatch.store.work_orders import WorkOrder
from tests.api.client import Client, gid
from tests.api.nouns.desk import Hand, hand, report
from tests.api.nouns.test_intake import at_work, complete
from tests.api.test_one_path import DAY_AND_NIGHT
from tests.factories import World

ORDERS = "workOrders(first: 9) { nodes { number state trade { code } after { number } } }"


async def triaged(
    desk: Hand, world: World, fields: str, *, category: str = "tap_leak", **given: Any
) -> dict[str, Any]:
    """A new report, triaged; `report` changes what was reported."""
    made = await desk.do(
        "ticketCreate", "ticket { id }", **report(world, **given.pop("reported", {}))
    )
    leaf = gid(await world.category(category))
    payload = await desk.do(
        "ticketTriage",
        f"ticket {{ id {fields} }}",
        ticketId=made["ticket"]["id"],
        categoryId=leaf,
        **given,
    )
    return payload["ticket"]


@pytest.mark.rule("TRI-1")
async def test_the_tree_gives_a_ticket_all_that_dispatch_needs(client: Client) -> None:
    world = client.world
    desk = await hand(client, world.desk)
    tree = await desk.ask(
        """query($s: ID!) { categories(siteId: $s) { nameZh nameEn children { code nameZh nameEn
        trade { code } level duration crewSize priority chargeable area children { id } } } }""",
        s=gid(world.site),
    )
    groups = tree["categories"]
    leaves = {leaf["code"]: leaf for group in groups for leaf in group["children"]}
    assert all(each["nameZh"] and each["nameEn"] for each in (*groups, *leaves.values()))
    assert all(leaf["children"] == [] for leaf in leaves.values())
    fields = "trade { code } level duration crewSize priority chargeable area"
    room = {"placeId": gid(world.garden)}
    for code in ("pump_room", "tap_leak"):
        reported = room if leaves[code]["area"] == "PUBLIC" else {}
        ticket = await triaged(desk, world, fields, category=code, reported=reported)
        for name in ("level", "duration", "crewSize", "priority", "chargeable", "area", "trade"):
            assert ticket[name] == leaves[code][name], (code, name)


@pytest.mark.rule("TRI-2")
async def test_each_priority_has_its_time_and_danger_is_not_lowered_without_a_reason(
    client: Client,
) -> None:
    world = client.world
    desk = await hand(client, world.desk)
    hours = {"EMERGENCY": 0, "HIGH": 2, "NORMAL": 4, "LOW": 8}
    for priority, hour in hours.items():
        ticket = await triaged(desk, world, "priority reportedAt dueAt", priority=priority)
        reported, due = (datetime.fromisoformat(ticket[name]) for name in ("reportedAt", "dueAt"))
        assert (ticket["priority"], due - reported) == (priority, timedelta(hours=hour))
    for words in ("燃气泄漏", "电梯困人", "爆管了", "电线裸露", "着火了", "gas leak", "burst pipe"):
        made = await desk.do(
            "ticketCreate", "ticket { id priority }", **report(world, description=words)
        )
        assert made["ticket"]["priority"] == "EMERGENCY", words
    danger = {
        "ticketId": made["ticket"]["id"],
        "categoryId": gid(await world.category("tap_leak")),
        "priority": "LOW",
    }
    assert await desk.refused("ticketTriage", **danger) == "EMERGENCY_NEEDS_REASON"
    lowered = await desk.do(
        "ticketTriage", "ticket { priority priorityReason }", **danger, priorityReason="已关阀"
    )
    assert lowered["ticket"] == {"priority": "LOW", "priorityReason": "已关阀"}
    # A dangerous category is as much as a word.
    smell = await triaged(
        desk, world, "priority", category="gas_leak", reported={"description": "有味道"}
    )
    assert smell["priority"] == "EMERGENCY"


@pytest.mark.rule("TRI-4")
async def test_a_guide_is_offered_before_anybody_is_sent(client: Client) -> None:
    world = client.world
    desk, resident = await hand(client, world.desk), await hand(client, world.resident)
    admin = await hand(client, world.actors[Role.ADMINISTRATOR])
    guide = {"zh": "先关闭角阀", "en": "Close the angle valve first"}
    category = await world.category("tap_leak")
    # One is shipped; the site may word its own.
    assert category.guide_zh
    assert category.guide_en
    leaf = gid(category)
    await admin.do("categorySetGuide", "category { guide }", categoryId=leaf, **guide)
    own = {"channel": "APP", "categoryId": leaf}
    made = await resident.do(
        "ticketCreate", "ticket { id category { guide } }", **report(world, **own)
    )
    assert made["ticket"]["category"]["guide"] in guide.values()
    for solved in (True, False):
        made = await resident.do("ticketCreate", "ticket { id }", **report(world, **own))
        ticket = {"ticketId": made["ticket"]["id"]}
        assert await resident.refused("ticketAnswerGuide", **ticket, solved=True) == "WRONG_STEP"
        sent = await desk.do(
            "ticketTriage", f"ticket {{ {ORDERS} }}", **ticket, categoryId=leaf,
            resolution="SELF_HELP",
        )  # fmt: skip
        assert sent["ticket"]["workOrders"]["nodes"] == []
        (message, *_) = await world.rows(Message, Message.kind == MessageKind.GUIDE_OFFERED.value)
        assert (message.party_id, message.params["guide"]) == (world.party.id, guide["zh"])
        answered = await resident.do(
            "ticketAnswerGuide",
            f"ticket {{ state resolution solution {ORDERS} }}",
            **ticket,
            solved=solved,
            note="关阀后不漏",
        )
        answer = answered["ticket"]
        if solved:
            assert (answer["state"], answer["resolution"]) == ("RESOLVED", "SELF_HELP")
            assert (answer["solution"], answer["workOrders"]["nodes"]) == ("关阀后不漏", [])
            assert len(await world.rows(Callback)) == 1
        else:
            assert (answer["state"], answer["resolution"]) == ("TRIAGED", "SITE_VISIT")
            assert [each["state"] for each in answer["workOrders"]["nodes"]] == ["QUEUED"]
    assert await resident.forbidden("categorySetGuide", categoryId=leaf) == "FORBIDDEN"


@pytest.mark.rule("TRI-4")
async def test_help_from_afar_never_reaches_the_dispatcher_and_is_called_back(
    client: Client,
) -> None:
    world = client.world
    desk = await hand(client, world.desk)
    ticket = await triaged(desk, world, ORDERS, resolution="REMOTE_HELP")
    assert ticket["workOrders"]["nodes"] == []
    given = {"ticketId": ticket["id"], "note": "电话指导重启"}
    assert (
        await desk.refused("ticketResolveWithoutVisit", **given, resolution="SITE_VISIT")
        == "BAD_INPUT"
    )
    solved = await desk.do(
        "ticketResolveWithoutVisit",
        "ticket { state solution callbacks { state } }",
        **given,
        resolution="REMOTE_HELP",
    )
    assert solved["ticket"] == {
        "state": "RESOLVED",
        "solution": "电话指导重启",
        "callbacks": [{"state": "DUE"}],
    }
    assert await world.rows(WorkOrder) == []


async def _vendor(world: World) -> tuple[Any, Any]:
    return await world.technician("三菱电梯", trades={"plumbing": 2}, **DAY_AND_NIGHT)


@pytest.mark.rule("TRI-4")
@pytest.mark.rule("TRI-5")
async def test_what_is_under_warranty_goes_to_its_vendor(client: Client) -> None:
    world = client.world
    desk = await hand(client, world.desk)
    admin = await hand(client, world.actors[Role.ADMINISTRATOR])
    vendor, account = await _vendor(world)
    today = world.today()
    made = await admin.do(
        "assetCreate", "asset { id }", siteId=gid(world.site), tag="TAP-1", name="水龙头"
    )
    asset = made["asset"]["id"]
    fields = """resolution vendor { name } workOrders(first: 5) { nodes {
        state dispatchStep assignment { step technician { name } } } }"""

    async def order_of(**reported: Any) -> tuple[str, list[Any]]:
        ticket = await triaged(desk, world, fields, reported=reported)
        return ticket["resolution"], ticket["workOrders"]["nodes"]

    to_vendor = [
        {
            "state": "ASSIGNED",
            "dispatchStep": "VENDOR",
            "assignment": {"step": "VENDOR", "technician": {"name": vendor.name}},
        }
    ]
    # The equipment's own, until its last day.
    for days, expected in ((1, "VENDOR_VISIT"), (-2, "SITE_VISIT")):
        await admin.do(
            "assetSetWarranty",
            "asset { warrantyUntil }",
            assetId=asset,
            vendorId=gid(vendor),
            warrantyUntil=str(today + timedelta(days=days)),
        )
        way, orders = await order_of(assetId=asset)
        assert way == expected
        assert (orders == to_vendor) is (expected == "VENDOR_VISIT")
    # The unit's, told for the whole building; not the garden's.
    await admin.do(
        "placeSetCare",
        "place { warrantyUntil }",
        placeId=gid(world.building),
        vendorId=gid(vendor),
        warrantyUntil=str(today + timedelta(days=100)),
    )
    assert await order_of() == ("VENDOR_VISIT", to_vendor)
    assert (await order_of(placeId=gid(world.garden)))[0] == "SITE_VISIT"
    # The desk may decide otherwise, and may send a vendor to anything.
    ticket = await triaged(desk, world, fields, resolution="SITE_VISIT")
    assert ticket["vendor"] is None
    assert [each["state"] for each in ticket["workOrders"]["nodes"]] == ["QUEUED"]
    ticket = await triaged(
        desk,
        world,
        fields,
        resolution="VENDOR_VISIT",
        vendorId=gid(vendor),
        reported={"placeId": gid(world.garden)},
    )
    assert ticket["workOrders"]["nodes"] == to_vendor
    # The vendor is told, and takes it like anybody.
    sent = await world.rows(Message, Message.kind == MessageKind.ORDER_ASSIGNED.value)
    assert {each.technician_id for each in sent} == {vendor.id}
    held = (await world.rows(WorkOrder))[0]
    accepted = await world.do(account, execution.accept, work_order_id=held.id)
    assert accepted.state == "ACCEPTED"


@pytest.mark.rule("TRI-5")
async def test_a_left_over_construction_fault_goes_to_the_steward_with_a_note(
    client: Client,
) -> None:
    world = client.world
    desk = await hand(client, world.desk)
    admin = await hand(client, world.actors[Role.ADMINISTRATOR])
    ticket = await triaged(desk, world, ORDERS)
    given = {"ticketId": ticket["id"], "note": "交房时墙面空鼓"}
    assert await desk.refused("ticketHandOver", **given) == "NO_STEWARD"
    steward_user = world.users[Role.STEWARD]
    await admin.do(
        "placeSetCare", "place { id }", placeId=gid(world.building), stewardId=gid(steward_user)
    )
    handed = await desk.do(
        "ticketHandOver",
        f"ticket {{ isConstructionFault handOverNote handedOverAt ownerName {ORDERS} }}",
        **given,
    )
    noted = handed["ticket"]
    assert (noted["isConstructionFault"], noted["handOverNote"]) == (True, "交房时墙面空鼓")
    assert noted["handedOverAt"] is not None
    assert noted["ownerName"] == steward_user.name
    assert {each["state"] for each in noted["workOrders"]["nodes"]} == {"CANCELLED"}
    (message,) = await world.rows(Message, Message.kind == MessageKind.HANDED_OVER.value)
    assert message.user_id == steward_user.id
    assert [each.data["note"] for each in await world.events("ticket.handed_over")] == [
        "交房时墙面空鼓"
    ]
    # It stands on the steward's list, and theirs alone it is to say that it is done.
    steward = await hand(client, world.actors[Role.STEWARD])
    listed = await steward.ask(
        "query { tickets(first: 5, filter: {isConstructionFault: {eq: true}}) { nodes { id } } }"
    )
    assert listed["tickets"]["nodes"] == [{"id": ticket["id"]}]
    other = await hand(client, world.actors[Role.QUALITY])
    fixed = {"ticketId": ticket["id"], "note": "施工方已修补"}
    assert await other.forbidden("ticketReportFixed", **fixed) == "FORBIDDEN"
    done = await steward.do("ticketReportFixed", "ticket { state solution }", **fixed)
    assert done["ticket"] == {"state": "RESOLVED", "solution": "施工方已修补"}
    assert len(await world.rows(Callback)) == 1


@pytest.mark.rule("TRI-6")
async def test_several_trades_are_several_orders_one_after_the_other(client: Client) -> None:
    world = client.world
    desk = await hand(client, world.desk)
    ticket = await triaged(desk, world, ORDERS, category="pipe_leak")
    assert [each["state"] for each in ticket["workOrders"]["nodes"]] == ["QUEUED"]
    given = {"ticketId": ticket["id"]}
    assert await desk.refused("ticketSplit", **given, works=[]) == "REQUIRED"
    backward = [{"trade": "plumbing", "after": 1}, {"trade": "masonry"}]
    assert await desk.refused("ticketSplit", **given, works=backward) == "OUT_OF_RANGE"
    unknown = [{"trade": "magic"}]
    assert await desk.refused("ticketSplit", **given, works=unknown) == "NOT_FOUND"
    assert len(await world.rows(WorkOrder)) == 1
    works = [
        {"categoryId": gid(await world.category("pipe_leak"))},
        {"trade": "masonry", "level": 1, "duration": "PT1H", "after": 0},
    ]
    split = await desk.do("ticketSplit", f"ticket {{ state {ORDERS} }}", **given, works=works)
    replaced, first, second = split["ticket"]["workOrders"]["nodes"]
    assert replaced["state"] == "CANCELLED"
    assert (first["trade"]["code"], first["after"]) == ("plumbing", None)
    assert (second["trade"]["code"], second["after"]) == ("masonry", {"number": first["number"]})
    _, plumb, brick = await world.rows(WorkOrder)
    # The mason cannot begin before the plumber is done.
    worker, mason = await world.technician(trades={"masonry": 2}, **DAY_AND_NIGHT)
    dispatcher = await hand(client, world.dispatcher)
    await dispatcher.do(
        "workOrderAssign",
        "workOrder { id }",
        workOrderId=gid(brick),
        technicianId=gid(worker),
        overrideReason="师傅先到现场等候",
    )
    await desk.do("workOrderLiftDoorCode", "workOrder { id }", workOrderId=gid(brick), reason="r")
    for step in (execution.accept, execution.set_out, execution.arrive):
        await world.do(mason, step, work_order_id=brick.id)
    hands = await hand(client, mason)
    assert await hands.refused("workOrderStart", workOrderId=gid(brick)) == "EARLIER_ORDER_OPEN"
    _, plumber = await at_work(world, plumb)
    await complete(world, plumber, plumb)
    state = "query($id: ID!) { ticket(id: $id) { state } }"
    assert (await desk.ask(state, id=ticket["id"]))["ticket"]["state"] == "IN_PROGRESS"
    await hands.do("workOrderStart", "workOrder { state }", workOrderId=gid(brick))
    await complete(world, mason, brick)
    assert (await desk.ask(state, id=ticket["id"]))["ticket"]["state"] == "RESOLVED"

"""The whole path of a repair, from the call to the callback, as its people walk it."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dispatch.domain.rights import Role
from tests.api.client import Client, gid
from tests.api.documents import Person

DAY_AND_NIGHT: dict[str, Any] = {"starts": time(0), "ends": time(0)}


async def test_a_repair_goes_its_way_from_report_to_callback(working_client: Client) -> None:
    client = working_client
    world = client.world
    site = gid(world.site)
    plumber, plumbers_account = await world.technician(
        "水暖工老王", trades={"plumbing": 3}, **DAY_AND_NIGHT
    )
    electrician, electricians_account = await world.technician(
        "电工小李", trades={"electrical": 3}, starts=time(8), ends=time(14)
    )

    async def person(role: Role) -> Person:
        return Person(client, await client.token(world.actors[role]))

    resident, desk, dispatcher = [
        await person(role) for role in (Role.RESIDENT, Role.DESK, Role.DISPATCHER)
    ]
    wang = Person(client, await client.token(plumbers_account))
    li = Person(client, await client.token(electricians_account), language="zh-CN")

    # A resident reports a leak from her phone; the desk takes a call about dead sockets.
    home = (await resident.look("ResidentMe"))["party"]["units"][0]
    leak = await resident.do(
        "ResidentReport",
        siteId=site,
        kind="REPAIR",
        channel="WECHAT",
        description="厨房水龙头一直滴水",
        placeId=home["id"],
        idempotencyKey="leak-1",
    )
    sockets = await desk.do(
        "DeskReport",
        siteId=site,
        kind="REPAIR",
        channel="PHONE",
        description="二楼走廊插座全部没电",
        requesterName="张明",
        requesterPhone="13900000000",
        placeId=gid(world.garden),
        area="PUBLIC",
    )
    leak_id, sockets_id = leak["ticket"]["id"], sockets["ticket"]["id"]

    # The desk finds both in its inbox and triages them: each becomes a work order.
    inbox = await desk.look("DeskInbox", siteId=site, first=10)
    assert {edge["node"]["id"] for edge in inbox["edges"]} == {leak_id, sockets_id}
    groups = await desk.look("DeskCategories", siteId=site)
    leaves = {leaf["code"]: leaf for group in groups for leaf in group["children"]}
    tap = next(leaf for leaf in leaves.values() if leaf["code"] == "tap_leak")
    power = next(leaf for leaf in leaves.values() if leaf["trade"]["code"] == "electrical")
    triaged = await desk.do("DeskTriage", ticketId=leak_id, categoryId=tap["id"])
    assert triaged["ticket"]["state"] == "TRIAGED"
    (tap_order,) = triaged["ticket"]["workOrders"]["nodes"]
    triaged = await desk.do(
        "DeskTriage", ticketId=sockets_id, categoryId=power["id"], duration="PT6H"
    )
    (power_order,) = triaged["ticket"]["workOrders"]["nodes"]

    # The dispatcher lets the optimizer assign the day. Six hours are more than is left of the
    # electrician's shift: that order is left out, with the reason, and goes on offer.
    day = _plannable_day(world.site.time_zone)
    planned = (await dispatcher.do("DispatcherAutoAssign", siteId=site, day=day, seconds=1.0))[
        "plan"
    ]
    assert planned["state"] == "PUBLISHED"
    assert planned["terms"]["unserved"] == 1
    (left_out,) = planned["leftOut"]["nodes"]
    assert left_out["workOrder"]["id"] == power_order["id"]
    assert left_out["reason"] not in ("", left_out["code"])
    waiting = await dispatcher.look("BoardUnplaced", siteId=site, day=day, first=10)
    (unplaced,) = waiting["unplaced"]["nodes"]
    assert unplaced["workOrder"]["state"] == "OFFERED"
    assert unplaced["leftOut"]["code"] == left_out["code"]

    # It is offered to the electrician alone, who grabs it.
    assert (await wang.look("TechnicianOffers"))["nodes"] == []
    (offer,) = (await li.look("TechnicianOffers"))["nodes"]
    assert offer["workOrder"]["id"] == power_order["id"]
    grabbed = await li.do("TechnicianGrab", workOrderId=power_order["id"], idempotencyKey="grab-1")
    assert grabbed["workOrder"]["state"] == "ACCEPTED"
    (error,) = await wang.refused("TechnicianGrab", workOrderId=power_order["id"])
    assert error["code"] == "NOT_FOUND"

    # The plumber finds the leak in his day, with address and phone, and goes there.
    me = (await wang.look("TechnicianMe"))["technician"]
    (mine,) = (await wang.look("TechnicianDay", me=me["id"]))["nodes"]
    assert (mine["id"], mine["state"]) == (tap_order["id"], "ASSIGNED")
    assert mine["ticket"]["requesterPhone"] == "13800000000"
    order = {"workOrderId": tap_order["id"]}
    await wang.do("TechnicianAccept", **order, version=mine["version"])
    await wang.do("TechnicianSetOut", **order, latitude=31.301, longitude=120.601)
    await wang.do("TechnicianArrive", **order)

    # The customer sees who comes and gives the door code; without it no work starts.
    followed = await resident.look("ResidentTicket", id=leak_id)
    assert followed["state"] == "IN_PROGRESS"
    (visit,) = followed["workOrders"]["nodes"]
    assert visit["assignment"]["technician"]["name"] == "水暖工老王"
    (error,) = await wang.refused("TechnicianStart", **order, doorCode="not it")
    assert (error["code"], error["field"]) == ("DOOR_CODE_WRONG", ["input", "doorCode"])
    await wang.do("TechnicianStart", **order, doorCode=visit["doorCode"])
    tomorrow = (world.clock.now + timedelta(days=1)).isoformat()
    await wang.do(
        "TechnicianPause", **order, reason="PARTS", resumeOn=tomorrow, customerConsents=True
    )
    await wang.do("TechnicianResume", **order)
    done = await wang.do(
        "TechnicianComplete",
        **order,
        found="阀芯磨损",
        cause="老化",
        done="更换阀芯",
        parts=[{"name": "阀芯", "quantity": 1, "unit": "个"}],
        hours=[{"technicianId": me["id"], "worked": "PT40M"}],
        signature="王芳",
    )
    assert done["workOrder"]["state"] == "COMPLETED"
    assert done["workOrder"]["completion"]["parts"] == [
        {"name": "阀芯", "quantity": 1, "unit": "个"}
    ]

    # The desk calls the customer back; satisfied, she closes the ticket.
    (owed,) = (await desk.look("CallbacksDue", siteId=site, first=10))["nodes"]
    assert owed["ticket"]["id"] == leak_id
    called = await desk.do(
        "CallbackRecord",
        callbackId=owed["id"],
        version=owed["version"],
        result="ANSWERED",
        solved=True,
        satisfied=True,
        scores={"onTime": 5, "total": 5},
    )
    assert called["callback"]["state"] == "ANSWERED"
    assert called["callback"]["ticket"]["state"] == "CLOSED"
    assert called["callback"]["ticket"]["workOrders"]["nodes"][0]["state"] == "CLOSED"

    # The dispatcher sees it all: on the board, and in the record.
    board = await dispatcher.look("BoardDay", siteId=site, day=day, lanes=20)
    assert board["plan"]["id"] == planned["id"]
    lanes = {lane["technician"]["name"]: lane for lane in board["lanes"]["nodes"]}
    assert set(lanes) == {plumber.name, electrician.name}
    (route,) = lanes[plumber.name]["routes"]["nodes"]
    assert [stop["workOrder"]["id"] for stop in route["stops"]["nodes"]] == [tap_order["id"]]
    details = await dispatcher.look("DeskTicketDetails", id=leak_id)
    kinds = [event["kind"] for event in details["events"]["nodes"]]
    assert [kind for kind in kinds if kind in STORY] == STORY
    (held,) = (await dispatcher.look("DeskTicketDetails", id=sockets_id))["workOrders"]["nodes"]
    assert held["assignment"]["step"] == "GRAB"
    assert held["assignment"]["technician"]["name"] == electrician.name


STORY = [
    "ticket.created",
    "ticket.triaged",
    "work_order.created",
    "work_order.assigned",
    "work_order.accepted",
    "ticket.begun",
    "work_order.set_out",
    "work_order.arrived",
    "work_order.door_code_wrong",
    "work_order.started",
    "work_order.paused",
    "work_order.resumed",
    "work_order.completed",
    "ticket.resolved",
    "callback.created",
    "callback.recorded",
    "ticket.closed",
    "work_order.closed",
]


def _plannable_day(time_zone: str) -> str:
    """Today at the site; tomorrow when the day is nearly over."""
    now = datetime.now(ZoneInfo(time_zone))
    return (now + timedelta(hours=3)).date().isoformat()

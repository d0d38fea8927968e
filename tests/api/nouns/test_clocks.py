"""Deadlines as a client of the API meets them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dispatch.domain.rights import Role
from dispatch.jobs.sweeper import fire_clocks
from dispatch.services import work_orders
from dispatch.store.clocks import Clock
from dispatch.store.work_orders import WorkOrder
from tests.api.client import Client, gid
from tests.api.server import Server
from tests.api.test_one_path import DAY_AND_NIGHT
from tests.api.test_subscriptions import listening

CLOCK = "kind state step isBreached calendar dueAt length left paused pauses { reason endsAt }"
TICKET = f"query($id: ID!) {{ ticket(id: $id) {{ clocks {{ {CLOCK} }} }} }}"
ORDER = f"query($id: ID!) {{ workOrder(id: $id) {{ clocks {{ {CLOCK} }} }} }}"
LIST = """
query($site: ID!, $filter: ClockFilter) {
  clocks(siteId: $site, filter: $filter, first: 50) {
    totalCount nodes { kind ticket { id } workOrder { id } }
  }
}
"""
OVERDUE = "query($site: ID!) { overdueBoard(siteId: $site, first: 10) { nodes { id } } }"
SET_POLICY = """
mutation($input: PolicyUpdateInput!) {
  policyUpdate(input: $input) { policy { id } userErrors { code message field } }
}
"""
STEP = """
mutation($input: %s!) { %s(input: $input) { workOrder { state } userErrors { code field } } }
"""
REPORT = """
mutation($input: TicketStewardReportInput!) {
  ticketStewardReport(input: $input) { ticket { id } userErrors { code field } }
}
"""
CHECKS = """
query($site: ID!, $filter: ArrivalCheckFilter) {
  arrivalChecks(siteId: $site, filter: $filter, first: 10) {
    nodes { id round state reason newTime workOrder { id } }
  }
}
"""
RECORD = """
mutation($input: ArrivalCheckRecordInput!) {
  arrivalCheckRecord(input: $input) {
    arrivalCheck { state askedByName newTime } userErrors { code field }
  }
}
"""


class Scene:
    """An order that somebody holds, and what each person may ask."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.tokens: dict[Role, str] = {}

    async def set_up(self) -> Scene:
        world = self.client.world
        technician, account = await world.technician(**DAY_AND_NIGHT)
        self.order: WorkOrder = await world.public_order()
        await world.do(
            world.dispatcher,
            work_orders.assign,
            work_order_id=self.order.id,
            technician_id=technician.id,
        )
        for role in (Role.DESK, Role.STEWARD, Role.PROJECT_MANAGER, Role.RESIDENT):
            self.tokens[role] = await self.client.token(world.actors[role])
        self.tokens[Role.TECHNICIAN] = await self.client.token(account)
        return self

    async def ask(self, operation: str, role: Role = Role.DESK, **given: Any) -> Any:
        answer = await self.client.gql(operation, given, token=self.tokens[role])
        (value,) = answer.data.values()
        return value

    async def do(self, operation: str, role: Role = Role.DESK, **given: Any) -> Any:
        done = await self.ask(operation, role, input=given)
        assert done["userErrors"] == []
        return done

    async def step(self, name: str, **given: Any) -> None:
        document = STEP % (f"WorkOrder{name[0].upper()}{name[1:]}Input", f"workOrder{name}")
        await self.do(document, Role.TECHNICIAN, workOrderId=gid(self.order), **given)

    async def clocks(self, role: Role = Role.DESK) -> dict[str, Any]:
        """The newest clock of each kind, of the ticket and of the order."""
        ticket = {"id": _ticket_id(self.order)}
        of_ticket = (await self.ask(TICKET, role, **ticket))["clocks"]
        of_order = (await self.ask(ORDER, role, id=gid(self.order)))["clocks"]
        return {each["kind"]: each for each in (*of_ticket, *of_order)}

    async def pass_time(self, **delta: float) -> None:
        self.client.world.clock.forward(**delta)
        await fire_clocks(self.client.world.services, self.client.world.root)


def _ticket_id(order: WorkOrder) -> str:
    from dispatch.api.ids import encode

    return encode("Ticket", order.ticket_id)


def _in(world: Any, text: str) -> timedelta:
    return datetime.fromisoformat(text) - world.clock.now


@pytest.mark.rule("SLA-1")
@pytest.mark.rule("SLA-3")
@pytest.mark.rule("SLA-4")
async def test_clocks_are_read_breached_and_stopped_through_the_api(client: Client) -> None:
    world = client.world
    scene = await Scene(client).set_up()
    clocks = await scene.clocks()
    assert _in(world, clocks["ACCEPT"]["dueAt"]) == timedelta(minutes=5)
    assert _in(world, clocks["PROGRESS"]["dueAt"]) == timedelta(hours=2)
    assert _in(world, clocks["RESOLVE"]["dueAt"]) == timedelta(hours=24)
    assert _in(world, clocks["STEWARD_REPORT"]["dueAt"]) == timedelta(hours=4)
    assert clocks["ACCEPT"]["length"] == "PT5M"
    # A technician sees the deadlines of what they hold, a resident none.
    mine = await scene.ask(ORDER, Role.TECHNICIAN, id=gid(scene.order))
    assert {"ACCEPT", "ARRIVE"} <= {each["kind"] for each in mine["clocks"]}
    hidden = await scene.ask(LIST, Role.RESIDENT, site=gid(world.site))
    assert hidden["totalCount"] == 0
    await scene.pass_time(minutes=5)
    accept = (await scene.clocks())["ACCEPT"]
    assert (accept["step"], accept["state"], accept["isBreached"]) == (1, "RUNNING", True)
    breached = {"isBreached": {"eq": True}, "kind": {"eq": "ACCEPT"}}
    listed = await scene.ask(LIST, site=gid(world.site), filter=breached)
    assert {each["workOrder"]["id"] for each in listed["nodes"]} == {gid(scene.order)}
    await scene.step("Accept")
    assert (await scene.clocks())["ACCEPT"]["state"] == "STOPPED"
    # Words from the site begin these two anew, by the server's own clock.
    before = datetime.now(UTC)
    await scene.do(REPORT, Role.STEWARD, ticketId=_ticket_id(scene.order), note="waits for a part")
    await scene.step("ReportProgress", note="on the way")
    clocks = await scene.clocks()
    for kind, length in (("STEWARD_REPORT", 4), ("PROGRESS", 2)):
        due = datetime.fromisoformat(clocks[kind]["dueAt"])
        assert due >= before + timedelta(hours=length)
    kinds = {event.kind for event in await world.events(work_order_id=scene.order.id)}
    assert {"clock.fired", "clock.escalated", "work_order.progressed"} <= kinds


@pytest.mark.rule("SLA-1")
async def test_what_is_open_beyond_a_day_is_on_the_overdue_board(client: Client) -> None:
    world = client.world
    scene = await Scene(client).set_up()
    assert (await scene.ask(OVERDUE, site=gid(world.site)))["nodes"] == []
    # The server's own clock is the world's at the start: the report is moved back instead.
    async with world.services.writing(world.root) as tx:
        clock = (await world.rows(Clock, Clock.kind == "RESOLVE"))[0]
        row = await tx.session.get_one(Clock, clock.id)
        row.due_at = world.clock.now - timedelta(minutes=1)
    await scene.pass_time(seconds=0)
    (listed,) = (await scene.ask(OVERDUE, site=gid(world.site)))["nodes"]
    assert listed["id"] == _ticket_id(scene.order)
    assert (await scene.clocks())["RESOLVE"]["isBreached"]
    hidden = await scene.ask(OVERDUE, Role.RESIDENT, site=gid(world.site))
    assert hidden["nodes"] == []


@pytest.mark.rule("SLA-2")
async def test_a_paused_part_is_shown_and_policies_choose_the_calendar(client: Client) -> None:
    world = client.world
    scene = await Scene(client).set_up()
    for name in ("Accept", "SetOut", "Arrive", "Start"):
        await scene.step(name)
    resume_on = (world.clock.now + timedelta(days=1)).isoformat()
    await scene.step("Pause", reason="CUSTOMER_AWAY", resumeOn=resume_on, customerConsents=True)
    paused = (await scene.clocks())["RESOLVE"]
    assert paused["state"] == "PAUSED"
    assert paused["left"].startswith(("PT23H59M", "PT24H", "P1D"))
    assert paused["pauses"] == [{"reason": "CUSTOMER_AWAY", "endsAt": None}]
    await scene.step("Resume")
    resumed = (await scene.clocks())["RESOLVE"]
    assert (resumed["state"], resumed["left"]) == ("RUNNING", None)
    assert resumed["pauses"][0]["endsAt"] is not None
    document = {"clocks": {"business_hours": ["RESOLVE"]}}
    await scene.do(SET_POLICY, Role.PROJECT_MANAGER, siteId=gid(world.site), document=document)
    moved = (await scene.clocks())["RESOLVE"]
    assert moved["calendar"] == "BUSINESS_HOURS"
    assert moved["dueAt"] > resumed["dueAt"]


@pytest.mark.rule("SLA-3")
async def test_a_ladder_is_the_policys_and_refused_when_it_has_no_end(client: Client) -> None:
    world = client.world
    scene = await Scene(client).set_up()
    endless = [{"after_s": 0, "tell": ["LEADER"]}]
    given = {
        "siteId": gid(world.site),
        "document": {"clocks": {"ladders": {"ACCEPT": endless}}},
    }
    (error,) = (await scene.ask(SET_POLICY, Role.PROJECT_MANAGER, input=given))["userErrors"]
    assert error["code"] == "POLICY_INVALID"
    assert "no end" in error["message"]
    unknown = {"siteId": gid(world.site), "document": {"opening": {"country": "XX"}}}
    (error,) = (await scene.ask(SET_POLICY, Role.PROJECT_MANAGER, input=unknown))["userErrors"]
    assert error["code"] == "POLICY_INVALID"
    own = [{"after_s": 0, "tell": ["QUALITY"], "means": ["SMS"], "order": "SUPERVISOR"}]
    document = {"clocks": {"ladders": {"ACCEPT": own}}}
    await scene.do(SET_POLICY, Role.PROJECT_MANAGER, siteId=gid(world.site), document=document)
    await scene.pass_time(minutes=5)
    ask = "query($id: ID!) { workOrder(id: $id) { state dispatchStep } }"
    seen = await scene.ask(ask, id=gid(scene.order))
    assert seen == {"state": "QUEUED", "dispatchStep": "SUPERVISOR"}


@pytest.mark.rule("SLA-5")
async def test_the_desk_asks_whether_the_technician_is_there(client: Client) -> None:
    world = client.world
    scene = await Scene(client).set_up()
    await scene.step("Accept")
    await scene.pass_time(minutes=15)
    due = {"site": gid(world.site), "filter": {"state": {"eq": "DUE"}}}
    (check,) = (await scene.ask(CHECKS, **due))["nodes"]
    assert (check["round"], check["workOrder"]["id"]) == (1, gid(scene.order))
    assert (await scene.ask(CHECKS, Role.RESIDENT, **due))["nodes"] == []
    bare = {"arrivalCheckId": check["id"], "isThere": False}
    errors = (await scene.ask(RECORD, input=bare))["userErrors"]
    assert {each["field"][-1] for each in errors} == {"apologized", "reason", "newTime"}
    told = {
        "apologized": True,
        "reason": "堵车",
        "newTime": (world.clock.now + timedelta(hours=1)).isoformat(),
    }
    done = await scene.do(RECORD, **bare, **told)
    assert done["arrivalCheck"]["state"] == "NOT_THERE"
    assert done["arrivalCheck"]["askedByName"] == world.desk.name
    again = (await scene.ask(RECORD, input=bare))["userErrors"]
    assert again[0]["code"] == "CALLBACK_ENDED"
    await scene.pass_time(minutes=16)
    (second,) = (await scene.ask(CHECKS, **due))["nodes"]
    assert second["round"] == 2
    await scene.do(RECORD, arrivalCheckId=second["id"], isThere=True)
    assert (await scene.ask(CHECKS, **due))["nodes"] == []


@pytest.mark.rule("SLA-3")
async def test_a_breach_is_heard_by_whoever_watches_the_site(
    client: Client, server: Server
) -> None:
    world = client.world
    scene = await Scene(client).set_up()
    watch = "subscription($site: ID!) { ticketChanged(siteId: $site) { kinds ticket { id } } }"
    async with server.socket(scene.tokens[Role.DESK]) as socket:
        await socket.acknowledged()
        await socket.subscribe(watch, {"site": gid(world.site)})
        await listening(world, socket)
        await scene.pass_time(minutes=5)
        kinds: set[str] = set()
        while "clock.escalated" not in kinds:
            heard = await socket.receive(seconds=20)
            if heard["type"] == "next":
                kinds |= set(heard["payload"]["data"]["ticketChanged"]["kinds"])
    assert "clock.fired" in kinds

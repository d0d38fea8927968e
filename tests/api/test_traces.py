"""Spans of running processes, as a collector gets them: one tree for each request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest

from dispatch.domain.messages import ChannelKind, MessageKind
from dispatch.domain.rights import Role
from dispatch.services import channels
from tests.api.client import gid, token_for
from tests.api.server import Server, a_server
from tests.api.test_catching_up import TICKETS
from tests.factories import World
from tests.support.receivers import (
    ReceivedSpan,
    SpanReceiver,
    hook_receiver,
    span_receiver,
)

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SERVER, CLIENT, PRODUCER, CONSUMER = 2, 3, 4, 5
PHONE, WORDS = "13812345678", "the key is under the mat"
REPORT = """
mutation Report($input: TicketCreateInput!) {
  ticketCreate(input: $input) { ticket { id } userErrors { code } }
}
"""
CANCEL = """
mutation Cancel($id: ID!) {
  ticketCancel(input: {ticketId: $id, reason: "no"}) { userErrors { code } }
}
"""
TRIAGE = """
mutation Triage($id: ID!, $category: ID!) {
  ticketTriage(input: {ticketId: $id, categoryId: $category}) { userErrors { code } }
}
"""
ASSIGN = """
mutation Assign($site: ID!, $day: Date!) {
  autoAssign(input: {siteId: $site, day: $day, seconds: 1}) {
    plan { state }
    userErrors { code message }
  }
}
"""


class Tree:
    """The spans of one trace."""

    def __init__(self, spans: list[ReceivedSpan]) -> None:
        self.spans = spans
        self._by_id = {each.span_id: each for each in spans}

    def the(self, name: str) -> ReceivedSpan:
        (found,) = [each for each in self.spans if each.name == name]
        return found

    def above(self, span: ReceivedSpan) -> Iterator[str]:
        """The names of the spans round it, the nearest first."""
        while span.parent_id in self._by_id:
            span = self._by_id[span.parent_id]
            yield span.name


async def tree(receiver: SpanReceiver, trace_id: str, is_whole: Callable[[set[str]], bool]) -> Tree:
    """The trace, once all of it has been sent."""
    async with asyncio.timeout(60):
        while True:
            spans = [each for each in receiver.spans if each.trace_id == trace_id]
            if is_whole({each.name for each in spans}):
                return Tree(spans)
            await asyncio.sleep(0.05)


def sent_to(receiver: SpanReceiver, service: str) -> dict[str, str]:
    return {
        "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url,
        "OTEL_SERVICE_NAME": service,
        "OTEL_BSP_SCHEDULE_DELAY": "50",
    }


async def ask(
    server: Server, document: str, token: str, *, trace: str = TRACE, **given: Any
) -> Any:
    headers = {"Authorization": f"Bearer {token}", "traceparent": f"00-{trace}-{CALLER}-01"}
    async with httpx.AsyncClient(timeout=60) as http:
        answer = await http.post(
            f"{server.url}/graphql", json={"query": document, "variables": given}, headers=headers
        )
    return answer.json()


async def test_a_request_is_one_tree_from_http_by_way_of_the_service_to_the_database(
    world: World,
) -> None:
    token = await token_for(world, world.desk)
    stranger = await token_for(world, world.actors[Role.ANALYST])
    ticket = await world.ticket(world.resident)
    report = {
        "siteId": gid(world.site),
        "kind": "REPAIR",
        "channel": "PHONE",
        "description": WORDS,
        "requesterName": "王芳",
        "requesterPhone": PHONE,
        "placeId": gid(world.rooms[0]),
    }
    refused = TRACE.replace("4", "5")
    with span_receiver() as receiver:
        async with a_server(world.services.store.url, **sent_to(receiver, "desk")) as server:
            answer = await ask(server, REPORT, token, input=report)
            assert answer["data"]["ticketCreate"]["userErrors"] == []
            await ask(server, CANCEL, stranger, trace=refused, id=gid(ticket))
        # The process has ended: what it had to send is here.
        whole = await tree(receiver, TRACE, lambda names: "mutation" in names)
        other = await tree(receiver, refused, lambda names: "mutation" in names)
    request = whole.the("mutation")
    assert (request.service, request.kind, request.parent_id) == ("desk", SERVER, CALLER)
    assert request.about["graphql.operation.name"] == "Report"
    assert request.about["graphql.operation.type"] == "mutation"
    assert len(str(request.about["graphql.document.hash"])) == 64
    assert request.about["http.response.status_code"] == 200
    assert request.about["dispatch.user"] == world.desk.user_id
    assert request.about["dispatch.site"] == world.site.id
    assert not request.is_error
    inserts = [
        each
        for each in whole.spans
        if each.kind == CLIENT and str(each.about["db.query.text"]).startswith("INSERT INTO ticket")
    ]
    assert inserts
    for each in inserts:
        assert list(whole.above(each)) == ["tickets.create", "Mutation.ticketCreate", "mutation"]
        assert each.about["db.operation.name"] == "INSERT"
    # One tree: all stand under the request, within its time.
    for each in whole.spans:
        assert each is request or list(whole.above(each))[-1] == "mutation"
        assert request.began_ns <= each.began_ns <= each.ended_ns <= request.ended_ns + 1_000_000
    # What people said is nowhere in it, nor in names.
    told = repr([whole.spans, other.spans])
    assert PHONE not in told
    assert WORDS not in told

    assert other.the("mutation").about["dispatch.codes"] == ["FORBIDDEN"]
    assert other.the("tickets.cancel").about["dispatch.refused"] == ["FORBIDDEN"]
    assert not other.the("tickets.cancel").is_error


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_an_operation_on_a_socket_has_a_span_and_a_subscription_one_until_it_stands(
    world: World,
) -> None:
    token = await token_for(world, world.desk)
    with span_receiver() as receiver:
        async with (
            a_server(world.services.store.url, **sent_to(receiver, "desk")) as server,
            server.socket(token) as socket,
        ):
            await socket.acknowledged()
            await socket.subscribe("query Mine { sites(first: 5) { nodes { id } } }")
            assert [(await socket.receive())["type"] for _ in range(2)] == ["next", "complete"]
            await socket.subscribe(TICKETS, {"site": gid(world.site)})
            # It is still open: its span was sent when it stood.
            for _ in range(600):
                if any(each.name == "subscription" for each in receiver.spans):
                    break
                await asyncio.sleep(0.05)
            else:
                pytest.fail("the span of what still listens has not come")
            await world.ticket()
            assert (await socket.receive())["type"] == "next"
    operations = {each.name: each for each in receiver.spans if each.kind == SERVER}
    query, watched = operations["query"], operations["subscription"]
    assert query.trace_id != watched.trace_id
    assert query.about["graphql.operation.name"] == "Mine"
    assert query.about["dispatch.user"] == world.desk.user_id
    assert len([each for each in receiver.spans if each.name == "subscription"]) == 1
    below = [each for each in receiver.spans if each.trace_id == query.trace_id]
    assert {"Query.sites"} <= {each.name for each in below}
    assert list(Tree(below).above(Tree(below).the("Query.sites"))) == ["query"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_message_goes_on_with_the_trace_that_it_was_asked_for_in(world: World) -> None:
    manager = world.actors[Role.PROJECT_MANAGER]
    with hook_receiver() as hook:
        await world.do(
            manager,
            channels.create,
            site_id=world.site.id,
            name="hook",
            kind=ChannelKind.WEB_HOOK,
            config=[("url", hook.url)],
            kinds=[MessageKind.DOOR_CODE.value],
        )
        ticket, leaf = await world.ticket(), await world.category("tap_leak")
        token = await token_for(world, world.desk)
        settings = {"DISPATCH_PRIVATE_WEB_HOOKS": "true"}
        async with a_server(world.services.store.url, **settings) as server:
            answer = await ask(server, TRIAGE, token, id=gid(ticket), category=gid(leaf))
            assert answer["data"]["ticketTriage"]["userErrors"] == []
            async with asyncio.timeout(30):
                while not hook.got:  # noqa: ASYNC110 -- another thread fills it
                    await asyncio.sleep(0.05)
    assert [orjson.loads(body)["type"] for _, body in hook.got] == ["DOOR_CODE"]
    for headers, _ in hook.got:
        version, trace_id, span_id, flags = headers["traceparent"].split("-")
        assert (version, trace_id, flags) == ("00", TRACE, "01")
        assert span_id != CALLER


@pytest.mark.slow
async def test_a_plan_is_one_tree_over_three_processes(world: World) -> None:
    for number in range(2):
        await world.technician(f"师傅{number}")
    for number in range(4):
        await world.order(place_id=world.rooms[number % 3].id)
    token = await token_for(world, world.dispatcher)
    url = world.services.store.url
    day = (world.today() + timedelta(days=1)).isoformat()
    with span_receiver() as receiver:
        async with (
            a_server(url, **sent_to(receiver, "api")) as api,
            a_server(url, **sent_to(receiver, "worker"), DISPATCH_JOBS="true") as worker,
        ):
            answer = await ask(api, ASSIGN, token, site=gid(world.site), day=day)
            assert answer["data"]["autoAssign"]["userErrors"] == []
            worker_id = worker.process.pid
        whole = await tree(
            receiver, TRACE, lambda names: {"mutation", "job plan_run", "plan run"} <= names
        )
    request, job = whole.the("mutation"), whole.the("job plan_run")
    assert (request.service, job.service, job.kind) == ("api", "worker", CONSUMER)
    assert request.process == api.process.pid
    assert list(whole.above(job))[-1] == "mutation"
    search = whole.the("optimizer check")
    assert list(whole.above(search))[:3] == ["optimizer", "plan run", "job plan_run"]
    assert list(whole.above(search))[-1] == "mutation"
    phases = {each.name for each in whole.spans if each.name.startswith("optimizer ")}
    assert {"optimizer construction", "optimizer check", "optimizer alternatives"} <= phases
    optimizer_id = search.about["process.pid"]
    assert len({optimizer_id, worker_id, api.process.pid}) == 3
    assert next(whole.above(whole.the("build problem"))) == "plan run"
    kept = whole.the("plan_making._keep_in_force")
    assert next(whole.above(kept)) == "plan run"

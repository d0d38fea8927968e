"""What a running service logs of the requests it answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from dispatch.domain.rights import Role
from dispatch.services import execution, tickets, work_orders
from dispatch.store.work_orders import WorkOrder
from tests.api.client import gid, token_for
from tests.api.server import Server, a_server
from tests.factories import World

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = f"00-{TRACE}-00f067aa0ba902b7-01"
PHONE, NAME, CODE, WORDS = "13812345678", "欧阳明珠", "739146", "the key is under the mat"
REPORT = """
mutation Report($input: TicketCreateInput!) {
  ticketCreate(input: $input) { ticket { id } userErrors { code } }
}
"""
# Each refuses every report, and says of which values.
REFUSE = {
    "sqlite": "CREATE TRIGGER no_reports BEFORE INSERT ON ticket BEGIN"
    " SELECT RAISE(ABORT, 'not wanted'); END",
    "postgresql": "ALTER TABLE ticket ADD CONSTRAINT no_reports CHECK (id < 0) NOT VALID",
}


@dataclass
class Logged:
    """A service whose log can be read."""

    server: Server
    log: Path
    http: httpx.AsyncClient

    async def send(self, document: str, token: str | None = None, **given: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= given.pop("headers", {})
        body = {"query": document, "variables": given}
        return await self.http.post("/graphql", json=body, headers=headers)

    async def lines(self, event: str, count: int = 1) -> list[dict[str, Any]]:
        """The lines of an event, as soon as there are so many."""
        async with asyncio.timeout(20):
            while True:
                told = [json.loads(line) for line in self.log.read_text().splitlines()]
                found = [each for each in told if each["event"] == event]
                if len(found) >= count:
                    return found
                await asyncio.sleep(0.02)


@asynccontextmanager
async def logged(url: str, folder: Path, **settings: str) -> AsyncIterator[Logged]:
    log = folder / "service.log"
    async with (
        a_server(url, SERVER_LOG=str(log), **settings) as server,
        httpx.AsyncClient(base_url=server.url) as http,
    ):
        yield Logged(server, log, http)


async def test_each_line_says_whose_request_it_is_and_never_what_people_said(
    world: World, tmp_path: Path
) -> None:
    desk, resident = await token_for(world, world.desk), await token_for(world, world.resident)
    async with logged(world.services.store.url, tmp_path) as service:
        report = {
            "siteId": gid(world.site),
            "kind": "REPAIR",
            "channel": "PHONE",
            "description": WORDS,
            "requesterName": NAME,
            "requesterPhone": PHONE,
            "placeId": gid(world.rooms[0]),
        }
        traced = {"traceparent": CALLER, "X-Request-Id": "board-17"}
        answer = await service.send(REPORT, desk, input=report, headers=traced)
        assert answer.json()["data"]["ticketCreate"]["userErrors"] == []
        assert answer.headers["X-Request-Id"] == "board-17"
        # Each of these carries something that is nobody's business.
        await service.send(f'mutation {{ signIn(input: {{username: "{PHONE}"}}) {{ token }} }}')
        await service.send(REPORT, desk, input={**report, "kind": PHONE})
        await service.http.get(
            "/graphql",
            params={
                "query": "query Q($p: String) { sites(first: $p) { nodes { id } } }",
                "variables": json.dumps({"p": PHONE}),
            },
        )
        await service.send("{ tickets(first: 1) { nodes { id } } }", f"{resident}x")
        await _arrive(world, service)
        store = world.services.store
        async with store.writing() as session:
            await session.execute(text(REFUSE[store.engine.dialect.name]))
        broken = await service.send(REPORT, desk, input=report)
        (error,) = broken.json()["errors"]
        assert error["extensions"]["code"] == "INTERNAL"

        first, *others = await service.lines("request", 7)
        about = {name: first[name] for name in ("trace_id", "request_id", "user", "site")}
        assert about == {
            "trace_id": TRACE,
            "request_id": "board-17",
            "user": world.desk.user_id,
            "site": world.site.id,
        }
        assert (first["document"], first["outcome"]) == ("Report", "ok")
        assert first["statements"] > 0
        assert all(each["trace_id"] != TRACE for each in others)
        assert len({each["request_id"] for each in others}) == len(others)
        (fault,) = await service.lines("internal_error")
        assert fault["trace_id"] == error["extensions"]["traceId"] == others[-1]["trace_id"]
        assert (fault["user"], fault["document"]) == (world.desk.user_id, "Report")
        assert others[-1]["codes"] == ["INTERNAL"]
        said = service.log.read_text()
        for secret in (PHONE, NAME, CODE, WORDS, desk, resident):
            assert secret not in said
            assert json.dumps(secret)[1:-1] not in said


async def _arrive(world: World, service: Logged) -> None:
    """A technician at the door names a code that is not the one."""
    ticket = await world.ticket(world.resident)
    leaf = await world.category("tap_leak")
    await world.do(world.desk, tickets.triage, ticket_id=ticket.id, category_id=leaf.id)
    (order,) = [each for each in await world.rows(WorkOrder) if each.ticket_id == ticket.id]
    lead, actor = await world.technician()
    await world.do(
        world.dispatcher, work_orders.assign, work_order_id=order.id, technician_id=lead.id
    )
    await world.do(actor, execution.accept, work_order_id=order.id)
    document = """
    mutation Start($input: WorkOrderStartInput!) {
      workOrderStart(input: $input) { userErrors { code } }
    }
    """
    given = {"workOrderId": gid(order), "doorCode": CODE}
    answer = await service.send(document, await token_for(world, actor), input=given)
    assert "data" in answer.json(), answer.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_operations_on_a_socket_each_have_a_trace_and_their_user(
    world: World, tmp_path: Path
) -> None:
    actor = world.actors[Role.DISPATCHER]
    token = await token_for(world, actor)
    # Everything is slow here.
    async with logged(
        world.services.store.url, tmp_path, DISPATCH_SLOW_SECONDS="0.000001"
    ) as service:
        async with service.server.socket(token) as socket:
            await socket.acknowledged()
            for _ in range(2):
                await socket.subscribe("query Mine { sites(first: 5) { nodes { id } } }")
                assert (await socket.receive())["type"] == "next"
                assert (await socket.receive())["type"] == "complete"
        one, two = await service.lines("slow_operation", 2)
    assert one["document"] == two["document"] == "Mine"
    assert one["user"] == two["user"] == actor.user_id
    assert one["trace_id"] != two["trace_id"]
    assert one["request_id"] == two["request_id"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_files_are_told_of_like_requests_and_their_secrets_never(
    world: World, tmp_path: Path
) -> None:
    async with logged(world.services.store.url, tmp_path) as service:
        headers = {"traceparent": CALLER, "X-Request-Id": "mine"}
        file = await service.http.get("/exports/se5cret.csv", headers=headers)
        photo = await service.http.get("/photos/ke5y.jpg")
        one, two = await service.lines("request", 2)
    assert (file.status_code, file.headers["X-Request-Id"]) == (404, "mine")
    assert (one["type"], one["status"], one["outcome"]) == ("export", 404, "refused")
    assert (one["trace_id"], one["request_id"]) == (TRACE, "mine")
    assert one["statements"] > 0
    assert (two["type"], two["status"], photo.status_code) == ("photo", 403, 403)
    assert two["request_id"] == photo.headers["X-Request-Id"]
    assert not any(secret in service.log.read_text() for secret in ("se5cret", "ke5y"))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_stream_of_events_goes_on_with_the_trace_of_its_request(
    world: World, tmp_path: Path
) -> None:
    token = await token_for(world, world.desk)
    async with logged(
        world.services.store.url, tmp_path, DISPATCH_SLOW_SECONDS="0.000001"
    ) as service:
        takes = {"Accept": "text/event-stream", "traceparent": CALLER}
        answer = await service.send("query Mine { __typename }", token, headers=takes)
        assert "event: complete" in answer.text
        (request,) = await service.lines("request")
        told = await service.lines("slow_operation", 2)
    assert request["trace_id"] == TRACE
    (streamed,) = [each for each in told if each.get("document") == "Mine"]
    assert (streamed["trace_id"], streamed["user"]) == (TRACE, world.desk.user_id)
    assert streamed["request_id"] == request["request_id"]


async def test_what_takes_too_long_is_logged_with_its_slowest_statement(
    world: World, tmp_path: Path
) -> None:
    token = await token_for(world, world.desk)
    document = "query Lately($site: ID!) { tickets(siteId: $site, first: 5) { nodes { id } } }"
    async with logged(
        world.services.store.url, tmp_path, DISPATCH_SLOW_SECONDS="0.000001"
    ) as service:
        for _ in range(2):
            await world.ticket(world.resident)
        answer = await service.send(document, token, site=gid(world.site))
        assert len(answer.json()["data"]["tickets"]["nodes"]) == 2
        (told,) = await service.lines("slow_operation")
    assert (told["document"], told["type"], told["user"]) == ("Lately", "query", world.desk.user_id)
    assert len(told["document_hash"]) == 64
    assert told["statements"] >= 2
    assert told["rows"] >= 3
    assert 0 < told["slowest_seconds"] <= told["statements_seconds"] <= told["seconds"]
    assert told["slowest_statement"].startswith("SELECT")
    assert told["trace_id"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_is_quick_is_not_called_slow(world: World, tmp_path: Path) -> None:
    async with logged(world.services.store.url, tmp_path, DISPATCH_SLOW_SECONDS="3600") as service:
        await service.send("{ __typename }")
        await service.lines("request")
        assert "slow_operation" not in service.log.read_text()

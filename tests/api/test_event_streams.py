"""GraphQL over server-sent events: the same subscriptions, rights and limits as on web sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson
import pytest

from dispatch.services import accounts
from tests.api.client import gid, token_for
from tests.api.server import Server, a_server
from tests.api.test_catching_up import TICKETS, cursor_now
from tests.factories import World

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Stream:
    """What comes, event by event."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()

    async def event(self, *, seconds: float = 10.0) -> dict[str, str]:
        """The fields of the next event; comments are passed over."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(seconds):
            async for line in self._lines:
                if not line and fields:
                    return fields
                name, _, value = line.partition(":")
                if name:
                    fields[name] = value.removeprefix(" ")
        raise EOFError

    async def payload(self, *, seconds: float = 10.0) -> dict[str, Any]:
        event = await self.event(seconds=seconds)
        assert event["event"] == "next", event
        return orjson.loads(event["data"])


@asynccontextmanager
async def stream(
    server: Server,
    token: str | None,
    document: str,
    *,
    method: str = "POST",
    headers: dict[str, str] | None = None,
    **variables: Any,
) -> AsyncIterator[Stream]:
    """An operation, sent by somebody who takes a stream of events."""
    given = {"Accept": "text/event-stream", "Accept-Language": "en", **(headers or {})}
    if token is not None:
        given["Authorization"] = f"Bearer {token}"
    body: dict[str, Any] = {"query": document, "variables": variables}
    asked: dict[str, Any] = {"json": body}
    if method == "GET":
        asked = {"params": {**body, "variables": orjson.dumps(variables).decode()}}
    async with (
        httpx.AsyncClient(base_url=server.url, timeout=30) as http,
        http.stream(method, "/graphql", headers=given, **asked) as response,
    ):
        yield Stream(response)


@pytest.mark.parametrize("method", ["POST", "GET"])
@SQLITE
async def test_a_stream_catches_up_goes_on_and_resumes(
    server: Server, world: World, method: str
) -> None:
    token = await token_for(world, world.desk)
    since = await cursor_now(server, token)
    missed = await world.ticket()
    asked: dict[str, Any] = {"site": gid(world.site), "since": since}
    async with stream(server, token, TICKETS, method=method, **asked) as open_stream:
        assert open_stream.response.status_code == 200
        assert open_stream.response.headers["content-type"].startswith("text/event-stream")
        first = await open_stream.event()
        change = orjson.loads(first["data"])["data"]["ticketChanged"]
        assert change["ticket"]["id"] == gid(missed)
        assert first["id"] == change["cursor"]
        live = await world.ticket()
        change = (await open_stream.payload())["data"]["ticketChanged"]
        assert change["ticket"]["id"] == gid(live)
    later = await world.ticket()
    # A browser sends the id of the last event back; that counts, whatever the document says.
    headers = {"Last-Event-ID": change["cursor"]}
    async with stream(server, token, TICKETS, headers=headers, **asked) as again:
        change = (await again.payload())["data"]["ticketChanged"]
        assert change["ticket"]["id"] == gid(later)


@SQLITE
async def test_a_stream_ends_with_the_operation_and_tells_errors(
    server: Server, world: World
) -> None:
    token = await token_for(world, world.desk)
    for document, code in (
        ("{ viewer { name } }", None),
        ("{ nonsense }", "BAD_INPUT"),
        ("subscription {", "BAD_INPUT"),
        ('subscription { ticketChanged(siteId: "x") { kinds } }', "BAD_INPUT"),
        ("subscription { workOrderOffered { id } }", "FORBIDDEN"),
    ):
        async with stream(server, token, document) as made:
            payload = await made.payload()
            if code is None:
                assert payload["data"] == {"viewer": {"name": world.desk.name}}
            else:
                assert payload["errors"][0]["extensions"]["code"] == code
            assert (await made.event())["event"] == "complete"
    async with stream(server, None, TICKETS, site=gid(world.site)) as made:
        assert made.response.status_code == 401
    mutation = "mutation($input: SignOutInput!) { signOut(input: $input) { __typename } }"
    async with stream(server, token, mutation, method="GET", input={}) as made:
        assert (await made.payload())["errors"][0]["extensions"]["code"] == "BAD_INPUT"


@SQLITE
async def test_who_takes_either_gets_a_stream_for_a_subscription_alone(
    server: Server, world: World
) -> None:
    token = await token_for(world, world.desk)
    both = {"Accept": "application/graphql-response+json, text/event-stream"}
    async with stream(server, token, "{ viewer { name } }", headers=both) as made:
        assert "json" in made.response.headers["content-type"]
    site = gid(world.site)
    async with stream(server, token, TICKETS, headers=both, site=site) as made:
        assert made.response.headers["content-type"].startswith("text/event-stream")
    plain = {"Accept": "application/json"}
    async with stream(server, token, TICKETS, headers=plain, site=site) as made:
        assert made.response.status_code == 405


@SQLITE
@pytest.mark.rule("SEC-6")
async def test_a_withdrawn_token_ends_its_stream(server: Server, world: World) -> None:
    token = await token_for(world, world.desk)
    since = await cursor_now(server, token)
    await world.ticket()
    async with stream(server, token, TICKETS, site=gid(world.site), since=since) as made:
        await made.payload()
        await world.do(world.desk, accounts.sign_out, token=token)
        payload = await made.payload()
        assert payload["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert (await made.event())["event"] == "complete"


@SQLITE
async def test_streams_and_sockets_share_their_room(world: World) -> None:
    token = await token_for(world, world.desk)
    async with a_server(world.services.store.url, DISPATCH_SOCKETS_MOST="1") as server:
        site = gid(world.site)
        since = await cursor_now(server, token)
        await world.ticket()
        async with stream(server, token, TICKETS, site=site, since=since) as made:
            await made.payload()
            async with stream(server, token, TICKETS, site=site) as other:
                assert other.response.status_code == 503
                assert other.response.headers["retry-after"] == "5"
                body = orjson.loads(await other.response.aread())
                assert body["errors"][0]["extensions"]["code"] == "TOO_MANY_CONNECTIONS"

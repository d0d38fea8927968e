"""What many watch is worked out once; what concerns one alone, for one alone."""

from __future__ import annotations

import asyncio
import re
import socket as socketlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import orjson
import pytest
import websockets

from dispatch.api import members
from dispatch.api.anyone import Anyone, anyone
from dispatch.api.socket_handler import TOO_SLOW
from dispatch.app import create_app
from dispatch.domain.rights import Actor, Role
from dispatch.settings import Settings
from tests.api.client import QUIET, gid, token_for
from tests.api.server import PROTOCOL, Server, Socket, a_server
from tests.api.test_catching_up import TICKETS
from tests.factories import World

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MADE = "dispatch_subscription_answers_made_total"
SENT = "dispatch_subscription_events_total"
OPEN = "dispatch_subscriptions_open"


async def figures(port: int) -> dict[str, float]:
    """How many answers were worked out, how many sent, and how many listen."""
    async with httpx.AsyncClient() as http:
        told = (await http.get(f"http://127.0.0.1:{port}/metrics")).text
    return {
        name: float(found[1])
        if (found := re.search(rf"^{name} (\S+)$", told, re.MULTILINE))
        else 0.0
        for name in (MADE, SENT, OPEN)
    }


async def listening(
    stack: AsyncExitStack, server: Server, world: World, actors: list[Actor], document: str
) -> list[Socket]:
    """A socket for each, once every one of them hears."""
    sockets = []
    for actor in actors:
        token = await token_for(world, actor)
        socket = await stack.enter_async_context(server.socket(token))
        await socket.acknowledged()
        await socket.subscribe(document, {"site": gid(world.site)})
        sockets.append(socket)
    return sockets


@asynccontextmanager
async def measured(world: World) -> AsyncIterator[tuple[Server, int]]:
    """A server and the port of its figures."""
    with socketlib.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with a_server(world.services.store.url, DISPATCH_METRICS_PORT=str(port)) as server:
        yield server, port


async def until_open(port: int, count: int) -> None:
    for _ in range(400):
        if (await figures(port))[OPEN] >= count:
            return
        await asyncio.sleep(0.05)
    pytest.fail("not all of them listen")


@SQLITE
async def test_what_many_watch_with_the_same_rights_is_worked_out_once(world: World) -> None:
    people = [(await world.user(Role.DESK))[1] for _ in range(6)]
    async with measured(world) as (server, port), AsyncExitStack() as stack:
        sockets = await listening(stack, server, world, people, TICKETS)
        await until_open(port, len(people))
        before = await figures(port)
        for _ in range(3):
            await world.ticket()
            told = [await socket.receive() for socket in sockets]
            # Not alike: the same, down to the last byte.
            assert all(message == told[0] for message in told)
            assert "cost" not in told[0]["payload"]["extensions"]
        after = await figures(port)
        assert after[MADE] - before[MADE] == 3
        assert after[SENT] - before[SENT] == 3 * len(people)


@pytest.mark.rule("SEC-2")
@SQLITE
async def test_what_depends_on_who_one_is_is_not_shared(world: World) -> None:
    # Two with the same rights, who see what they took themselves and nothing else.
    people = [(await world.user(Role.RESIDENT))[1] for _ in range(2)]
    async with measured(world) as (server, port), AsyncExitStack() as stack:
        sockets = await listening(stack, server, world, people, TICKETS)
        await until_open(port, len(people))
        for _ in range(2):
            for actor, socket in zip(people, sockets, strict=True):
                ticket = await world.ticket(actor, place_id=world.garden.id)
                message = await socket.receive()
                assert message["payload"]["data"]["ticketChanged"]["ticket"]["id"] == gid(ticket)
        for socket in sockets:
            with pytest.raises(TimeoutError):
                await socket.receive(seconds=0.4)


def test_anyone_has_the_rights_and_tells_when_asked_who_it_is() -> None:
    actor = Actor(organization_id=1, name="Li", user_id=7, language="en", origin="here")
    made = anyone(actor)
    assert isinstance(made, Anyone)
    assert (made.organization_id, made.language, made.name) == (1, "en", "")
    assert not made.asked
    assert made.user_id is None
    assert made.asked


@SQLITE
async def test_a_full_house_answers_with_a_code(world: World) -> None:
    async with a_server(world.services.store.url, DISPATCH_SOCKETS_MOST="1") as server:
        address = f"ws://127.0.0.1:{server.port}/graphql"
        protocols: Any = [PROTOCOL]
        async with websockets.connect(address, subprotocols=protocols):
            with pytest.raises(websockets.InvalidStatus) as refused:
                await websockets.connect(address, subprotocols=protocols)
        response = refused.value.response
        assert response.status_code == 503
        assert response.headers["retry-after"] == "5"
        (error,) = orjson.loads(response.body or b"")["errors"]
        assert error["extensions"]["code"] == "TOO_MANY_CONNECTIONS"


@SQLITE
async def test_who_reads_too_slowly_is_let_go_with_a_code(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(members, "WAITING_MOST", 0)
    token = await token_for(world, world.desk)
    app = create_app(
        Settings(
            _env_file=None,  # pyright: ignore[reportCallIssue]
            database_url=world.services.store.url,
            **QUIET,
        )
    )
    sent: asyncio.Queue[Any] = asyncio.Queue()
    heard: asyncio.Queue[Any] = asyncio.Queue()
    await sent.put({"type": "websocket.connect"})

    async def say(message: dict[str, Any]) -> None:
        await sent.put({"type": "websocket.receive", "text": orjson.dumps(message).decode()})

    async def hear() -> dict[str, Any]:
        async with asyncio.timeout(10):
            return await heard.get()

    scope = {
        "type": "websocket",
        "path": "/graphql",
        "query_string": b"",
        "headers": [],
        "subprotocols": [PROTOCOL],
    }
    async with app.router.lifespan_context(app):
        connection = asyncio.create_task(app(scope, sent.get, heard.put))
        assert (await hear())["type"] == "websocket.accept"
        await say({"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}})
        assert "connection_ack" in (await hear())["text"]
        payload = {"query": TICKETS, "variables": {"site": gid(world.site)}}
        await say({"type": "subscribe", "id": "1", "payload": payload})
        while heard.empty():
            # Until it stands: what happens before is not meant for it.
            await world.ticket()
        end = await hear()
        assert (end["type"], end["code"], end["reason"]) == (
            "websocket.close",
            TOO_SLOW,
            "TOO_SLOW",
        )
        await sent.put({"type": "websocket.disconnect", "code": TOO_SLOW})
        await connection

"""The known attacks, sent to a real service: refused by a code, cheaply, and nobody else notices.

The exact figures are the business of `benchmarks/attacks.py`; here a wide margin catches what has
become costly, also on a busy machine: processor time is counted, not time.
"""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
import websockets

from benchmarks.attacks import ATTACKS, WANTED_S, Caller, cost, reading_nothing
from tests.api.client import gid, token_for
from tests.api.server import PROTOCOL, Server, a_server
from tests.api.test_subscriptions import TICKETS
from tests.factories import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MARGIN = 6


@pytest_asyncio.fixture
async def http(server: Server, world: World) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {await token_for(world, world.desk)}"}
    async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=60) as made:
        yield made


async def test_every_attack_is_refused_cheaply_and_others_do_not_notice(
    server: Server, http: httpx.AsyncClient
) -> None:
    assert server.process.pid is not None
    costly = {}
    for attack in ATTACKS:
        took = statistics.median(await cost(http, server.process.pid, attack, times=3))
        if took > WANTED_S * MARGIN:
            costly[attack.name] = took
    assert costly == {}
    async with Caller(http).asking() as caller:
        for attack in ATTACKS:
            await cost(http, server.process.pid, attack, times=0)
    assert caller.waited
    assert caller.failed == []


async def test_so_many_web_sockets_and_no_more(world: World) -> None:
    url = world.services.store.url
    async with a_server(url, DISPATCH_SOCKETS_MOST="5") as server:
        address = f"ws://127.0.0.1:{server.port}/graphql"
        opened = [await websockets.connect(address, subprotocols=[PROTOCOL]) for _ in range(5)]  # type: ignore[list-item]
        for _ in range(3):
            with pytest.raises(websockets.InvalidStatus):
                await websockets.connect(address, subprotocols=[PROTOCOL])  # type: ignore[list-item]
        # Who leaves makes room.
        await opened.pop().close()
        for _ in range(50):
            try:
                opened.append(await websockets.connect(address, subprotocols=[PROTOCOL]))  # type: ignore[list-item]
                break
            except websockets.InvalidStatus:
                await asyncio.sleep(0.1)
        assert len(opened) == 5
        for each in opened:
            await each.close()


async def test_what_a_web_socket_sends_is_answered_with_codes(server: Server, world: World) -> None:
    token = await token_for(world, world.desk)
    async with server.socket(token) as socket:
        await socket.acknowledged()
        for _ in range(21):
            await socket.subscribe(TICKETS, {"site": gid(world.site)})
        message = await socket.receive()
        (error,) = message["payload"]
        assert (message["type"], message["id"]) == ("error", "21")
        assert error["extensions"]["code"] == "TOO_MANY_SUBSCRIPTIONS"
    for nonsense in (
        [],
        7,
        {"type": 7},
        {"type": "subscribe", "id": [], "payload": {"query": "{ __typename }"}},
        {"type": "subscribe", "id": "a", "payload": []},
        {"type": "subscribe", "id": "a", "payload": {"query": 7}},
        {"type": "subscribe", "id": "a", "payload": {"query": "{ a }", "variables": []}},
        {"type": "complete", "id": {}},
        {"type": "nonsense"},
    ):
        async with server.socket(token) as socket:
            await socket.acknowledged()
            await socket.send(nonsense)  # type: ignore[arg-type]
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await socket.receive()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4400, nonsense


@pytest.mark.slow
async def test_who_does_not_read_is_let_go(
    server: Server, world: World, http: httpx.AsyncClient
) -> None:
    token = await token_for(world, world.desk)
    async with Caller(http).asking() as caller:
        assert await reading_nothing(server.port, token, seconds=60)
    assert caller.failed == []

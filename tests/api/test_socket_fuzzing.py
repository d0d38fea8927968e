"""Whatever comes over a web socket, the service answers with codes or hangs up, and lives on."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
import websockets

from dispatch.api.schema import schema
from tests.api.client import gid, token_for
from tests.api.fuzzing import EXTREMES, Fuzz, body_of
from tests.api.server import PROTOCOL, Server, a_server
from tests.api.test_catching_up import TICKETS
from tests.api.test_fuzzing import INSIDES
from tests.factories import World

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
# What the protocol and we close with; 1002, 1003, 1007 and 1009 are the wire's own.
CLOSED = {1000, 1002, 1003, 1006, 1007, 1009, 4400, 4401, 4403, 4408, 4409, 4429}
TYPES = ("connection_init", "ping", "pong", "subscribe", "next", "complete", "error", "", "x")
_PATIENCE_S = 5.0


class Sender:
    """Makes what is sent; a seed gives the same again."""

    def __init__(self, random: Random, token: str, ids: list[str]) -> None:
        self.random = random
        self._token = token
        self._site = ids[0]
        self._fuzz = Fuzz(schema._schema, [*ids, "x"], random)

    def message(self) -> str | bytes:
        """The text or the bytes of a message: right, bent, or nonsense."""
        random = self.random
        choice = random.random()
        if choice < 0.08:
            return random.randbytes(random.randrange(200))
        if choice < 0.16:
            text = random.choice(('{"', "[", "nul", "{}", "\ud7ff", "[[[[", '{"type":', "1e999"))
            return text * random.choice((1, 3, 2_000))
        made: dict[str, Any] = {"type": random.choice(TYPES), "id": random.choice(("1", "2", "3"))}
        if made["type"] == "connection_init":
            made["payload"] = self._sign_in()
        elif made["type"] == "subscribe" or random.random() < 0.3:
            made["payload"] = self._operation()
        if random.random() < 0.15:
            made[random.choice(("type", "id", "payload", "more"))] = random.choice(EXTREMES)
        try:
            return body_of(made).decode()
        except UnicodeEncodeError:
            return "{}"

    def beginning(self) -> str:
        """Mostly a sign-in: without one nothing else is looked at."""
        if self.random.random() < 0.1:
            return str(self.message())
        payload = {"Authorization": f"Bearer {self._token}"}
        return orjson.dumps({"type": "connection_init", "payload": payload}).decode()

    def _sign_in(self) -> Any:
        value = self.random.choice((f"Bearer {self._token}", *EXTREMES))
        return self.random.choice(({"Authorization": value}, value))

    def _operation(self) -> Any:
        if self.random.random() < 0.5:
            return self._fuzz.request()
        since = self.random.choice((None, "ZTA", "ZTFtMQ", *EXTREMES))
        return {"query": TICKETS, "variables": {"site": self._site, "since": since}}


async def talk(server: Server, sender: Sender, *, messages: int) -> list[str]:
    """One connection's life; what was amiss in the answers."""
    address = f"ws://127.0.0.1:{server.port}/graphql"
    amiss: list[str] = []
    protocols: Any = [PROTOCOL]
    async with websockets.connect(
        address, subprotocols=protocols, max_size=None, ping_interval=None
    ) as raw:
        try:
            await raw.send(sender.beginning())
            for _ in range(messages):
                await raw.send(sender.message())
            # Who is still there is answered.
            await raw.send('{"type":"ping"}')
            async with asyncio.timeout(_PATIENCE_S):
                while True:
                    said = str(await raw.recv())
                    if '"INTERNAL"' in said or INSIDES.search(said):
                        amiss.append(said[:1000])
                    if said == '{"type":"pong"}' and sender.random.random() < 0.5:
                        break
        except websockets.ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd is not None else 1006
            if code not in CLOSED:
                amiss.append(f"closed with {code}")
        except TimeoutError:
            # Nothing more came after the pong: so be it. Without one the service hangs.
            pass
    return amiss


async def fuzz(world: World, log: Path, *, seed: int, connections: int, messages: int) -> None:
    token = await token_for(world, world.desk)
    ticket = await world.ticket()
    ids = [gid(world.site), gid(ticket)]
    environment = {"SERVER_LOG": str(log)}
    async with a_server(world.services.store.url, **environment) as server:
        amiss: list[str] = []
        for number in range(connections):
            sender = Sender(Random(seed * 10_000 + number), token, ids)
            amiss += await talk(server, sender, messages=messages)
            if len(amiss) > 5:
                break
        assert not amiss, "\n".join(amiss)
        assert server.process.is_alive()
        # As before, for everybody else.
        assert (await server.gql("{ viewer { name } }", token=token))["data"]
    check_log(log)


def check_log(log: Path) -> None:
    """Nothing went wrong that only the log tells."""
    told = log.read_text("utf-8")
    for word in ("Traceback", "internal_error", "stream_failed", "Exception in"):
        assert word not in told, told[-4000:]


@SQLITE
async def test_random_messages_find_no_fault(world: World, tmp_path: Path) -> None:
    await fuzz(world, tmp_path / "log", seed=1, connections=40, messages=12)


@pytest.mark.slow
@SQLITE
async def test_thousands_of_random_messages_find_no_fault(world: World, tmp_path: Path) -> None:
    await fuzz(world, tmp_path / "log", seed=2, connections=300, messages=30)


@SQLITE
async def test_random_frames_find_no_fault(world: World, tmp_path: Path) -> None:
    """Below the messages: what is no frame at all, or half of one."""
    log = tmp_path / "log"
    async with a_server(world.services.store.url, SERVER_LOG=str(log)) as server:
        random = Random(3)
        for _ in range(40):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
            writer.write(
                "GET /graphql HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"{key}Sec-WebSocket-Protocol: {PROTOCOL}\r\n\r\n".encode()
            )
            await reader.readuntil(b"\r\n\r\n")
            writer.write(os.urandom(0) + random.randbytes(random.randrange(1, 3_000)))
            if random.random() < 0.5:
                writer.write_eof()
            writer.close()
        token = await token_for(world, world.desk)
        assert (await server.gql("{ viewer { name } }", token=token))["data"]
    check_log(log)


@SQLITE
async def test_what_a_client_sent_is_told_back_as_far_as_the_frame_that_ends_it_holds(
    world: World,
) -> None:
    async with (
        a_server(world.services.store.url) as server,
        server.socket(await token_for(world, world.desk)) as socket,
    ):
        await socket.acknowledged()
        await socket.send({"type": "号" * 500})
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await socket.receive()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4400
    assert "号" in closed.value.rcvd.reason

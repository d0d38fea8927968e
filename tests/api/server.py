"""The service as a process of its own, for web sockets and for what must survive."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import orjson
import uvicorn
import websockets
from websockets.asyncio.client import ClientConnection

from dispatch.app import create_app
from dispatch.settings import Settings

_START_S = 60.0
# Forked by a process that has loaded everything and done nothing.
_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    ["dispatch.planning.worker", "dispatch.planning.warmed", "tests.api.preloaded"]
)
PROTOCOL = "graphql-transport-ws"


@dataclass
class Server:
    """A running service."""

    port: int
    process: BaseProcess

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def gql(self, document: str, *, token: str) -> dict[str, Any]:
        """What an operation sent as HTTP gives."""
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
        async with httpx.AsyncClient(base_url=self.url, headers=headers, timeout=30) as http:
            return (await http.post("/graphql", json={"query": document})).json()

    @asynccontextmanager
    async def socket(self, token: str | None, **options: Any) -> AsyncIterator[Socket]:
        """A web socket, signed in with the token."""
        address = f"ws://127.0.0.1:{self.port}/graphql"
        subprotocols = options.pop("subprotocols", [PROTOCOL])
        async with websockets.connect(address, subprotocols=subprotocols, **options) as raw:
            made = Socket(raw)
            payload = {"Authorization": f"Bearer {token}"} if token is not None else {}
            await made.send({"type": "connection_init", "payload": payload})
            yield made


class Socket:
    """One connection that speaks graphql-transport-ws."""

    def __init__(self, raw: ClientConnection) -> None:
        self.raw = raw
        self._numbers = count(1)

    async def send(self, message: dict[str, Any]) -> None:
        await self.raw.send(orjson.dumps(message).decode())

    async def receive(self, *, seconds: float = 10.0) -> dict[str, Any]:
        async with asyncio.timeout(seconds):
            return orjson.loads(await self.raw.recv())

    async def acknowledged(self) -> None:
        assert await self.receive() == {"type": "connection_ack"}

    async def subscribe(self, document: str, variables: dict[str, Any] | None = None) -> str:
        """Starts a subscription; its answers carry the id given back."""
        number = str(next(self._numbers))
        payload = {"query": document, "variables": variables}
        await self.send({"id": number, "type": "subscribe", "payload": payload})
        return number


def free_port() -> int:
    """One that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@asynccontextmanager
async def a_server(
    database_url: str, port: int | None = None, /, **environment: str
) -> AsyncIterator[Server]:
    """Starts the service on a free port, or on `port`, waits until it is ready, and ends it. What
    it says on standard error goes to the file `SERVER_LOG`, if one is named."""
    port = port or free_port()
    environment = {
        "DISPATCH_DATABASE_URL": database_url,
        # It would end, by its own clock, what a test opened by the world's.
        "DISPATCH_SWEEPER": "false",
        "DISPATCH_JOBS": "false",
        # Most tests plan nothing; those that do wait for the optimizer.
        "DISPATCH_SOLVER_WARM": "false",
        **environment,
    }
    with TemporaryDirectory() as folder:
        environment = {"DISPATCH_PHOTO_FOLDER": folder, **environment}
        process = _CONTEXT.Process(target=_serve, args=(port, environment))
        await asyncio.to_thread(process.start)
        server = Server(port=port, process=process)
        try:
            await _ready(server)
            yield server
        finally:
            process.terminate()
            await asyncio.to_thread(process.join)


def _serve(port: int, environment: dict[str, str]) -> None:
    """The life of the server's process."""
    if (log := environment.get("SERVER_LOG")) is not None:
        os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), 2)
    os.environ.update(environment)
    uvicorn.run(
        create_app(Settings()), port=port, ws="dispatch.commands.wire:Wire", log_config=None
    )


async def _ready(server: Server) -> None:
    async with asyncio.timeout(_START_S), httpx.AsyncClient(base_url=server.url) as http:
        while True:
            assert server.process.is_alive(), "the server did not start"
            try:
                if (await http.get("/readyz")).status_code == 200:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.1)

"""Speaks to the service as its users' programs do: GraphQL over HTTP and web sockets."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from http import HTTPStatus
from itertools import count
from typing import Any

import orjson
from websockets.asyncio.client import connect

from dispatch.simulation.connection import Connections

# Writers queue for one lock: more at once would only make each wait longer.
_IN_FLIGHT_MOST = 8
# Time goes on while no more are unanswered: a tenth of a second is a minute of the day.
_UNANSWERED_MOST = 12
# Some for each process that listens.
_CONNECTIONS = 12
_TRIES = 4
_ANSWER_S = 120.0
_PROTOCOL = "graphql-transport-ws"


class Client:
    """Many signed-in people at one address; counts what was asked, refused and how long it took."""

    def __init__(self, port: int) -> None:
        self._address = f"127.0.0.1:{port}"
        self._http = Connections("127.0.0.1", port, most=_CONNECTIONS)
        self._gate = asyncio.Semaphore(_IN_FLIGHT_MOST)
        self.in_flight = 0
        self.asked: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.seconds: list[float] = []
        self.sent_again = 0
        self._keys = count()

    @property
    def is_busy(self) -> bool:
        """More requests are unanswered than people would notice."""
        return self.in_flight > _UNANSWERED_MOST

    async def close(self) -> None:
        await self._http.close()

    async def ready(self) -> bool:
        try:
            status, _ = await self._http.request("GET", "/readyz", headers={})
        except OSError:
            return False
        return status == HTTPStatus.OK

    async def ask(self, token: str, document: str, **variables: Any) -> dict[str, Any]:
        """The data of an answer. An error of the whole request is an error of the simulation."""
        self.in_flight += 1
        try:
            async with self._gate:
                begun = time.monotonic()
                answer = await self._send(token, document, variables)
                self.seconds.append(time.monotonic() - begun)
        finally:
            self.in_flight -= 1
        body = orjson.loads(answer)
        if "errors" in body:
            raise RuntimeError(f"{body['errors']} at {document[:200]} {variables}")
        return body["data"]

    async def _send(self, token: str, document: str, variables: dict[str, Any]) -> bytes:
        """Sends it again when the connection broke: its key lets it be done once."""
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        content = orjson.dumps({"query": document, "variables": variables})
        for attempt in range(_TRIES):
            try:
                async with asyncio.timeout(_ANSWER_S):
                    _, answer = await self._http.request(
                        "POST", "/graphql", headers=headers, content=content
                    )
                return answer
            except OSError:
                if attempt == _TRIES - 1:
                    raise
                self.sent_again += 1
        raise AssertionError("unreachable")

    async def change(self, token: str, mutation: str, selection: str, **given: Any) -> Any:
        """Performs a mutation; its payload's `selection`, or None and the refusal is counted."""
        name = mutation[0].upper() + mutation[1:]
        document = (
            f"mutation($input: {name}Input!) {{ {mutation}(input: $input) "
            f"{{ {selection} userErrors {{ code field message }} }} }}"
        )
        key = f"simulation {next(self._keys)}"
        answer = await self.ask(token, document, input={**given, "idempotencyKey": key})
        payload = answer[mutation]
        self.asked[mutation] += 1
        if payload["userErrors"]:
            for error in payload["userErrors"]:
                self.refused[f"{mutation} {error['code']} {'.'.join(error['field'])}".rstrip()] += 1
            return None
        return payload

    async def watch(
        self, token: str, document: str, **variables: Any
    ) -> AsyncIterator[dict[str, Any]]:
        """What a subscription tells, until whoever listens has enough."""
        async with connect(
            f"ws://{self._address}/graphql",
            subprotocols=[_PROTOCOL],  # type: ignore[list-item]
            max_size=None,
        ) as socket:
            await socket.send(
                orjson.dumps(
                    {"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}}
                ).decode()
            )
            await socket.recv()
            payload = {"query": document, "variables": variables}
            await socket.send(
                orjson.dumps({"id": "1", "type": "subscribe", "payload": payload}).decode()
            )
            async for text in socket:
                message = orjson.loads(text)
                if message["type"] == "next":
                    yield message["payload"]["data"]
                elif message["type"] in ("error", "complete"):
                    raise RuntimeError(f"the subscription ended: {message}")
                elif message["type"] == "ping":
                    await socket.send('{"type":"pong"}')

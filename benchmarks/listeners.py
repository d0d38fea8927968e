"""Many clients in one process: each a web socket that listens and notes when what came."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

import orjson
import uvloop

from benchmarks.attacks import HANDSHAKE, frame

TICKETS = (
    "subscription Bench($site: ID!) { ticketChanged(siteId: $site) { cursor kinds at "
    "ticket { id number state version priority description requesterName reportedAt } } }"
)
MESSAGES = "subscription { messageReceived { id kind subject body createdAt } }"
_MARK = b'"description":"'
_AT_ONCE = 50
_PING, _PONG = 9, 10


@dataclass
class Heard:
    """Arrivals by what was told, as `time.monotonic` has it, which all processes share."""

    at: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    others: int = 0
    lost: int = 0


class Listener(asyncio.Protocol):
    """One client. It speaks as little of the protocol as it must, so as not to be the limit."""

    def __init__(self, token: str, site: str, heard: Heard) -> None:
        self._token = token
        self._site = site
        self._heard = heard
        self._buffer = b""
        self._transport: Any = None
        self._is_open = False
        self.stands: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._transport.write(HANDSHAKE)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._heard.lost += 1

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        self._buffer += data
        if not self._is_open:
            _, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return
            self._is_open, self._buffer = True, rest
            payload = {"Authorization": f"Bearer {self._token}"}
            self._transport.write(frame({"type": "connection_init", "payload": payload}))
        while (text := self._next()) is not None:
            self._hear(text, now)

    def _next(self) -> bytes | None:
        """The next whole message."""
        buffer = self._buffer
        if len(buffer) < 4:
            return None
        size, head = buffer[1], 2
        if size == 126:
            size, head = int.from_bytes(buffer[2:4], "big"), 4
        elif size == 127:
            if len(buffer) < 10:
                return None
            size, head = int.from_bytes(buffer[2:10], "big"), 10
        if len(buffer) < head + size:
            return None
        self._buffer = buffer[head + size :]
        text = buffer[head : head + size]
        if buffer[0] & 0x0F == _PING:
            self._transport.write(bytes([0x80 | _PONG, 0x80 | size]) + bytes(4) + text)
            return b""
        return text

    def _hear(self, text: bytes, now: float) -> None:
        found = text.find(_MARK)
        if found >= 0:
            start = found + len(_MARK)
            self._heard.at[text[start : text.index(b'"', start)].decode()].append(now)
        elif b"connection_ack" in text:
            asked = {"query": TICKETS, "variables": {"site": self._site}}
            self._transport.write(frame({"type": "subscribe", "id": "1", "payload": asked}))
            asked = {"query": MESSAGES, "variables": None}
            self._transport.write(frame({"type": "subscribe", "id": "2", "payload": asked}))
            if not self.stands.done():
                self.stands.set_result(None)
        elif text:
            self._heard.others += 1


async def _listen(port: int, tokens: Sequence[str], site: str, pipe: Connection) -> None:
    loop = asyncio.get_running_loop()
    heard = Heard()
    for start in range(0, len(tokens), _AT_ONCE):
        made = [
            await loop.create_connection(
                lambda t=token: Listener(t, site, heard), "127.0.0.1", port
            )
            for token in tokens[start : start + _AT_ONCE]
        ]
        await asyncio.gather(*(listener.stands for _, listener in made))
    pipe.send("ready")
    while True:
        word = await loop.run_in_executor(None, pipe.recv)
        if word == "end":
            return
        pipe.send(orjson.dumps({"at": heard.at, "others": heard.others, "lost": heard.lost}))
        heard.at.clear()


def listen(port: int, tokens: Sequence[str], site: str, pipe: Connection) -> None:
    """The life of the clients' process: says `ready`, then tells what it heard when asked."""
    # The quickest loop there is: what is measured is the other end.
    uvloop.run(_listen(port, tokens, site, pipe))

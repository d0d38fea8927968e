"""Requests to one address over connections that stay open.

The day's people share the machine with the service that they try. A client library takes about as
long for a request as the service for a small answer; what is asked here needs little of HTTP.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress


class Connections:
    """As many connections as there are requests at once, used in turn, so that each process that
    listens at the address gets its share of them."""

    def __init__(self, host: str, port: int, *, most: int) -> None:
        self._host, self._port = host, port
        self._idle: asyncio.Queue[_Connection] = asyncio.Queue()
        for _ in range(most):
            self._idle.put_nowait(_Connection())

    async def request(
        self, method: str, path: str, *, headers: Mapping[str, str], content: bytes = b""
    ) -> tuple[int, bytes]:
        """Status and body of the answer; OSError where the connection broke before it came."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._host}:{self._port}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += [f"Content-Length: {len(content)}", "", ""]
        connection = await self._idle.get()
        try:
            if not connection.is_open:
                await connection.open(self._host, self._port)
            return await connection.exchange("\r\n".join(lines).encode() + content)
        except BaseException:
            connection.drop()
            raise
        finally:
            self._idle.put_nowait(connection)

    async def close(self) -> None:
        """Drops all connections that are idle."""
        while not self._idle.empty():
            self._idle.get_nowait().drop()


class _Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter | None = None

    @property
    def is_open(self) -> bool:
        """Who listens hangs up what nobody used for a while."""
        return self.writer is not None and not self.reader.at_eof()

    async def open(self, host: str, port: int) -> None:
        self.drop()
        self.reader, self.writer = await asyncio.open_connection(host, port)

    async def exchange(self, sent: bytes) -> tuple[int, bytes]:
        assert self.writer is not None
        self.writer.write(sent)
        try:
            head = await self.reader.readuntil(b"\r\n\r\n")
            status, *lines = head.decode("latin-1").split("\r\n")
            told = dict(line.lower().split(": ", 1) for line in lines if line)
            body = await self.reader.readexactly(int(told["content-length"]))
        except asyncio.IncompleteReadError as error:
            raise ConnectionResetError("the answer ended too early") from error
        if told.get("connection") == "close":
            self.drop()
        return int(status.split()[1]), body

    def drop(self) -> None:
        if self.writer is not None:
            with suppress(OSError):
                self.writer.close()
            self.writer = None

"""A way to a server that can be closed: the server itself stays up for everybody else."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class Door:
    """Passes connections on to a port of this machine, while it is open."""

    def __init__(self, port: int) -> None:
        self._inner = port
        self.port = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Lets callers in, at the port that it had before."""
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Cuts everybody off, and refuses whoever comes."""
        if self._server is not None:
            self._server.close()
        for writer in tuple(self._open):
            writer.transport.abort()
        for task in tuple(self._tasks):
            with suppress(asyncio.CancelledError):
                await task

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self._inner)
        self._open |= {writer, inner_writer}
        try:
            async with asyncio.TaskGroup() as ways:
                ways.create_task(_pump(reader, inner_writer))
                ways.create_task(_pump(inner_reader, writer))
        finally:
            self._open -= {writer, inner_writer}
            self._tasks.discard(task)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.transport.abort()

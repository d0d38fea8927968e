"""Who is at work: each worker holds a lock that ends with its process, and others can feel it.

Nobody has to report in, and no clocks are compared: a lock is given up by the kernel or by the
database server at the moment its holder is no more.
"""

import asyncio
import fcntl
import os
import secrets
import socket
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Protocol

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from dispatch.store.engine import Store

_ASK_S = 1.0
# The first half of the keys of our locks, so that they are nobody else's.
_CLASS = 0x0D15
# A machine that lost its power or its network says nothing: both ends ask, and after some twenty
# seconds take the other for gone.
_KEEPALIVE = {"keepalives_idle": 5, "keepalives_interval": 4, "keepalives_count": 4}


class Presence(Protocol):
    """This worker's lock."""

    @property
    def name(self) -> str:
        """Under which this worker takes jobs; others find them by it."""
        ...

    async def begin(self) -> None:
        """Waits until this worker may work, and holds its lock from then on."""
        ...

    async def keep(self) -> None:
        """Sees to it that the lock is still held."""
        ...

    @asynccontextmanager
    def gone(self, other: str) -> AsyncIterator[bool]:
        """Whether another worker is no more; while the block runs, nobody else acts on it."""
        ...

    async def end(self) -> None: ...


def presence_of(store: Store) -> Presence:
    """The presence that the store's database calls for."""
    if store.is_sqlite:
        return FilePresence(Path(f"{make_url(store.url).database}-worker"))
    return ServerPresence(store.url)


class FilePresence:
    """On one machine one process works at a time: the holder of a file beside the database.

    All take jobs under one name, so what the last holder left begun is the next one's own.
    """

    name = "embedded"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: int | None = None

    async def begin(self) -> None:
        held = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            while True:
                with suppress(BlockingIOError):
                    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                await asyncio.sleep(_ASK_S)
        except BaseException:
            os.close(held)
            raise
        # For people who look for it; the lock is what counts.
        os.ftruncate(held, 0)
        os.pwrite(held, f"{os.getpid()}\n".encode(), 0)
        self._held = held

    async def keep(self) -> None:
        """Nothing can take it from us."""

    @asynccontextmanager
    async def gone(self, other: str) -> AsyncIterator[bool]:  # noqa: ARG002
        yield False

    async def end(self) -> None:
        if self._held is not None:
            os.close(self._held)
            self._held = None


class ServerPresence:
    """Any number of workers: each holds an advisory lock in a session of its own."""

    def __init__(self, url: str) -> None:
        self.name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._engine = create_async_engine(
            url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=_KEEPALIVE
        )
        self._session: AsyncConnection | None = None

    async def begin(self) -> None:
        session = await self._engine.connect()
        try:
            for name, value in _KEEPALIVE.items():
                await session.execute(text(f"SET tcp_{name} = {value}"))
            await session.execute(
                text("SELECT pg_advisory_lock(:class, :key)"), _lock_of(self.name)
            )
        except BaseException:
            await session.close()
            raise
        self._session = session

    async def keep(self) -> None:
        if self._session is not None:
            try:
                await self._session.execute(text("SELECT 1"))
                return
            except SQLAlchemyError:
                await self.end()
        await self.begin()

    @asynccontextmanager
    async def gone(self, other: str) -> AsyncIterator[bool]:
        if self._session is None or other == self.name:
            yield False
            return
        key = _lock_of(other)
        taken = (
            await self._session.execute(text("SELECT pg_try_advisory_lock(:class, :key)"), key)
        ).scalar_one()
        try:
            yield taken
        finally:
            if taken:
                await self._session.execute(text("SELECT pg_advisory_unlock(:class, :key)"), key)

    async def end(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            with suppress(SQLAlchemyError):
                await session.close()


def _lock_of(name: str) -> dict[str, int]:
    return {"class": _CLASS, "key": zlib.crc32(name.encode()) - 2**31}

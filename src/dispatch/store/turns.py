"""Turns at writing to an SQLite file, across processes.

SQLite lets one connection write at a time and has the others ask again and again, with longer and
longer sleeps: of two hundred who want to write at once some would ask in vain for half a minute.
Here they queue in the kernel instead; a process that dies gives its turn up.
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path


class Turns:
    """The queue of everybody who writes to one file; `path` is a lock file beside it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # One waiter of each process stands for all of its own.
        self._own = asyncio.Lock()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Holds the turn for the block."""
        async with self._own:
            held = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                await _lock(held)
                yield
            finally:
                os.close(held)


async def _lock(file: int) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        await asyncio.to_thread(fcntl.flock, file, fcntl.LOCK_EX)

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

_IN_A_ROW = 4
"""So many of one process write before another process may: each change of processes waits for the
kernel to wake somebody."""


class Turns:
    """The queue of everybody who writes to one file; `path` is a lock file beside it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # One waiter of each process stands for all of its own.
        self._own = asyncio.Lock()
        self._waiting = 0
        self._held: int | None = None
        self._given = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Holds the turn for the block."""
        self._waiting += 1
        try:
            await self._own.acquire()
        finally:
            self._waiting -= 1
            if not self._own.locked():
                # The last who waited has given up, and what was kept for them is nobody's.
                self._let_go()
        try:
            if self._held is None:
                # Who was just let go first has been woken, and must not come too late again.
                self._held = await _locked(self._path, at_once=self._given < _IN_A_ROW)
                self._given = 0
            self._given += 1
            yield
        finally:
            if not self._waiting or self._given >= _IN_A_ROW:
                self._let_go()
            self._own.release()
        if self._waiting:
            # Who is next begins before what follows here: an answer need not wait for the file,
            # and everybody else who writes waits for it.
            await asyncio.sleep(0)

    def _let_go(self) -> None:
        if self._held is not None:
            os.close(self._held)
            self._held = None


async def _locked(path: Path, *, at_once: bool) -> int:
    """The lock file, once nobody else has it; `at_once` if nobody has it now."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        if not at_once or not _take_at_once(file):
            await asyncio.to_thread(fcntl.flock, file, fcntl.LOCK_EX)
    except BaseException:
        os.close(file)
        raise
    return file


def _take_at_once(file: int) -> bool:
    """Takes the lock if nobody has it; False where it has to be waited for."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

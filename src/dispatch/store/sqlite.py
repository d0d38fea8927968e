"""Connections to an SQLite file for an event loop.

A query of a file in memory's reach takes some ten microseconds: handing it to a thread, four times
for each, takes longer, and in a busy process each of these times waits for the interpreter's lock.
So queries run where they are asked. What may wait, for the write lock or the disk, has a thread.
"""

import sqlite3
from collections.abc import Callable
from typing import Any

import aiosqlite

from dispatch.store import deadlines

# A page of rows at a time, where a caller reads row by row.
_ROWS = 64


class _File(sqlite3.Connection):
    """Gives its locks back when it is closed, whatever still holds a cursor of it.

    Who is cancelled in the midst of a query leaves one behind. SQLite keeps a closed connection
    alive as long as such a query is unfinished, and with it the lock of its transaction.
    """

    def close(self) -> None:
        self.rollback()
        super().close()


class _Connection(aiosqlite.Connection):
    """Runs at once what cannot wait; in order, whichever way each goes."""

    _handed = 0
    _ended = 0

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if not self._running or self._connection is None:
            raise ValueError("Connection closed")
        # Who was cancelled may have left the thread at work.
        if self._handed == self._ended and not _may_wait(fn, args):
            return fn(*args, **kwargs)
        self._handed += 1
        return await super()._execute(self._counted, fn, *args, **kwargs)

    def begin_reading(self) -> bool:
        """Begins a transaction that only reads; False where the thread is still at work."""
        if self._connection is None or self._handed != self._ended:
            return False
        self._connection.execute("BEGIN").close()
        return True

    def _counted(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        try:
            return fn(*args, **kwargs)
        finally:
            self._ended += 1


class Commits:
    """Tells in no time whether anybody has committed anything to a file, so that who waits for
    news need not read for it."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def version(self) -> int:
        """A number that changes with each commit of any connection."""
        if self._connection is None:
            self._connection = sqlite3.connect(self._path, check_same_thread=False)
        # It changes with the commits of others: this connection makes none.
        return self._connection.execute("PRAGMA data_version").fetchone()[0]

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def connect(path: str, **options: Any) -> aiosqlite.Connection:
    """Opens a file; awaiting it gives the connection."""

    def open_file() -> sqlite3.Connection:
        opened = sqlite3.connect(path, factory=_File, **{**options, "check_same_thread": False})
        opened.set_progress_handler(deadlines.is_over, deadlines.STEPS_BETWEEN)
        return opened

    connection = _Connection(open_file, _ROWS)
    # A process that ends does not wait for it.
    connection._thread.daemon = True  # noqa: SLF001 -- as SQLAlchemy does where it connects
    return connection


def _may_wait(fn: Callable[..., Any], args: tuple[Any, ...]) -> bool:
    """Whether a call may stand still: taking the write lock, writing to the disk."""
    if isinstance(getattr(fn, "__self__", None), sqlite3.Connection):
        return fn.__name__ in {"commit", "close"}
    statement = args[0] if args else None
    return isinstance(statement, str) and statement.startswith(("BEGIN IMMEDIATE", "PRAGMA"))

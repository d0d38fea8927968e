"""Connections to an SQLite file for an event loop.

A query of a file in memory's reach takes some ten microseconds: handing it to a thread, four times
for each, takes longer, and in a busy process each of these times waits for the interpreter's lock.
So queries run where they are asked, and so does a commit that only adds to the log beside the file.
What may wait has a thread: for the write lock where somebody holds it, and for the disk.
"""

import sqlite3
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
)
from sqlalchemy.util.concurrency import await_

from dispatch.store import deadlines

# A page of rows at a time, where a caller reads row by row.
_ROWS = 64
LOG_PAGES = 4_000
"""Carrying the log over waits for the disk, and a page that was written often goes over once: the
longer the log, the less is waited for. SQLite finds so many by one table of the log's index."""
LOG_BYTES = LOG_PAGES * 4_096 * 9 // 10
"""Of a log that the next commit may carry over: a little less than its pages."""


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

    log: Path
    """The path of the file's log."""
    _handed = 0
    _ended = 0

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if not self._running or self._connection is None:
            raise ValueError("Connection closed")
        # Who was cancelled may have left the thread at work.
        if self._handed == self._ended and not self._may_wait(fn, args):
            return fn(*args, **kwargs)
        self._handed += 1
        return await super()._execute(self._counted, fn, *args, **kwargs)

    @property
    def idle(self) -> sqlite3.Connection | None:
        """The file itself, while the thread is not at work on it."""
        return self._connection if self._running and self._handed == self._ended else None

    def begin_reading(self) -> bool:
        """Begins a transaction that only reads; False where the thread is still at work."""
        if (file := self.idle) is None:
            return False
        file.execute("BEGIN").close()
        return True

    def begin_writing(self) -> bool:
        """Takes the write lock if nobody has it; False where it has to be waited for."""
        if (file := self.idle) is None:
            return False
        waits = file.execute("PRAGMA busy_timeout").fetchone()[0]
        file.execute("PRAGMA busy_timeout=0").close()
        try:
            file.execute("BEGIN IMMEDIATE").close()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                raise
            return False
        finally:
            file.execute(f"PRAGMA busy_timeout={waits}").close()
        return True

    def _may_wait(self, fn: Callable[..., Any], args: tuple[Any, ...]) -> bool:
        """Whether a call may stand still: taking the write lock, writing to the disk."""
        if isinstance(getattr(fn, "__self__", None), sqlite3.Connection):
            return fn.__name__ == "close" or (fn.__name__ == "commit" and self._is_log_long())
        statement = args[0] if args else None
        return isinstance(statement, str) and _is_slow(statement)

    def _is_log_long(self) -> bool:
        """Whether a commit may have to carry the log over into the file."""
        try:
            return self.log.stat().st_size >= LOG_BYTES
        except FileNotFoundError:
            return False

    def _counted(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        try:
            return fn(*args, **kwargs)
        finally:
            self._ended += 1


class _FileCursor(aiosqlite.Cursor):
    """A cursor of the file, opened without the thread."""

    @property
    def file(self) -> sqlite3.Cursor:
        return self._cursor


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    """Asks the file itself where it can: a way by the event loop costs more than most queries."""

    __slots__ = ()

    def _make_new_cursor(self, connection: Any) -> Any:
        return connection

    def _aenter_cursor(self, cursor: Any) -> Any:
        connection: _Connection = cursor
        file = connection.idle
        if file is None:
            waiting: Any = connection.cursor()
            return super()._aenter_cursor(waiting)
        # SQLAlchemy wants to see a driver wait in whatever is executed without a session.
        return await_(_at_once(_FileCursor(connection, file.cursor())))

    def execute(self, operation: str, parameters: Any = None) -> Any:
        cursor = self._at_hand(operation)
        if cursor is None:
            return super().execute(operation, parameters)
        try:
            cursor.execute(operation, parameters or ())
            if cursor.description:
                self._rows = deque(cursor.fetchall())
        except Exception as error:  # noqa: BLE001 -- told as the driver tells it
            self._adapt_connection._handle_exception(error)  # noqa: SLF001 -- as the driver does
        return self._cursor

    def executemany(self, operation: str, seq_of_parameters: Any) -> Any:
        cursor = self._at_hand(operation)
        if cursor is None:
            return super().executemany(operation, seq_of_parameters)
        try:
            cursor.executemany(operation, seq_of_parameters)
        except Exception as error:  # noqa: BLE001 -- told as the driver tells it
            self._adapt_connection._handle_exception(error)  # noqa: SLF001 -- as the driver does
        return self._cursor

    def close(self) -> None:
        cursor = None if self._soft_closed_memoized else self._at_hand()
        if cursor is None:
            super().close()
            return
        self._rows.clear()
        cursor.close()

    def _at_hand(self, operation: str = "") -> sqlite3.Cursor | None:
        """The file's own cursor, where nothing has to be waited for."""
        connection: Any = self._connection
        cursor: Any = self._cursor
        if not isinstance(cursor, _FileCursor) or connection.idle is None or _is_slow(operation):
            return None
        return cursor.file


async def _at_once(cursor: _FileCursor) -> _FileCursor:
    return cursor


class _Adapted(AsyncAdapt_aiosqlite_connection):
    """A connection as SQLAlchemy wants it."""

    __slots__ = ()
    _cursor_cls = _Cursor


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


def connect(dialect: Any, _record: object, args: Any, options: Any) -> _Adapted:
    """Opens a file, where an engine wants to connect."""

    def open_file() -> sqlite3.Connection:
        opened = sqlite3.connect(*args, factory=_File, **{**options, "check_same_thread": False})
        opened.set_progress_handler(deadlines.is_over, deadlines.STEPS_BETWEEN)
        return opened

    connection = _Connection(open_file, _ROWS)
    connection.log = Path(f"{args[0]}-wal")
    # A process that ends does not wait for it.
    connection._thread.daemon = True  # noqa: SLF001 -- as SQLAlchemy does where it connects
    opened: Any = await_(connection)
    return _Adapted(dialect.dbapi, opened)


def _is_slow(statement: str) -> bool:
    return statement.startswith(("BEGIN IMMEDIATE", "PRAGMA"))

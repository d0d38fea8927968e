"""Connections to PostgreSQL, with no more said between the two than is needed.

What is said beside the statements (beginning and ending a transaction that only reads, asking
whether the server is still there) costs more than most statements take.
"""

import select
import time
from typing import Any

from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncSession

_RESTED = "dispatch_rested_at"
# A connection that rested no longer is only looked at: a server that stops says so to all.
_TRUSTED_S = 5.0


def prepare(engine: Engine, *, statement_s: float | None) -> None:
    """Has every connection speak as this house wants it; a statement is stopped after
    `statement_s` seconds."""
    # Times come as they are handed on, in UTC.
    settings = {"timezone": "UTC"}
    if statement_s is not None:
        settings["statement_timeout"] = str(round(statement_s * 1000))

    told = [f"-c {name}={value}" for name, value in settings.items()]

    def connect(_dialect: Any, _record: Any, _arguments: Any, options: dict[str, Any]) -> None:
        options["autocommit"] = True
        options["options"] = " ".join([options.get("options", ""), *told]).strip()

    event.listen(engine, "do_connect", connect)
    event.listen(engine, "begin", _begin)
    event.listen(engine, "checkin", _rest)
    event.listen(engine, "checkout", _look_after)


def _begin(connection: Connection) -> None:
    # Each statement sees what was committed before it, in a transaction or not: one that only
    # reads needs none, but for a cursor that is read page by page.
    wanted = connection.get_execution_options()
    if not wanted.get("dispatch_read_only") and wanted.get("isolation_level") != "AUTOCOMMIT":
        begin(connection)


def begin(connection: Connection) -> None:
    """Begins a transaction, on a connection that would do without."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute("BEGIN")
    finally:
        cursor.close()


def _rest(_connection: Any, record: Any) -> None:
    record.info[_RESTED] = time.monotonic()


def _look_after(connection: Any, record: Any, _proxy: Any) -> None:
    """Has the pool begin anew where the server is gone."""
    rested_at = record.info.get(_RESTED)
    if rested_at is None:
        return
    is_trusted = time.monotonic() - rested_at < _TRUSTED_S
    if is_trusted and not _has_word(connection.driver_connection):
        return
    cursor = None
    try:
        cursor = connection.cursor()
        cursor.execute("SELECT 1")
    except Exception as error:
        raise InvalidatePoolError from error
    finally:
        if cursor is not None:
            cursor.close()


def _has_word(driver: Any) -> bool:
    """Whether something came unasked: a farewell, or the end of the connection."""
    if driver.closed:
        return True
    poll = select.poll()
    poll.register(driver.fileno(), select.POLLIN)
    return bool(poll.poll(0))


async def hold_still(session: AsyncSession) -> None:
    """Lets a session that only reads begin a transaction, which a cursor needs to live in."""
    connection = await session.connection()
    if connection.dialect.name == "postgresql":
        await connection.run_sync(_begin_once)


def _begin_once(connection: Connection) -> None:
    driver: Any = connection.connection.driver_connection
    if driver.info.transaction_status == TransactionStatus.IDLE:
        begin(connection)

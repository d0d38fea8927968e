"""The door to the database: SQLite (embedded) or PostgreSQL, writing or reading."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import InstanceState, Session
from sqlalchemy.pool import QueuePool
from sqlalchemy.sql.compiler import InsertmanyvaluesSentinelOpts

from dispatch.store import postgres, sqlite
from dispatch.store.changes import keep_changes, write_held_back
from dispatch.store.lengths import check_lengths
from dispatch.store.turns import Turns
from dispatch.telemetry import metrics, statements

# How long a writer waits for SQLite's one write lock before it gives up.
_SQLITE_BUSY_S = 30.0
_POOL_SIZE = 8
_HELD = "held"


class Store:
    """Sessions on one database.

    `writing()` is one transaction: committed when the block ends, rolled back when it raises.
    On SQLite it takes the write lock at its start (`BEGIN IMMEDIATE`), since a lock taken later
    fails under contention. `reading()` never writes.
    """

    def __init__(
        self, url: str, *, pool_size: int = _POOL_SIZE, statement_s: float | None = None
    ) -> None:
        self.url = url
        self.engine = create_engine(url, pool_size=pool_size, statement_s=statement_s)
        metrics.show_pool(self)
        self._reader = self.engine.execution_options(dispatch_read_only=True)
        file = make_url(url).database if self.is_sqlite else None
        is_file = bool(file) and file != ":memory:"
        self._turns = Turns(Path(f"{file}-writer")) if is_file else None
        self._commits = sqlite.Commits(str(file)) if is_file else None

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def connections(self) -> tuple[int, int]:
        """How many connections are in use, and how many there may be."""
        pool = self.engine.sync_engine.pool
        if not isinstance(pool, QueuePool):
            # A database in memory has one, and everybody shares it.
            return 1, 1
        return pool.checkedout(), pool.size()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        async with self._turn(), _session(self.engine) as session, session.begin():
            yield session

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        async with _session(self._reader) as session:
            yield session

    def _turn(self) -> AbstractAsyncContextManager[None]:
        return self._turns.turn() if self._turns is not None else nullcontext()

    def version(self) -> int | None:
        """A number that is the same as long as nobody commits anything; None where only reading
        can tell."""
        return self._commits.version() if self._commits is not None else None

    async def close(self) -> None:
        if self._commits is not None:
            self._commits.close()
        await self.engine.dispose()


def is_unreachable(error: SQLAlchemyError) -> bool:
    """Whether the database could not be asked at all, or hung up; not that it said no."""
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None)
    lost = state is None and isinstance(error, OperationalError)
    # PostgreSQL's classes 08 (connection) and 57P (being shut down or started).
    said = state is not None and state.startswith(("08", "57P"))
    return error.connection_invalidated or said or (lost and _is_postgres(error))


def _is_postgres(error: DBAPIError) -> bool:
    # SQLite's operational errors are of another kind: a missing table, a locked file.
    return type(error.orig).__module__.startswith("psycopg")


class _CheckedSession(Session):
    """Looks at what it writes."""


event.listen(_CheckedSession, "before_flush", check_lengths)
event.listen(_CheckedSession, "before_flush", keep_changes)
event.listen(_CheckedSession, "before_commit", write_held_back)


@event.listens_for(_CheckedSession, "loaded_as_persistent", raw=True)
def _hold(session: Session, state: InstanceState[Any]) -> None:
    # A session forgets a row that nobody keeps, and asks again for whoever looks it up by its id
    # next. Sessions last no longer than one action, in which they do.
    session.info[_HELD].append(state.obj())


def _session(engine: AsyncEngine) -> AsyncSession:
    # Flushing is explicit: what is half changed is not written by a query on the way.
    return AsyncSession(
        engine,
        sync_session_class=_CheckedSession,
        expire_on_commit=False,
        autoflush=False,
        info={_HELD: []},
    )


def create_engine(
    url: str, *, pool_size: int = _POOL_SIZE, statement_s: float | None = None
) -> AsyncEngine:
    """An engine with what each database needs to be safe under concurrent writers.

    PostgreSQL stops a statement after `statement_s` seconds.
    """
    options: dict[str, Any] = {
        "pool_size": pool_size,
        "max_overflow": 0,
        "pool_timeout": 60,
        # What stands in the rows must not come into the log by way of an error.
        "hide_parameters": True,
        "json_deserializer": orjson.loads,
    }
    if make_url(url).get_backend_name() == "sqlite":
        options["connect_args"] = {"timeout": _SQLITE_BUSY_S}
        engine = create_async_engine(url, **options)
        # SQLite numbers the rows of one statement in their order: many rows are written by one
        # statement, and the ids that it gives back, in their order, are theirs.
        engine.dialect.insertmanyvalues_implicit_sentinel = (
            InsertmanyvaluesSentinelOpts.ANY_AUTOINCREMENT
        )
        event.listen(engine.sync_engine, "do_connect", sqlite.connect)
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        statements.watch(engine.sync_engine)
        return engine
    engine = create_async_engine(url, **options)
    postgres.prepare(engine.sync_engine, statement_s=statement_s)
    statements.watch(engine.sync_engine)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own BEGIN is switched off: `_begin_sqlite` decides which kind it is.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA busy_timeout={int(_SQLITE_BUSY_S * 1000)}")
    # A commit that makes the log this long carries it over into the file, and waits for the disk.
    cursor.execute(f"PRAGMA wal_autocheckpoint={sqlite.LOG_PAGES}")
    # What is carried over is given back: by its length one sees whether it will be carried over.
    cursor.execute(f"PRAGMA journal_size_limit={sqlite.LOG_BYTES // 2}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    driver: Any = connection.connection.driver_connection
    if connection.get_execution_options().get("dispatch_read_only", False):
        if not driver.begin_reading():
            connection.exec_driver_sql("BEGIN")
    elif not driver.begin_writing():
        connection.exec_driver_sql("BEGIN IMMEDIATE")

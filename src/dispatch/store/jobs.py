"""Jobs wait in the database beside what they are about, in the tables of DBOS.

A job is put down in the transaction that asks for it: there is no job without its change, and no
change without its job. Workers (`dispatch.jobs`) take it from there.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncSession

from dispatch.telemetry.current import traceparent

if TYPE_CHECKING:
    from dbos import DBOSClient

APPLICATION = "dispatch"
# What jobs mean, not what version of the service runs: a worker of any release takes up what
# another left, so this changes only when a job can no longer be understood.
JOBS_VERSION = "1"


TABLES = frozenset(
    {
        "application_versions",
        "dbos_migrations",
        "notifications",
        "operation_outputs",
        "queues",
        "streams",
        "workflow_events",
        "workflow_events_history",
        "workflow_input",
        "workflow_output",
        "workflow_schedules",
        "workflow_status",
    }
)
"""Of the engine: in PostgreSQL in a schema of their own, in an SQLite file beside ours."""


TRACEPARENT = "traceparent"
"""The argument by which a job goes on with the trace of whoever asked for it."""
_ENDED = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]


class JobQueue(StrEnum):
    """Where a job waits: long computations must not stand in the way of quick work."""

    PLANS = "plans"
    WORK = "work"


async def enqueue(
    session: AsyncSession,
    job: str,
    arguments: Mapping[str, Any],
    *,
    key: str,
    queue: JobQueue = JobQueue.WORK,
) -> None:
    """Puts a job down in the session's transaction; of one `key` there is one job for ever.

    `arguments` are what JSON knows: ids, never rows, since the job reads the world anew.
    """
    connection = await session.connection()
    given = dict(arguments)
    if (here := traceparent()) is not None:
        given[TRACEPARENT] = here
    options = {
        "workflow_name": job,
        "workflow_id": key,
        "queue_name": queue.value,
        "app_version": JOBS_VERSION,
    }

    def put(connection: Connection) -> None:
        client = _client(connection.dialect.name)
        client.enqueue_in_transaction(connection, options, given)  # type: ignore[arg-type]

    await connection.run_sync(put)


async def waiting_jobs(session: AsyncSession) -> dict[JobQueue, tuple[int, datetime]]:
    """How many jobs of each queue nobody has begun, and since when the first of them waits."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    table = "workflow_status" if is_sqlite else "dbos.workflow_status"
    statement = text(
        f"SELECT queue_name, count(*), min(created_at) FROM {table}"  # noqa: S608 -- two constants
        " WHERE status = 'ENQUEUED' GROUP BY queue_name"
    )
    known = {queue.value: queue for queue in JobQueue}
    return {
        known[name]: (count, datetime.fromtimestamp(since_ms / 1000, UTC))
        for name, count, since_ms in await session.execute(statement)
        if name in known
    }


async def is_under_way(session: AsyncSession, job: str, *, key_prefix: str = "") -> bool:
    """Whether a job of the name, whose key begins so, waits or is at work."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    table = "workflow_status" if is_sqlite else "dbos.workflow_status"
    statement = text(
        f"SELECT 1 FROM {table}"  # noqa: S608 -- two constants
        " WHERE status IN ('ENQUEUED', 'PENDING') AND name = :job"
        " AND substr(workflow_uuid, 1, :length) = :prefix LIMIT 1"
    )
    asked = {"job": job, "prefix": key_prefix, "length": len(key_prefix)}
    return (await session.execute(statement, asked)).first() is not None


def forget_ended(url: str, *, before: datetime, most: int = 1000) -> int:
    """Deletes jobs that ended before a time, the oldest first; how many. Blocks.

    It needs no engine: a process that is just beginning or ending can do it, too.
    """
    from dbos import DBOSClient

    client = DBOSClient(system_database_url=plain_url(url), application_name=APPLICATION, lazy=True)
    try:
        ended = client.list_workflows(
            status=_ENDED,
            completed_before=before.isoformat(),
            limit=most,
            load_input=False,
            load_output=False,
        )
        keys = [each.workflow_id for each in ended]
        if keys:
            client.delete_workflows(keys)
    finally:
        client.destroy()
    return len(keys)


def prepare(url: str) -> None:
    """Makes or renews the tables in which jobs wait; blocks until done."""
    # Here and below: importing the engine takes most of a second, which few commands need.
    from dbos import DBOS

    DBOS.migrate(plain_url(url))


def plain_url(url: str) -> str:
    """The address as drivers that are not asynchronous know it."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        parsed = parsed.set(drivername="sqlite")
    return parsed.render_as_string(hide_password=False)


@cache
def _client(dialect: str) -> "DBOSClient":
    """Writes jobs into the transactions of others; it never opens a connection of its own."""
    from dbos import DBOSClient, DBOSPortableJSONSerializer

    nowhere = "sqlite:///nowhere" if dialect == "sqlite" else "postgresql+psycopg:///nowhere"
    return DBOSClient(
        system_database_url=nowhere,
        serializer=DBOSPortableJSONSerializer(),
        application_name=APPLICATION,
        lazy=True,
    )

"""In which order lines of the record, and messages, became known to those who listen (公布).

Transactions commit in another order than they draw ids, on PostgreSQL. So one process at a time
numbers what has been committed; a number once given never changes, and nothing gets in between.
SQLite has one writer at a time: there the ids are that order, and this table stays empty.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Index, String, UniqueConstraint, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.store.base import Base, words


class Topic(StrEnum):
    """What is published."""

    EVENT = "EVENT"
    """Lines of the record."""
    MESSAGE = "MESSAGE"
    """What came into readers' inboxes."""


class Publication(Base):
    """`id` is the number: rows of both topics share one sequence."""

    __tablename__ = "publication"
    __table_args__ = (
        UniqueConstraint("topic", "row_id"),
        Index("ix_publication_published_at", "published_at"),
    )

    topic: Mapped[Topic] = mapped_column(words(Topic, name="topic"))
    row_id: Mapped[int] = mapped_column(BigInteger)
    published_at: Mapped[datetime]


class PublicationFloor(Base):
    """Up to which row everything of a topic is published, or will never be there."""

    __tablename__ = "publication_floor"

    topic: Mapped[str] = mapped_column(String(32), unique=True)
    row_id: Mapped[int] = mapped_column(BigInteger)


CHANNEL = "dispatch_published"
"""Where PostgreSQL tells that something was numbered."""

_TABLES = {
    Topic.EVENT: ("event", "true"),
    Topic.MESSAGE: ("message", "r.channel_id IS NULL"),
}
_NUMBER = {
    topic: text(
        f"""
        INSERT INTO publication (topic, row_id, published_at)
        SELECT '{topic.value}', r.id, now() FROM {table} AS r
        WHERE r.id > :floor AND {condition} AND NOT EXISTS (
            SELECT FROM publication AS p
            WHERE p.topic = '{topic.value}' AND p.row_id = r.id AND p.row_id > :floor
        )
        ORDER BY r.id LIMIT :most
        RETURNING row_id
        """  # noqa: S608 -- put together from the words above
    )
    for topic, (table, condition) in _TABLES.items()
}
_UNDER_WAY = text(
    "SELECT pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint "
    "FROM pg_current_snapshot() AS s"
)
_FLOORS = text("SELECT topic, row_id FROM publication_floor")
_SET_FLOOR = text(
    "INSERT INTO publication_floor (topic, row_id) VALUES (:topic, :floor) "
    "ON CONFLICT (topic) DO UPDATE SET row_id = excluded.row_id"
)
_TELL = text(f"SELECT pg_notify('{CHANNEL}', '')")
_PRUNE = text(
    """
    DELETE FROM publication WHERE published_at < now() - make_interval(secs => :kept_s)
    AND id < (SELECT max(id) FROM publication)
    AND row_id <= (SELECT f.row_id FROM publication_floor AS f WHERE f.topic = publication.topic)
    """
).bindparams(bindparam("kept_s"))


async def number(connection: AsyncConnection, topic: Topic, *, floor: int, most: int) -> list[int]:
    """Numbers what is above the floor and has no number yet, the lowest id first; which."""
    values = {"floor": floor, "most": most}
    return sorted((await connection.execute(_NUMBER[topic], values)).scalars())


async def under_way(connection: AsyncConnection) -> tuple[int, int]:
    """The oldest transaction still running, and the first that has not begun."""
    oldest, unborn = (await connection.execute(_UNDER_WAY)).one()
    return oldest, unborn


async def floors(connection: AsyncConnection) -> dict[Topic, int]:
    """The floor of each topic; at the very first, what is there counts as known to everybody."""
    found = {Topic(topic): floor for topic, floor in (await connection.execute(_FLOORS)).all()}
    for topic, (table, _) in _TABLES.items():
        if topic not in found:
            found[topic] = await _first_floor(connection, table)
            await set_floor(connection, topic, found[topic])
    return found


async def _first_floor(connection: AsyncConnection, table: str) -> int:
    # Whoever is writing is waited for once: from then on every id above is new.
    statements = (
        "BEGIN",
        f"LOCK TABLE {table} IN SHARE MODE",
    )
    for statement in statements:
        await connection.exec_driver_sql(statement)
    newest = (
        await connection.exec_driver_sql(f"SELECT coalesce(max(id), 0) FROM {table}")  # noqa: S608
    ).scalar_one()
    await connection.exec_driver_sql("COMMIT")
    return newest


async def set_floor(connection: AsyncConnection, topic: Topic, floor: int) -> None:
    await connection.execute(_SET_FLOOR, {"topic": topic.value, "floor": floor})


async def wake(connection: AsyncConnection) -> None:
    """Tells every process that something was numbered."""
    await connection.execute(_TELL)


async def prune(connection: AsyncConnection, *, kept_s: float) -> None:
    """Forgets numbers given longer ago, all but the newest."""
    await connection.execute(_PRUNE, {"kept_s": kept_s})

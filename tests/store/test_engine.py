"""The engine itself: many rows by few statements, each with its own id; and without a session."""

from __future__ import annotations

import random
from datetime import UTC, datetime

from sqlalchemy import event, insert, select

from dispatch.store.engine import Store
from dispatch.store.sites import Organization

ROWS = 2_500


async def test_each_of_many_rows_gets_its_own_id(database_url: str) -> None:
    store = Store(database_url)
    codes = random.Random(1).sample(range(10**6), ROWS)
    rows = [
        Organization(code=str(code), name=str(code), created_at=datetime.now(UTC)) for code in codes
    ]
    inserts: list[str] = []

    def take_down(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        inserts.append(statement)

    event.listen(store.engine.sync_engine, "before_cursor_execute", take_down)
    async with store.writing() as session:
        session.add_all(rows)
        await session.flush()
    assert sum(each.startswith("INSERT") for each in inserts) < ROWS / 50
    async with store.reading() as session:
        kept = (await session.execute(select(Organization.id, Organization.code))).all()
    await store.close()
    assert {(row.id, row.code) for row in rows} <= {(id_, code) for id_, code in kept}
    assert sorted(row.id for row in rows) == [row.id for row in rows]


async def test_without_a_session_too(database_url: str) -> None:
    store = Store(database_url)
    given = {"code": "a", "name": "a", "created_at": datetime.now(UTC)}
    async with store.engine.begin() as connection:
        await connection.execute(insert(Organization), [given])
    async with store.engine.connect() as connection:
        codes = (await connection.execute(select(Organization.code))).scalars().all()
    await store.close()
    assert "a" in codes

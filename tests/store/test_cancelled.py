"""Who is cancelled in the midst of a transaction leaves neither a row nor a lock behind."""

from __future__ import annotations

import asyncio
import gc
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, insert, make_url, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from dispatch.store import engine
from dispatch.store.engine import Store
from dispatch.store.sites import Organization

# Long enough to be cancelled in: some tenths of a second.
LONG = text(
    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 500000) "
    "SELECT count(*) FROM c"
)
PATIENCE_S = 15.0


@pytest.fixture(autouse=True)
def no_garbage_is_collected() -> Iterator[None]:
    """It would let go of the lock by chance, some time."""
    gc.disable()
    yield
    gc.enable()


async def add(session: AsyncSession, code: str) -> int:
    """Adds an organization; how many there are now."""
    given = {"code": code, "name": code, "created_at": datetime.now(UTC)}
    await session.execute(insert(Organization), [given])
    count = select(func.count()).select_from(Organization)
    return (await session.execute(count)).scalar_one()


async def cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert task.cancelled()


async def test_in_the_midst_of_its_work(database_url: str) -> None:
    store, began = Store(database_url), asyncio.Event()

    async def write() -> None:
        async with store.writing() as session:
            await add(session, "cancelled")
            began.set()
            await session.execute(LONG)
            await asyncio.sleep(60)

    try:
        writing = asyncio.create_task(write())
        await began.wait()
        await asyncio.sleep(0.05)
        await cancel(writing)
        async with asyncio.timeout(PATIENCE_S), store.writing() as session:
            assert await add(session, "other") == 1
    finally:
        await store.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_while_it_waits_for_the_lock(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Who waits in the database hears of the end only when it is tired of waiting.
    monkeypatch.setattr(engine, "_SQLITE_BUSY_S", 2.0)
    store = Store(database_url)

    async def write() -> None:
        async with store.writing() as session:
            await add(session, "cancelled")

    try:
        with closing(sqlite3.connect(make_url(database_url).database or "")) as other:
            other.execute("BEGIN IMMEDIATE")
            writing = asyncio.create_task(write())
            await asyncio.sleep(0.1)
            await cancel(writing)
            other.rollback()
        async with asyncio.timeout(PATIENCE_S), store.writing() as session:
            assert await add(session, "other") == 1
    finally:
        await store.close()

"""Who is cancelled in the midst of a transaction leaves neither a row nor a lock behind."""

from __future__ import annotations

import asyncio
import gc
from contextlib import suppress
from datetime import UTC, datetime

from sqlalchemy import func, insert, select, text

from dispatch.store.engine import Store
from dispatch.store.sites import Organization

# Long enough to be cancelled in: some tenths of a second.
LONG = text(
    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 500000) "
    "SELECT count(*) FROM c"
)
PATIENCE_S = 15.0


async def test_the_next_writer_gets_the_lock(database_url: str) -> None:
    store = Store(database_url)

    async def write(code: str) -> int:
        async with store.writing() as session:
            given = {"code": code, "name": code, "created_at": datetime.now(UTC)}
            await session.execute(insert(Organization), [given])
            if code == "cancelled":
                began.set()
                await session.execute(LONG)
            count = select(func.count()).select_from(Organization)
            return (await session.execute(count)).scalar_one()

    # The garbage collector would let go of the lock by chance, some time.
    gc.disable()
    try:
        began = asyncio.Event()
        writing = asyncio.create_task(write("cancelled"))
        await began.wait()
        await asyncio.sleep(0.05)
        writing.cancel()
        with suppress(asyncio.CancelledError):
            await writing
        assert writing.cancelled()
        assert await asyncio.wait_for(write("other"), PATIENCE_S) == 1
    finally:
        gc.enable()
        await store.close()

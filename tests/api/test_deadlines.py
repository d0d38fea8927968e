"""No query holds the service or the database for longer than it may."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import strawberry
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from dispatch.api.context import Backing, Context, Gate, Info
from dispatch.api.guard import Guard
from dispatch.api.hub import Hub
from dispatch.api.limits import Limits
from dispatch.api.schema import Schema
from dispatch.api.trusted import Trust
from dispatch.store.deadlines import was_stopped
from dispatch.store.engine import Store
from tests.factories import World

HOURS = text(
    "WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted"
    " WHERE n < 100000000000) SELECT count(*) FROM counted"
)
LIMITS = Limits(seconds=0.3)


@strawberry.type
class Query:
    @strawberry.field
    async def counts(self, info: Info) -> int:
        """Holds the database, and with SQLite the event loop, too."""
        async with info.context.reading() as tx:
            return (await tx.session.execute(HOURS)).scalar_one()

    @strawberry.field
    async def waits(self) -> int:
        await asyncio.sleep(3600)
        return 1

    @strawberry.field
    async def quick(self, info: Info) -> int:
        async with info.context.reading() as tx:
            return (await tx.session.execute(text("SELECT 1"))).scalar_one()


async def run(world: World, document: str) -> Any:
    guard = {"limits": LIMITS, "open_introspection": True, "trust": Trust.ALSO}
    schema = Schema(query=Query, extensions=[lambda: Guard(**guard)])
    schema.limits = LIMITS
    hub = Hub(world.services)
    backing = Backing(services=world.services, planner=lambda: None, hub=hub, gate=Gate())  # type: ignore[arg-type,return-value]
    context = Context(backing=backing, caller=world.desk, language="en", origin="test")
    return await schema.execute(document, context_value=context)


@pytest.mark.parametrize("field", ["counts", "waits"])
async def test_a_query_ends_when_its_time_is_over(world: World, field: str) -> None:
    result = await run(world, f"{{ {field} }}")
    assert result.data is None
    (error,) = result.errors
    assert error.extensions["code"] == "TIMEOUT"
    assert "0.3 seconds" in error.message
    # The connection it held is good for the next one.
    for _ in range(10):
        assert (await run(world, "{ quick }")).data == {"quick": 1}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_postgres_stops_a_statement_by_itself(database_url: str) -> None:
    store = Store(database_url, statement_s=0.2)
    try:
        with pytest.raises(DBAPIError) as caught:
            async with store.writing() as session:
                await session.execute(text("SELECT pg_sleep(3600)"))
        assert was_stopped(caught.value)
    finally:
        await store.close()

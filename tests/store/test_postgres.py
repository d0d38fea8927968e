"""What is said between a process and PostgreSQL beside the statements, and what not."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from dispatch.store.engine import Store
from dispatch.store.postgres import hold_still

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

TRANSACTION = text("SELECT pg_current_xact_id()::text")
PLACE = text("SELECT pg_backend_pid()")


async def test_only_who_writes_begins_a_transaction(database_url: str) -> None:
    store = Store(database_url)
    try:
        async with store.reading() as session:
            seen = [(await session.execute(TRANSACTION)).scalar_one() for _ in range(2)]
            assert len(set(seen)) == 2
        async with store.writing() as session:
            seen = [(await session.execute(TRANSACTION)).scalar_one() for _ in range(2)]
            assert len(set(seen)) == 1
        async with store.reading() as session:
            await hold_still(session)
            await hold_still(session)
            seen = [(await session.execute(TRANSACTION)).scalar_one() for _ in range(2)]
            assert len(set(seen)) == 1
        # The connection comes back without it.
        async with store.reading() as session:
            assert (await session.execute(text("SELECT now() = statement_timestamp()"))).scalar()
    finally:
        await store.close()


async def test_what_goes_wrong_is_taken_back(database_url: str) -> None:
    store = Store(database_url)
    try:
        async with store.writing() as session:
            await session.execute(text("CREATE TABLE tried (n int)"))

        async def fail() -> None:
            async with store.writing() as session:
                await session.execute(text("INSERT INTO tried VALUES (1)"))
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail()
        async with store.reading() as session:
            assert (await session.execute(text("SELECT count(*) FROM tried"))).scalar_one() == 0
    finally:
        await store.close()


async def test_a_connection_that_the_server_ended_meanwhile_is_replaced(database_url: str) -> None:
    store, other = Store(database_url, pool_size=2), Store(database_url)
    try:
        async with store.reading() as session:
            ended = (await session.execute(PLACE)).scalar_one()
        async with other.reading() as session:
            await session.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": ended})
        async with store.reading() as session:
            assert (await session.execute(PLACE)).scalar_one() != ended
        async with store.writing() as session:
            await session.execute(TRANSACTION)
    finally:
        await store.close()
        await other.close()


async def test_a_connection_in_good_order_is_not_asked_whether_it_is(database_url: str) -> None:
    store, other = Store(database_url, pool_size=1), Store(database_url)
    try:
        async with store.reading() as session:
            place = (await session.execute(PLACE)).scalar_one()
        async with store.reading() as session:
            pass
        last = text("SELECT query, state FROM pg_stat_activity WHERE pid = :pid")
        async with other.reading() as session:
            query, state = (await session.execute(last, {"pid": place})).one()
        assert (query, state) == ("SELECT pg_backend_pid()", "idle")
    finally:
        await store.close()
        await other.close()


async def test_times_come_in_utc_and_a_statement_has_its_limit(database_url: str) -> None:
    store = Store(database_url, statement_s=7)
    try:
        async with store.reading() as session:
            assert (await session.execute(text("SHOW timezone"))).scalar_one() == "UTC"
            assert (await session.execute(text("SHOW statement_timeout"))).scalar_one() == "7s"
    finally:
        await store.close()

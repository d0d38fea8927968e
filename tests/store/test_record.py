"""The record of a transaction is written in one go, in order, and only of what stands."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import event, select

from dispatch.store.changes import forget_recorded, record, write_down
from dispatch.store.engine import Store
from dispatch.store.events import Event
from dispatch.store.sites import Organization

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)


async def company(store: Store) -> int:
    async with store.writing() as session:
        row = Organization(code="c", name="c", created_at=NOW)
        session.add(row)
        await session.flush()
        return row.id


def line(organization_id: int, kind: str) -> Event:
    return Event(
        organization_id=organization_id,
        at=NOW,
        kind=kind,
        subject="organization",
        subject_id=organization_id,
        actor_name="test",
        origin="test",
        before={},
        after={},
        data={},
    )


async def kinds(store: Store) -> list[str]:
    async with store.reading() as session:
        rows = await session.execute(select(Event.kind).order_by(Event.id))
        return list(rows.scalars())


async def test_in_order_and_by_one_statement(database_url: str) -> None:
    store = Store(database_url)
    owner = await company(store)
    written: list[str] = []

    def take_down(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        written.append(statement)

    event.listen(store.engine.sync_engine, "before_cursor_execute", take_down)
    async with store.writing() as session:
        for number in range(5):
            record(session, [line(owner, f"kind.{number}")])
            await session.flush()
    assert sum(each.startswith("INSERT INTO event") for each in written) == 1
    assert await kinds(store) == [f"kind.{number}" for number in range(5)]
    await store.close()


async def test_who_reads_the_record_reads_all_of_it(database_url: str) -> None:
    store = Store(database_url)
    owner = await company(store)
    async with store.writing() as session:
        record(session, [line(owner, "kind.1")])
        await write_down(session)
        assert list((await session.execute(select(Event.kind))).scalars()) == ["kind.1"]
        record(session, [line(owner, "kind.2")])
    assert await kinds(store) == ["kind.1", "kind.2"]
    await store.close()


async def test_what_is_rolled_back_is_not_told(database_url: str) -> None:
    store = Store(database_url)
    owner = await company(store)
    async with store.writing() as session:
        record(session, [line(owner, "kind.before")])
        await write_down(session)
        savepoint = await session.begin_nested()
        session.add(Organization(code="d", name="d", created_at=NOW))
        record(session, [line(owner, "kind.rolled_back")])
        await session.flush()
        forget_recorded(session)
        await savepoint.rollback()
        record(session, [line(owner, "kind.after")])
    assert await kinds(store) == ["kind.before", "kind.after"]
    await store.close()

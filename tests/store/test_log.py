"""An SQLite file's log: carried over into the file before it grows without end; nothing is lost."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from dispatch.store import sqlite
from dispatch.store.engine import Store
from dispatch.store.migrate import upgrade
from dispatch.store.sites import Organization


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sqlite, "LOG_PAGES", 60)
    monkeypatch.setattr(sqlite, "LOG_BYTES", 60 * 4_096 * 9 // 10)
    path = tmp_path / "d.db"
    upgrade(f"sqlite+aiosqlite:///{path}")
    return path


async def write(store: Store, number: int) -> None:
    given = {"code": f"{number}", "name": "a" * 50, "created_at": datetime.now(UTC)}
    async with store.writing() as session:
        await session.execute(insert(Organization), [given])


async def test_it_does_not_grow_without_end(file: Path) -> None:
    store = Store(f"sqlite+aiosqlite:///{file}")
    log = Path(f"{file}-wal")
    sizes = []
    for number in range(200):
        await write(store, number)
        sizes.append(log.stat().st_size)  # noqa: ASYNC240 -- as short as can be
    assert max(sizes) < 2 * sqlite.LOG_BYTES
    assert sum(after < before for before, after in pairwise(sizes)) >= 3
    async with store.reading() as session:
        count = await session.execute(select(func.count()).select_from(Organization))
        assert count.scalar_one() == 200
    await store.close()


async def test_what_is_committed_others_see_at_once(file: Path) -> None:
    store = Store(f"sqlite+aiosqlite:///{file}")
    await write(store, 1)
    with closing(sqlite3.connect(file)) as other:
        assert other.execute("SELECT code FROM organization").fetchall() == [("1",)]
    await store.close()

"""Worlds that many tests begin with, each built once a run and then copied.

Building one takes a hundred transactions and more, copying it a few milliseconds.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from psycopg.errors import DuplicateDatabase
from sqlalchemy import URL
from sqlalchemy.engine import make_url

from tests.support.runs import FOLDER_VARIABLE, Run, locked

Build = Callable[[str], Awaitable[dict[str, Any]]]


async def fill(url: str, build: Build, *, name: str) -> dict[str, Any]:
    """Brings the world that `build` makes into the database, and returns what it returned.

    `name` is that of the world: whoever names the same gets a copy of the same. `url` is a
    migrated database that nobody is connected to. A database that is none of this run's own (a
    server that one test started for itself) is built afresh.
    """
    folder = os.environ.get(FOLDER_VARIABLE)
    target = make_url(url)
    if folder is None:
        return await build(url)
    run = Run(folder=Path(folder))
    if target.get_backend_name() == "sqlite":
        return await _fill_sqlite(run, target, build, name)
    if target.port == run.server().port:
        return await _fill_postgres(run, target, build, name)
    return await build(url)


async def _fill_sqlite(run: Run, target: URL, build: Build, name: str) -> dict[str, Any]:
    template, made = run.folder / f"{name}.db", run.folder / f"{name}.pickle"
    with locked(run.folder / f"{name}-sqlite.lock"):
        if not made.exists():
            shutil.copyfile(run.sqlite_template(), template)
            built = await build(f"sqlite+aiosqlite:///{template}")
            # A copy of the file alone must hold everything.
            with closing(sqlite3.connect(template)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            made.write_bytes(pickle.dumps(built))
    shutil.copyfile(template, str(target.database))
    return pickle.loads(made.read_bytes())


async def _fill_postgres(run: Run, target: URL, build: Build, name: str) -> dict[str, Any]:
    server, made = run.server(), run.folder / f"{name}-postgres.pickle"
    template = f"dispatch_{name}"
    with locked(run.folder / f"{name}-postgres.lock"):
        if not made.exists():
            server.create_database(template, template=run.postgres_template())
            made.write_bytes(pickle.dumps(await build(server.url(template))))
    database = str(target.database)
    try:
        await asyncio.to_thread(server.create_database, database, template=template)
    except DuplicateDatabase:
        await asyncio.to_thread(server.drop_database, database)
        await asyncio.to_thread(server.create_database, database, template=template)
    return pickle.loads(made.read_bytes())

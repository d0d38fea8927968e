"""The small world that most tests begin with, built once a run and then copied.

Building it takes a hundred transactions, copying it a few milliseconds.
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

from sqlalchemy import URL
from sqlalchemy.engine import make_url

from tests.support.runs import FOLDER_VARIABLE, Run, locked

_DATABASE = "dispatch_world"

Build = Callable[[str], Awaitable[dict[str, Any]]]


async def fill(url: str, build: Build) -> dict[str, Any]:
    """Brings the world that `build` makes into the database, and returns what it returned.

    `url` is a migrated database that nobody is connected to. A database that is none of this
    run's own (a server that one test started for itself) is built afresh.
    """
    folder = os.environ.get(FOLDER_VARIABLE)
    target = make_url(url)
    if folder is None:
        return await build(url)
    run = Run(folder=Path(folder))
    if target.get_backend_name() == "sqlite":
        return await _fill_sqlite(run, target, build)
    if target.port == run.server().port:
        return await _fill_postgres(run, target, build)
    return await build(url)


async def _fill_sqlite(run: Run, target: URL, build: Build) -> dict[str, Any]:
    template, made = run.folder / "world.db", run.folder / "world.pickle"
    with locked(run.folder / "world-sqlite.lock"):
        if not made.exists():
            shutil.copyfile(run.sqlite_template(), template)
            built = await build(f"sqlite+aiosqlite:///{template}")
            # A copy of the file alone must hold everything.
            with closing(sqlite3.connect(template)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            made.write_bytes(pickle.dumps(built))
    shutil.copyfile(template, str(target.database))
    return pickle.loads(made.read_bytes())


async def _fill_postgres(run: Run, target: URL, build: Build) -> dict[str, Any]:
    server, made = run.server(), run.folder / "world-postgres.pickle"
    with locked(run.folder / "world-postgres.lock"):
        if not made.exists():
            server.create_database(_DATABASE, template=run.postgres_template())
            made.write_bytes(pickle.dumps(await build(server.url(_DATABASE))))
    name = str(target.database)
    await asyncio.to_thread(server.drop_database, name)
    await asyncio.to_thread(server.create_database, name, template=_DATABASE)
    return pickle.loads(made.read_bytes())

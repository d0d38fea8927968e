"""Fixtures: a fresh, migrated database for every test, on SQLite and on PostgreSQL."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.runs import FOLDER_VARIABLE, Run, owned_run

KINDS = ("sqlite", "postgresql")
WORLDS = {"world", "lived", "walk"}
"""Fixtures that bring a database of their own."""
_OWNED = pytest.StashKey[contextlib.ExitStack]()


def pytest_configure(config: pytest.Config) -> None:
    """Open the run's folder, in the process that starts the others; they find it by name."""
    if hasattr(config, "workerinput"):
        return
    owned = config.stash[_OWNED] = contextlib.ExitStack()
    os.environ[FOLDER_VARIABLE] = str(owned.enter_context(owned_run()).folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the run's server and remove its files."""
    if _OWNED in config.stash:
        config.stash[_OWNED].close()


@pytest.fixture(scope="session")
def run() -> Run:
    """What all processes of this run of the tests share."""
    return Run(folder=Path(os.environ[FOLDER_VARIABLE]))


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, run: Run) -> Iterator[str]:
    """The async SQLAlchemy URL of a database of the newest schema that nobody else uses.

    A test that is about one of them asks for it alone:
    `@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)`.
    """
    bare = WORLDS.isdisjoint(request.fixturenames)
    name = f"test_{secrets.token_hex(8)}"
    if request.param == "sqlite":
        path = run.folder / f"{name}.db"
        if bare:
            shutil.copyfile(run.sqlite_template(), path)
        yield f"sqlite+aiosqlite:///{path}"
        for each in run.folder.glob(f"{name}*"):
            each.unlink(missing_ok=True)
        return
    server, template = run.server(), run.postgres_template()
    if bare:
        server.create_database(name, template=template)
    yield server.url(name)
    server.drop_database(name)

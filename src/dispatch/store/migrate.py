"""Brings a database to the newest schema."""

import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.engine import make_url

from dispatch.store import jobs

_MIGRATIONS = Path(__file__).parent / "migrations"


def configuration(url: str) -> Config:
    """Alembic's settings for one database; drivers that are only asynchronous are exchanged."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        parsed = parsed.set(drivername="sqlite")
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["url"] = parsed
    return config


def upgrade(url: str) -> None:
    """Runs every migration that the database has not seen, those of jobs too; blocks until done."""
    command.upgrade(configuration(url), "head")
    jobs.prepare(url)
    _let_readers_go_on(url)


def _let_readers_go_on(url: str) -> None:
    """Gives an SQLite file its write-ahead log, for good: the first of several processes that open
    it could not while another writes."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(parsed.database or ":memory:")) as connection:
            connection.execute("PRAGMA journal_mode=WAL")


def is_newest(connection: Connection, url: str) -> bool:
    """Whether the database has seen every migration this program knows."""
    return MigrationContext.configure(connection).get_current_heads() == _heads(url)


@cache
def _heads(url: str) -> tuple[str, ...]:
    # Read from a file for each migration; it is asked every few seconds.
    return tuple(ScriptDirectory.from_config(configuration(url)).get_heads())

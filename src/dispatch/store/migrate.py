"""Brings a database to the newest schema."""

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


def is_newest(connection: Connection, url: str) -> bool:
    """Whether the database has seen every migration this program knows."""
    heads = ScriptDirectory.from_config(configuration(url)).get_heads()
    return MigrationContext.configure(connection).get_current_heads() == tuple(heads)

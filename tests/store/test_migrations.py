"""The migrations make just the tables that the code declares."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

from dispatch.store import jobs
from dispatch.store.migrate import configuration
from dispatch.store.tables import Base


def is_ours(_item: object, name: str | None, kind: str, *_more: object) -> bool:
    """Whether our migrations make it; the tables in which jobs wait are made by their engine."""
    return not (kind == "table" and name in jobs.TABLES)


def test_the_newest_schema_is_what_the_code_declares(database_url: str) -> None:
    engine = create_engine(configuration(database_url).attributes["url"])
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(
                connection, opts={"compare_type": False, "include_object": is_ours}
            )
            differences = compare_metadata(context, Base.metadata)
    finally:
        engine.dispose()
    assert differences == []

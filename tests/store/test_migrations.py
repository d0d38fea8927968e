"""The migrations make just the tables that the code declares."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

from dispatch.store.migrate import configuration
from dispatch.store.tables import Base


def test_the_newest_schema_is_what_the_code_declares(database_url: str) -> None:
    engine = create_engine(configuration(database_url).attributes["url"])
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": False})
            differences = compare_metadata(context, Base.metadata)
    finally:
        engine.dispose()
    assert differences == []

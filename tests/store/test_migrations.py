"""The migrations make just the tables that the code declares."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, create_engine, inspect

from dispatch.store import jobs
from dispatch.store.migrate import configuration
from dispatch.store.search import INDEX
from dispatch.store.tables import Base


def is_ours(_item: object, name: str | None, kind: str, *_more: object) -> bool:
    """Whether our code declares it: the tables in which jobs wait are made by their engine, the
    index of words by SQL of PostgreSQL's own."""
    return not ((kind == "table" and name in jobs.TABLES) or (kind == "index" and name == INDEX))


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


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_check_of_a_table_was_lost_on_the_way(database_url: str) -> None:
    engine = create_engine(configuration(database_url).attributes["url"])
    try:
        found = inspect(engine)
        made = {
            (table, check["name"])
            for table in found.get_table_names()
            for check in found.get_check_constraints(table)
        }
    finally:
        engine.dispose()
    declared = {
        (table.name, str(check.name))
        for table in Base.metadata.sorted_tables
        for check in table.constraints
        if isinstance(check, CheckConstraint)
    }
    assert declared <= made


def test_the_newest_schema_is_named_without_a_database() -> None:
    """`/readyz` asks for it: a migration does nothing where it is merely read."""
    scripts = ScriptDirectory.from_config(configuration("sqlite+aiosqlite://"))
    assert len(scripts.get_heads()) == 1

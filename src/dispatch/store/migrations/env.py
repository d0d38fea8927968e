"""Alembic's entry: runs migrations in one transaction on the database it is given."""

from typing import Literal

from alembic import context
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from dispatch.store.base import UtcDateTime
from dispatch.store.tables import Base


def render_item(kind: str, item: object, _context: object) -> str | Literal[False]:
    """A migration must not change when the code's own types do: it names SQLAlchemy's alone."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


engine = create_engine(context.config.attributes["url"], poolclass=NullPool)
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        transactional_ddl=True,
        compare_type=True,
        render_as_batch=True,
        render_item=render_item,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
engine.dispose()

"""`INSERT ... ON CONFLICT`: each database has words of its own for it, which are the same here."""

from typing import Any

from sqlalchemy import FromClause
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from dispatch.store.base import Base

_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
DIALECTS = tuple(_INSERT)


def dialect_of(session: AsyncSession) -> str:
    """The name of the database's dialect; statements put together once are kept by it."""
    return session.get_bind().dialect.name


def insert_into(dialect: str, target: type[Base] | FromClause) -> Any:
    """An insert that can say what to do about a row which is there already.

    Into a table it costs less, into its row class it can return rows that the session knows.
    """
    return _INSERT[dialect](target)

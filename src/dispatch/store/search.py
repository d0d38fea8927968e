"""Full text of tickets, Chinese and English: on PostgreSQL an index of words and of pairs of
characters, on SQLite a look at the texts of what the other conditions leave.

The database makes the words itself, of the columns as they are: nothing has to be kept in step.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Boolean, ColumnElement, and_, func, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from dispatch.domain.search import Piece
from dispatch.store.tickets import Ticket

INDEX = "ix_ticket_search_words"
COLUMNS = (
    "number",
    "description",
    "requester_name",
    "requester_phone",
    "building",
    "unit",
    "room",
    "landmark",
    "location_text",
    "asset_name",
    "asset_tag",
)
"""What is searched of a ticket; PostgreSQL's index is made of just these, in this order."""


class ticket_holds(GenericFunction[bool]):  # noqa: N801 -- named like an SQL function
    """Whether a ticket holds all pieces: (for PostgreSQL, for SQLite)."""

    type = Boolean()
    inherit_cache = True


@compiles(ticket_holds, "postgresql")
def _of_postgresql(element: ticket_holds, compiler: SQLCompiler, **options: Any) -> str:
    wanted = compiler.process(next(iter(element.clauses)), **options)
    text = " || ' ' || ".join(f"coalesce(ticket.{name}, '')" for name in COLUMNS)
    return f"search_words({text}) @@ CAST({wanted} AS tsquery)"


@compiles(ticket_holds, "sqlite")
def _of_sqlite(element: ticket_holds, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(list(element.clauses)[1], **options)


def holds(wanted: Sequence[Piece]) -> ColumnElement[bool]:
    """Tickets that hold every piece."""
    query = " & ".join(f"'{each.text}'{':*' if each.begins else ''}" for each in wanted)
    texts = [func.coalesce(getattr(Ticket, name), "") for name in COLUMNS]
    whole = texts[0]
    for text in texts[1:]:
        whole = whole.concat(" ").concat(text)
    plain = and_(*(whole.icontains(each.text, autoescape=True) for each in wanted))
    return ticket_holds(literal(query), plain)

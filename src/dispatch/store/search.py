"""Full text of tickets, Chinese and English: on PostgreSQL an index of words and of pairs of
characters, on SQLite a look at the texts of what the other conditions leave.

The database makes the words itself, of the columns as they are: nothing has to be kept in step.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Boolean, ColumnElement, and_, func, literal, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from dispatch.domain.search import Piece
from dispatch.store.sites import Place
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
    """Whether a ticket holds all pieces: (PostgreSQL's query, SQLite's condition, places)."""

    type = Boolean()
    inherit_cache = True


@compiles(ticket_holds, "postgresql")
def _of_postgresql(element: ticket_holds, compiler: SQLCompiler, **options: Any) -> str:
    wanted, _, there = element.clauses
    text = " || ' ' || ".join(f"coalesce(ticket.{name}, '')" for name in COLUMNS)
    query, places = (compiler.process(each, **options) for each in (wanted, there))
    # An array of places, not a subquery: with that the two could not be found by their indexes.
    there = f"ticket.place_id = ANY(ARRAY{places})"
    return f"(search_words({text}) @@ CAST({query} AS tsquery) OR {there})"


@compiles(ticket_holds, "sqlite")
def _of_sqlite(element: ticket_holds, compiler: SQLCompiler, **options: Any) -> str:
    _, plain, there = (compiler.process(each, **options) for each in element.clauses)
    return f"({plain} OR ticket.place_id IN {there})"


def holds(wanted: Sequence[Piece]) -> ColumnElement[bool]:
    """Tickets that hold every piece, or lie at a place whose name does."""
    query = " & ".join(f"'{each.text}'{':*' if each.begins else ''}" for each in wanted)
    texts = [func.coalesce(getattr(Ticket, name), "") for name in COLUMNS]
    whole = texts[0]
    for text in texts[1:]:
        whole = whole.concat(" ").concat(text)
    there = select(Place.id).where(_all_in(Place.name, wanted)).scalar_subquery()
    return ticket_holds(literal(query), _all_in(whole, wanted), there)


def _all_in(text: Any, wanted: Sequence[Piece]) -> ColumnElement[bool]:
    return and_(*(text.icontains(each.text, autoescape=True) for each in wanted))

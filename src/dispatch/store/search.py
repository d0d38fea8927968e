"""Full text of tickets, Chinese and English: on PostgreSQL an index of words and of pairs of
characters, on SQLite a look at the texts of what the other conditions leave.

The database makes the words itself, of the columns as they are: nothing has to be kept in step.
With each word the index knows the site and the days of the report. A page of the nearest in time is
read slice of time by slice of time until it is full, so that neither what many tickets hold, nor
what many held once and none does now, takes longer where there are more.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Select,
    and_,
    any_,
    cast,
    func,
    literal,
    select,
    true,
    union,
)
from sqlalchemy.dialects.postgresql import TSQUERY
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
BEGINNINGS = 12
"""Letters of the longest beginning of a word that the index has for itself."""


class ticket_holds(GenericFunction[bool]):  # noqa: N801 -- named like an SQL function
    """Whether a ticket holds all pieces: (PostgreSQL's query, SQLite's condition, places)."""

    type = Boolean()
    inherit_cache = True


class ticket_matches(GenericFunction[bool]):  # noqa: N801 -- named like an SQL function
    """Whether PostgreSQL's index has a ticket under: (a query)."""

    type = Boolean()
    inherit_cache = True


_TEXT = " || ' ' || ".join(f"coalesce(ticket.{name}, '')" for name in COLUMNS)
_WORDS = f"ticket_words(ticket.site_id, ticket.reported_at, {_TEXT})"


@compiles(ticket_holds, "postgresql")
def _holds_of_postgresql(element: ticket_holds, compiler: SQLCompiler, **options: Any) -> str:
    wanted, _, there = element.clauses
    query, places = (compiler.process(each, **options) for each in (wanted, there))
    # An array of places, not a subquery: with that the two could not be found by their indexes.
    there = f"ticket.place_id = ANY(ARRAY{places})"
    return f"({_WORDS} @@ CAST({query} AS tsquery) OR {there})"


@compiles(ticket_holds, "sqlite")
def _holds_of_sqlite(element: ticket_holds, compiler: SQLCompiler, **options: Any) -> str:
    _, plain, there = (compiler.process(each, **options) for each in element.clauses)
    return f"({plain} OR ticket.place_id IN {there})"


@compiles(ticket_matches, "postgresql")
def _matches(element: ticket_matches, compiler: SQLCompiler, **options: Any) -> str:
    [query] = element.clauses
    return f"{_WORDS} @@ {compiler.process(query, **options)}"


def holds(wanted: Sequence[Piece]) -> ColumnElement[bool]:
    """Tickets that hold every piece, or lie at a place whose name does."""
    texts = [func.coalesce(getattr(Ticket, name), "") for name in COLUMNS]
    whole = texts[0]
    for text in texts[1:]:
        whole = whole.concat(" ").concat(text)
    there = select(Place.id).where(_all_in(Place.name, wanted)).scalar_subquery()
    return ticket_holds(literal(_query(wanted)), _all_in(whole, wanted), there)


def nearest(
    among: Select[Any], wanted: Sequence[Piece], *, site_id: int | None, falling: bool, most: int
) -> ColumnElement[bool]:
    """The first tickets of a SELECT that `holds` finds: `most` of them if there are so many.

    The first are the newest reports if `falling`, else the oldest; `site_id` says that all are of
    that site. PostgreSQL only.
    """
    time = among.with_only_columns(Ticket.reported_at).limit(1).correlate(None)
    near, far = (
        time.order_by(*_by_time(Ticket, way)).scalar_subquery() for way in (falling, not falling)
    )
    slices = (
        func.search_slices(near, far).table_valued("query", with_ordinality="turn").render_derived()
    )
    query = _query(wanted) + (f" & '@s{site_id}'" if site_id is not None else "")
    first = (
        among.with_only_columns(Ticket.id, Ticket.reported_at)
        .order_by(*_by_time(Ticket, falling))
        .limit(most)
    )
    # Two conditions, not one query made of two: how rare the words are is known of them alone. By
    # themselves, and an array: next to the others, indexes of those would be read as a whole.
    matching = (
        select(Ticket.id)
        .where(ticket_matches(cast(literal(query), TSQUERY)), ticket_matches(slices.c.query))
        .correlate(slices)
    )
    in_slice = first.where(_one_of(matching)).correlate(slices).lateral()
    by_words = (
        select(in_slice.c.id, in_slice.c.reported_at)
        .select_from(slices.join(in_slice, true()))
        .order_by(slices.c.turn, *_by_time(in_slice.c, falling))
        .limit(most)
    )
    named = select(Place.id).where(_all_in(Place.name, wanted))
    if site_id is not None:
        named = named.where(Place.site_id == site_id)
    places = named.subquery()
    at_place = first.where(Ticket.place_id == places.c.id).correlate(places).lateral()
    lying_there = select(at_place.c.id, at_place.c.reported_at).select_from(
        places.join(at_place, true())
    )
    both = union(by_words, lying_there).subquery()
    return _one_of(select(both.c.id).order_by(*_by_time(both.c, falling)).limit(most))


def _one_of(ids: Select[Any]) -> ColumnElement[bool]:
    """Tickets of these ids; as an array, by their ids whatever is thought of how many there are."""
    return Ticket.id == any_(func.array(ids.scalar_subquery()))


def _by_time(of: Any, falling: bool) -> Sequence[ColumnElement[Any]]:
    columns = (of.reported_at, of.id)
    return [column.desc() if falling else column.asc() for column in columns]


def _query(wanted: Sequence[Piece]) -> str:
    # The index has a word's first beginnings as words of their own.
    return " & ".join(
        f"'{each.text}'{':*' if each.begins and len(each.text) > BEGINNINGS else ''}"
        for each in wanted
    )


def _all_in(text: Any, wanted: Sequence[Piece]) -> ColumnElement[bool]:
    return and_(*(text.icontains(each.text, autoescape=True) for each in wanted))

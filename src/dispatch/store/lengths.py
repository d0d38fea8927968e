"""Texts no longer than their columns, on both databases.

PostgreSQL would answer with an error of its own and SQLite would keep any length. A row is looked
at when it is written, so that no service can forget it.
"""

from collections.abc import Iterable
from functools import cache

from sqlalchemy import Enum, String, inspect
from sqlalchemy.orm import Session

from dispatch.domain.errors import Code, Refusal, Refused
from dispatch.domain.sizes import LONG_TEXT_MOST
from dispatch.store.base import Base


def check_lengths(session: Session, *_: object) -> None:
    """Refuses TOO_LONG, one refusal per column, before anything of a flush is sent.

    The field is the column's name, or what the column's `info["field"]` says a caller calls it.
    """
    check_rows(row for row in (*session.new, *session.dirty) if isinstance(row, Base))


def check_rows(rows: Iterable[Base]) -> None:
    """The same for rows that are written past a flush."""
    faults = [fault for row in rows for fault in _faults(row)]
    if faults:
        raise Refused(*faults)


def _faults(row: Base) -> list[Refusal]:
    return [
        Refusal(Code.TOO_LONG, (field,), {"most": most, "length": len(value)})
        for name, field, most in _limits(type(row))
        # What was not loaded was not changed either.
        if isinstance(value := row.__dict__.get(name), str) and len(value) > most
    ]


@cache
def _limits(row: type[Base]) -> tuple[tuple[str, str, int], ...]:
    """Attribute, field and most characters of every column of free text."""
    limits = []
    for attribute in inspect(row).column_attrs:
        column = attribute.columns[0]
        if isinstance(column.type, String) and not isinstance(column.type, Enum):
            field = column.info.get("field", attribute.key)
            limits.append((attribute.key, field, column.type.length or LONG_TEXT_MOST))
    return tuple(limits)

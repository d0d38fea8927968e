"""Ordering by several columns, and the condition of what lies beyond a row in that order.

Null comes last, whichever the direction: both databases are told so, since each has its own habit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, false, or_
from sqlalchemy.orm import InstrumentedAttribute

Statement = TypeVar("Statement", bound=Select[Any])


@dataclass(frozen=True, slots=True)
class Order:
    """One column of an ordering."""

    column: InstrumentedAttribute[Any]
    descending: bool = False

    @property
    def is_nullable(self) -> bool:
        return bool(self.column.property.columns[0].nullable)


def by_keys(statement: Statement, keys: Sequence[Order], *, backward: bool) -> Statement:
    """The statement in the order of the keys, or in the reverse of it."""
    terms: list[ColumnElement[Any]] = []
    for key in keys:
        if key.is_nullable:
            terms.append(key.column.is_(None) if not backward else key.column.is_not(None))
        falling = key.descending != backward
        terms.append(key.column.desc() if falling else key.column.asc())
    return statement.order_by(*terms)


def beyond(keys: Sequence[Order], values: Sequence[Any], *, backward: bool) -> ColumnElement[bool]:
    """Rows after the row with these values; before it when `backward`."""
    ways: list[ColumnElement[bool]] = []
    for position, (key, value) in enumerate(zip(keys, values, strict=True)):
        same = [
            earlier.column.is_not_distinct_from(passed)
            for earlier, passed in zip(keys[:position], values[:position], strict=True)
        ]
        ways.append(and_(*same, _further(key, value, backward=backward)))
    return or_(*ways)


def _further(key: Order, value: Any, *, backward: bool) -> ColumnElement[bool]:
    if value is None:
        return key.column.is_not(None) if backward else false()
    falling = key.descending != backward
    further = key.column < value if falling else key.column > value
    if key.is_nullable and not backward:
        return or_(further, key.column.is_(None))
    return further

"""Ordering by several columns, and the condition of what lies beyond a row in that order.

Null comes last, whichever the direction: both databases are told so, since each has its own habit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, false, literal, or_, tuple_
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

    @property
    def columns(self) -> Sequence[ColumnElement[Any]]:
        """What is compared, all in the same direction: before the column whether it is there."""
        if not self.is_nullable:
            return (self.column.expression,)
        first = self.column.is_not(None) if self.descending else self.column.is_(None)
        return (first, self.column.expression)


def by_keys(statement: Statement, keys: Sequence[Order], *, backward: bool) -> Statement:
    """The statement in the order of the keys, or in the reverse of it."""
    return statement.order_by(
        *(
            column.desc() if key.descending != backward else column.asc()
            for key in keys
            for column in key.columns
        )
    )


def beyond(keys: Sequence[Order], values: Sequence[Any], *, backward: bool) -> ColumnElement[bool]:
    """Rows after the row with these values; before it when `backward`."""
    if len({key.descending for key in keys}) == 1 and None not in values:
        return _in_one(keys, values, backward=backward)
    ways: list[ColumnElement[bool]] = []
    for position, (key, value) in enumerate(zip(keys, values, strict=True)):
        same = [
            earlier.column.is_not_distinct_from(passed)
            for earlier, passed in zip(keys[:position], values[:position], strict=True)
        ]
        ways.append(and_(*same, _further(key, value, backward=backward)))
    return or_(*ways)


def _in_one(keys: Sequence[Order], values: Sequence[Any], *, backward: bool) -> ColumnElement[bool]:
    """One comparison of all columns: an index in their order begins where the page does."""
    columns = [column for key in keys for column in key.columns]
    bounds = [
        bound
        for key, value in zip(keys, values, strict=True)
        for bound in (
            *([literal(key.descending)] if key.is_nullable else []),
            literal(value, key.column.type),
        )
    ]
    falling = keys[0].descending != backward
    row, bound = tuple_(*columns), tuple_(*bounds)
    return row < bound if falling else row > bound


def _further(key: Order, value: Any, *, backward: bool) -> ColumnElement[bool]:
    if value is None:
        return key.column.is_not(None) if backward else false()
    falling = key.descending != backward
    further = key.column < value if falling else key.column > value
    if key.is_nullable and not backward:
        return or_(further, key.column.is_(None))
    return further

"""Filters of lists: typed per field, combined by `and` and `or`, turned into conditions on columns.

A filter input names its fields after the columns they compare; a field that compares none has its
condition among `special`.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date, datetime
from enum import Enum
from typing import Any, Generic, TypeVar

import strawberry
from sqlalchemy import ColumnElement, and_, or_, true
from strawberry import UNSET

from dispatch.api import ids
from dispatch.domain.errors import Code, refuse
from dispatch.domain.sizes import check_text

T = TypeVar("T", bound=Enum)

# A condition of some thousand names would be costly and has no use on a page of 200.
_LIST_MOST = 500
_DEPTH_MOST = 5
_PARTS_MOST = 50
_TEXT_MOST = 200


def some(description: str, *, name: str | None = None, node: str | None = None) -> Any:
    """An optional filter field; `node` names the kind of thing its ids must be of."""
    metadata = {"node": node} if node is not None else None
    return strawberry.field(default=UNSET, description=description, name=name, metadata=metadata)


@strawberry.input(description="Compares a value of a closed list; all that is given must hold.")
class Filter(Generic[T]):
    eq: T | None = some("Equal to this (等于).")
    in_: list[T] | None = some("One of these (属于).", name="in")
    nin: list[T] | None = some("None of these (不属于).")


@strawberry.input(description="Compares a text; all that is given must hold.")
class TextFilter:
    eq: str | None = some("Equal to this (等于).")
    in_: list[str] | None = some("One of these (属于).", name="in")
    contains: str | None = some("Has this in it; letters' case does not matter (包含).")


@strawberry.input(description="Compares an id; all that is given must hold.")
class IdFilter:
    eq: strawberry.ID | None = some("This one (等于).")
    in_: list[strawberry.ID] | None = some("One of these (属于).", name="in")


@strawberry.input(description="Compares yes or no.")
class FlagFilter:
    eq: bool | None = some("Equal to this (等于).")


@strawberry.input(description="Compares a whole number; all that is given must hold.")
class IntFilter:
    eq: int | None = some("Equal to this (等于).")
    in_: list[int] | None = some("One of these (属于).", name="in")
    gt: int | None = some("Greater than this (大于).")
    lt: int | None = some("Less than this (小于).")


@strawberry.input(description="A span of time; its begin belongs to it, its end does not.")
class TimeSpan:
    from_: datetime = strawberry.field(name="from", description="Begin (起).")
    to: datetime = strawberry.field(description="End (止).")


@strawberry.input(description="Compares a time; all that is given must hold.")
class TimeFilter:
    gt: datetime | None = some("Later than this (晚于).")
    lt: datetime | None = some("Earlier than this (早于).")
    between: TimeSpan | None = some("Within this span (介于).")
    is_null: bool | None = some("Not set at all, or set (未设置).")


@strawberry.input(description="Compares a calendar day; all that is given must hold.")
class DayFilter:
    eq: date | None = some("This day (等于).")
    gt: date | None = some("After this day (晚于).")
    lt: date | None = some("Before this day (早于).")


Special = Mapping[str, Callable[[Any], ColumnElement[bool]]]
"""Conditions of filter fields that compare no column of the row itself."""


def where(
    given: Any, row: type[Any], *, special: Special | None = None, depth: int = 0
) -> ColumnElement[bool]:
    """The condition that a filter input makes on columns of `row`; true when it says nothing."""
    if given is None:
        return true()
    if depth > _DEPTH_MOST:
        raise refuse(
            Code.BAD_INPUT, field="filter", detail=f"at most {_DEPTH_MOST} levels of and/or"
        )
    conditions: list[ColumnElement[bool]] = [true()]
    for each in fields(given):
        value = getattr(given, each.name)
        if value is None or value is UNSET:
            continue
        if each.name in ("and_", "or_"):
            if len(value) > _PARTS_MOST:
                raise refuse(Code.OUT_OF_RANGE, field="filter", least=0, most=_PARTS_MOST)
            join = and_ if each.name == "and_" else or_
            parts = [where(part, row, special=special, depth=depth + 1) for part in value]
            if parts:
                conditions.append(join(*parts))
        elif special is not None and each.name in special:
            conditions.append(special[each.name](value))
        else:
            node = each.metadata.get("node")
            conditions.append(compare(getattr(row, each.name), value, node=node))
    return and_(*conditions)


def compare(column: Any, given: Any, *, node: str | None = None) -> ColumnElement[bool]:
    """What one field's filter asks of a column; ids are those of `node`."""
    conditions: list[ColumnElement[bool]] = [true()]
    for each in fields(given):
        value = getattr(given, each.name)
        if value is not None and value is not UNSET:
            conditions.append(_OPERATORS[each.name](column, _plain(value, node)))
    return and_(*conditions)


def _plain(value: Any, node: str | None) -> Any:
    if isinstance(value, list) and len(value) > _LIST_MOST:
        raise refuse(Code.OUT_OF_RANGE, field="filter", least=0, most=_LIST_MOST)
    if node is None:
        # A pattern of any length is more than either database compares.
        check_text("filter", value if isinstance(value, str) else None, most=_TEXT_MOST)
        return value
    if isinstance(value, list):
        return ids.decode_all(value, node, field="filter")
    return ids.decode(value, node, field="filter")


_OPERATORS: Mapping[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "eq": lambda column, value: column == value,
    "in_": lambda column, value: column.in_(value),
    "nin": lambda column, value: column.not_in(value),
    "gt": lambda column, value: column > value,
    "lt": lambda column, value: column < value,
    "between": lambda column, value: and_(column >= value.from_, column < value.to),
    "contains": lambda column, value: column.icontains(value, autoescape=True),
    "is_null": lambda column, value: column.is_(None) if value else column.is_not(None),
}

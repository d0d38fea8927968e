"""Cursors: the ordering values of a row as opaque text."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any

import orjson

from dispatch.api.keyset import Order
from dispatch.domain.errors import Code, refuse
from dispatch.domain.opaque import pack, unpack

_LENGTH_MOST = 2_000


def encode_cursor(row: Any, *, keys: Sequence[Order]) -> str:
    """The cursor of a row in an order; it fits no other order."""
    values = [_plain(getattr(row, key.column.key)) for key in keys]
    return pack(orjson.dumps([_name(keys), values]))


def decode_cursor(cursor: str, *, keys: Sequence[Order], field: str) -> list[Any]:
    """The values, each of its column's type; refuses a cursor of another order, or made up."""
    try:
        if len(cursor) > _LENGTH_MOST:
            raise ValueError(cursor[:20])
        name, values = orjson.loads(unpack(cursor))
        if name != _name(keys):
            raise ValueError(name)
        return [_typed(value, key) for value, key in zip(values, keys, strict=True)]
    except (ValueError, TypeError) as error:
        raise refuse(
            Code.BAD_INPUT, field=field, detail="a cursor of this list in this order"
        ) from error


def _name(keys: Sequence[Order]) -> str:
    return ",".join(f"{key.column.key}{'-' if key.descending else ''}" for key in keys)


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value


def _typed(value: Any, key: Order) -> Any:
    if value is None:
        if not key.is_nullable:
            raise ValueError(key.column.key)
        return None
    wanted = key.column.property.columns[0].type.python_type
    if issubclass(wanted, datetime | date):
        parsed = wanted.fromisoformat(value)
        if isinstance(parsed, datetime) and parsed.tzinfo is None:
            raise ValueError(value)
        return parsed
    if issubclass(wanted, Enum):
        return wanted(value)
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not wanted or (wanted is int and abs(value) >= 2**63):
        raise ValueError(value)
    return value

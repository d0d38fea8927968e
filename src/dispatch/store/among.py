"""A column's value is one of many keys, given as one parameter.

`IN` writes a parameter for each key: another statement for every number of keys, put together,
taken apart and planned anew each time. A list that goes as one value leaves the statement as it is.
"""

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import BigInteger, Boolean, ColumnElement, Text, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine


class Keys(TypeDecorator[Sequence[int]]):
    """Whole numbers as one value: an array, or JSON where there are none."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        kind = ARRAY(BigInteger) if dialect.name == "postgresql" else Text()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        keys = list(value or ())
        return keys if dialect.name == "postgresql" else orjson.dumps(keys).decode()


class _Among(FunctionElement[bool]):
    type = Boolean()
    name = "among"
    inherit_cache = True
    # It stands where a condition may stand, as it is.
    _is_implicitly_boolean = True


def among(column: Any, keys: Sequence[int] | str) -> ColumnElement[bool]:
    """Whether the column holds one of the keys, or of those that are given under a name when the
    statement is executed."""
    given = (
        bindparam(keys, type_=Keys())
        if isinstance(keys, str)
        else bindparam("keys", list(keys), type_=Keys(), unique=True)
    )
    return _Among(column, given)


@compiles(_Among)
def _in_json(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, keys = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({keys}))"  # noqa: S608 -- parts of ours


@compiles(_Among, "postgresql")
def _of_array(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, keys = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} = ANY ({keys})"

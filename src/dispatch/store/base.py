"""What every table shares: keys, types, times, versions."""

from collections.abc import Collection
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any, ClassVar, TypeVar

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Enum,
    Identity,
    Integer,
    MetaData,
    TextClause,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column
from sqlalchemy.sql import operators
from sqlalchemy.types import TypeDecorator

# SQLite numbers rows by itself only in INTEGER columns; PostgreSQL's integer would be too small.
BigId = BigInteger().with_variant(Integer, "sqlite")
Json = JSON().with_variant(JSONB, "postgresql")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, stored in UTC; SQLite keeps no zone, so it is given back here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        # A decorator tells `object` of itself, whatever it wraps.
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without zone cannot be stored")
        return value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        # Connections to PostgreSQL give their times in UTC.
        return None if dialect.name == "postgresql" else super().result_processor(dialect, coltype)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


SECRET = {"secret": True}
"""Marks a column whose values never enter the record of changes."""

REASON = {"field": "reason"}
"""Marks a column that keeps what callers give as `reason`."""

AnyEnum = TypeVar("AnyEnum", bound=StrEnum)


class _Words(Enum):
    """Compared by the words themselves, as part of the statement.

    An index of the rows in some states alone (`WHERE state IN ('A', 'B')`) is of use where the
    statement says the same. A database does not find it for parameters, and reads the whole table;
    SQLite does not for words in another order than the index has them: theirs is the enum's.
    """

    class Comparator(Enum.Comparator):
        """Puts words where parameters would stand."""

        def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
            return super().operate(op, *(_said(op, each) for each in other), **kwargs)

    comparator_factory = Comparator  # type: ignore[assignment]


def _said(op: Any, value: Any) -> Any:
    if isinstance(value, StrEnum):
        return _word(value.value)
    if isinstance(value, Collection) and value and all(isinstance(each, StrEnum) for each in value):
        return _list(type(next(iter(value))), frozenset(value), is_in=op is operators.in_op)
    return value


@cache
def _word(word: str) -> TextClause:
    return text(f"'{word}'")


@lru_cache(maxsize=1024)
def _list(enum: type[StrEnum], words: frozenset[StrEnum], *, is_in: bool) -> TextClause:
    listed = ", ".join(f"'{each.value}'" for each in enum if each in words)
    # SQLAlchemy puts the brackets of one of the two, and not of the other.
    return text(listed if is_in else f"({listed})")


def words(enum: type[AnyEnum], *, name: str) -> Enum:
    """A closed list of words, kept as text and guarded by a check constraint `name`."""
    return _Words(
        enum,
        native_enum=False,
        create_constraint=True,
        length=32,
        name=name,
        values_callable=lambda members: [member.value for member in members],
    )


class Base(DeclarativeBase):
    """All tables. Columns only: rows are loaded by named queries, never by walking relations."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime,
        dict[str, Any]: Json,
        list[Any]: Json,
    }

    is_recorded: ClassVar[bool] = True
    """Whether events tell what changes in a row; not of rows that are written once, as the parts
    of another of which they do."""

    id: Mapped[int] = mapped_column(BigId, Identity(), primary_key=True, sort_order=-1)


class Versioned:
    """Rows that people change at the same time: each update counts `version` up."""

    version: Mapped[int] = mapped_column(Integer, default=1)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805
        return {"version_id_col": cls.version}

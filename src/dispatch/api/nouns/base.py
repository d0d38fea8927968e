"""What every noun's types share: rows as GraphQL objects, global ids, batched relations.

Resolvers hand out the store's rows themselves; a GraphQL type only says which attributes of a row
are to be seen and how. Plain attributes need no code of ours at all, relations go through batches:
one statement for all rows of a level, whatever their number.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from operator import attrgetter
from typing import Annotated, Any, ClassVar, ForwardRef, TypeVar

import strawberry
from graphql import GraphQLResolveInfo
from sqlalchemy import ColumnElement, select

from dispatch.api.context import Context, Info
from dispatch.api.ids import Node
from dispatch.api.quick import Lookup, looked_up
from dispatch.domain.rights import Actor
from dispatch.services.action import Tx
from dispatch.store.among import among
from dispatch.store.base import Base
from dispatch.store.grouping import group_by

__all__ = ["Node"]

Row = TypeVar("Row", bound=Base)
Key = TypeVar("Key")
Value = TypeVar("Value")
Batch = Callable[[Tx, Sequence[Key]], Awaitable[Mapping[Key, Value]]]
"""Loads the values of many keys in a fixed number of statements; keys without value are absent."""


class OfRow:
    """Base of types whose objects are rows of one table."""

    row: ClassVar[type[Any]]

    @classmethod
    def is_type_of(cls, value: object, _info: GraphQLResolveInfo) -> bool:
        return isinstance(value, cls.row)


def shown(row: Base) -> Any:
    """A row, where an annotation names the GraphQL type through which it will be read."""
    return row


def column(description: str, *, name: str | None = None) -> Any:
    """A field that reads the row's attribute of its own Python name."""
    return strawberry.field(description=description, name=name)


def lazily(type_name: str, noun: str) -> Any:
    """A type of another noun's file, named instead of imported: nouns point at each other."""
    reference = strawberry.lazy(f"dispatch.api.nouns.{noun}")
    return Annotated[ForwardRef(type_name), reference]


def load(info: Info, batch: Batch[Key, Value], key: Key) -> Awaitable[Value | None]:
    """The value of `key`, read together with all other keys asked for at the same time."""
    loader = info.context.loaders.keyed(batch, batch, missing=lambda: None)
    return loader.load(key)


def by_id(
    row: type[Row], seen: Callable[[Actor], ColumnElement[bool]] | None = None
) -> Batch[int, Row]:
    """A batch of rows by id; with `seen`, those that the actor may see alone."""

    # Put together once: that takes longer than the query.
    whole = select(row).where(among(row.id, "keys"))

    async def batch(tx: Tx, keys: Sequence[int]) -> Mapping[int, Row]:
        statement = whole.where(seen(tx.actor)) if seen is not None else whole
        rows = (await tx.session.execute(statement, {"keys": keys})).scalars()
        return {each.id: each for each in rows}

    return batch


def related(batch: Batch[Any, Any], graphql_type: Any, description: str, *, key: str = "id") -> Any:
    """A field that looks the row's attribute `key` up in a batch; null without key or value."""

    def resolve(root: Any, info: Info) -> Any:
        value = getattr(root, key)
        return None if value is None else load(info, batch, value)

    return strawberry.field(
        resolver=resolve,
        graphql_type=graphql_type,
        description=description,
        metadata=by_key(batch, key, rows=lambda row: (row,)),
    )


def by_key(
    batch: Batch[Any, Any],
    key: str,
    *,
    missing: Any = None,
    allowed: Callable[[Any, Context], bool] | None = None,
    rows: Callable[[Any], Any] | None = None,
) -> dict[str, Any]:
    """Metadata of a field that looks the row's attribute `key` up in a batch."""
    found = Lookup(
        name=batch, key=attrgetter(key), load=batch, missing=missing, allowed=allowed, rows=rows
    )
    return looked_up(lambda _arguments: found)


def related_list(
    batch: Batch[Any, Sequence[Any]], graphql_type: Any, description: str, *, key: str = "id"
) -> Any:
    """Like `related` for short lists; empty when the batch knows nothing of the key."""

    async def resolve(root: Any, info: Info) -> Any:
        return await load(info, batch, getattr(root, key)) or []

    return strawberry.field(
        resolver=resolve,
        graphql_type=list[graphql_type],
        description=description,
        metadata=by_key(batch, key, missing=(), rows=lambda rows: rows),
    )


def many(row: type[Row], key: str, *order: Any) -> Batch[int, Sequence[Row]]:
    """A batch of the rows that point at an id by the column `key`."""

    # Put together once: that takes longer than the query.
    keys_in = among(getattr(row, key), "keys")
    statement = select(row).where(keys_in).order_by(*order, row.id)

    async def batch(tx: Tx, keys: Sequence[int]) -> Mapping[int, Sequence[Row]]:
        return group_by((await tx.session.execute(statement, {"keys": keys})).scalars(), key)

    return batch


@strawberry.type(description="A point on the earth (坐标), WGS 84.")
class Point:
    latitude: float = column("Degrees north of the equator, -90 to 90.")
    longitude: float = column("Degrees east of Greenwich, -180 to 180.")


def point(latitude: float | None, longitude: float | None) -> Point | None:
    """A point of two columns, None when they are empty."""
    if latitude is None or longitude is None:
        return None
    return Point(latitude=latitude, longitude=longitude)

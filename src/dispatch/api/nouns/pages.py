"""Pages of lists that hang on rows of another list: the events of each of 50 tickets.

All pages of one level of an answer are read in one statement, whatever the number of parents.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute

from dispatch.api.connections import Connection, Page, page_of
from dispatch.api.context import Context, Info
from dispatch.api.cursors import decode_cursor
from dispatch.api.keyset import Order, beyond
from dispatch.api.quick import Lookup, looked_up
from dispatch.domain.rights import Actor
from dispatch.services.action import Tx
from dispatch.store.among import among
from dispatch.store.base import Base


@dataclass(frozen=True, eq=False)
class ChildList:
    """The rows that point at a parent by `parent`, in `order` and then by id."""

    row: type[Base]
    parent: InstrumentedAttribute[Any]
    order: tuple[Order, ...] = ()
    seen: Callable[[Actor], ColumnElement[bool]] | None = None

    @property
    def keys(self) -> tuple[Order, ...]:
        descending = self.order[-1].descending if self.order else False
        return (*self.order, Order(self.row.id, descending=descending))  # type: ignore[arg-type]

    def conditions(self, tx: Tx, parent_ids: Sequence[int]) -> list[ColumnElement[bool]]:
        conditions: list[ColumnElement[bool]] = [among(self.parent, parent_ids)]
        if self.seen is not None:
            conditions.append(self.seen(tx.actor))
        return conditions


async def child_page(
    info: Info, children: ChildList, parent_id: int, *, page: Page
) -> Connection[Any]:
    """One parent's page; asked for together with those of its siblings."""

    async def read(tx: Tx, parent_ids: Sequence[int]) -> Mapping[int, Sequence[Any]]:
        return await _read(tx, children, parent_ids, page=page)

    rows = await _loader(info.context, (children, page), read, ()).load(parent_id)
    return _shown(children, parent_id, rows, page=page)


def _shown(
    children: ChildList, parent_id: int, found: Sequence[Any], *, page: Page
) -> Connection[Any]:
    """The page of what was read for it, which may be a row more than it shows."""

    async def count(tx: Tx, parent_ids: Sequence[int]) -> Mapping[int, int]:
        statement = (
            select(children.parent, func.count())
            .where(*children.conditions(tx, parent_ids))
            .group_by(children.parent)
        )
        return dict((await tx.session.execute(statement)).all())

    async def counting(context: Context, at_most: int) -> int:
        counted = _loader(context, (children, "count"), count, 0)
        return min(await counted.load(parent_id), at_most)

    rows = list(found[: page.size])
    if page.backward:
        rows.reverse()
    return page_of(
        rows,
        page=page,
        more=len(found) > page.size,
        keys=children.keys,
        counting=counting,
    )


def paged(children: ChildList) -> dict[str, Any]:
    """Metadata of a field that shows the parent's page of a child list."""

    def lookup(given: dict[str, Any]) -> Lookup:
        page = Page.of(**given)

        async def read(tx: Tx, parent_ids: Sequence[int]) -> Mapping[int, Sequence[Any]]:
            return await _read(tx, children, parent_ids, page=page)

        def shown(row: Any, rows: Sequence[Any]) -> Connection[Any]:
            return _shown(children, row.id, rows, page=page)

        return Lookup(
            name=(children, page),
            key=lambda row: row.id,
            load=read,
            missing=(),
            rows=lambda rows: rows,
            shown=shown,
        )

    return looked_up(lookup)


def _loader(context: Context, name: Hashable, load: Any, missing: Any) -> Any:
    return context.loaders.keyed(name, load, missing=lambda: missing)


async def _read(
    tx: Tx, children: ChildList, parent_ids: Sequence[int], *, page: Page
) -> Mapping[int, Sequence[Any]]:
    """Up to `page.size + 1` rows of each parent, from the end when the page goes backward."""
    keys = children.keys
    conditions = children.conditions(tx, parent_ids)
    for cursor, name in ((page.after, "after"), (page.before, "before")):
        if cursor is not None:
            values = decode_cursor(cursor, keys=keys, field=name)
            conditions.append(beyond(keys, values, backward=name == "before"))
    terms = [
        key.column.desc() if key.descending != page.backward else key.column.asc() for key in keys
    ]
    rank = func.row_number().over(partition_by=children.parent, order_by=terms)
    ranked = select(children.row.id.label("id"), rank.label("rank")).where(*conditions).subquery()
    statement = (
        select(children.parent, children.row)
        .join(ranked, ranked.c.id == children.row.id)
        .where(ranked.c.rank <= page.size + 1)
        .order_by(children.parent, ranked.c.rank)
    )
    groups: dict[int, list[Any]] = {}
    for parent_id, row in await tx.session.execute(statement):
        groups.setdefault(parent_id, []).append(row)
    return groups


def memory_page(rows: Sequence[Any], *, page: Page, keys: Sequence[Order]) -> Connection[Any]:
    """A page of rows that are all at hand, in ascending order of `keys`; none of them null."""

    def place(row: Any) -> list[Any]:
        return [getattr(row, key.column.key) for key in keys]

    wanted = list(rows)
    if page.after is not None:
        after = decode_cursor(page.after, keys=keys, field="after")
        wanted = [row for row in wanted if place(row) > after]
    if page.before is not None:
        before = decode_cursor(page.before, keys=keys, field="before")
        wanted = [row for row in wanted if place(row) < before]
    more = len(wanted) > page.size
    wanted = wanted[-page.size :] if page.backward else wanted[: page.size]

    async def counting(_context: Context, at_most: int) -> int:
        return min(len(rows), at_most)

    return page_of(wanted, page=page, more=more, keys=keys, counting=counting)

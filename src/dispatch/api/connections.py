"""Long lists in pages (Relay connections): keyset cursors, one statement a page.

A cursor holds the ordering values of its row, so a page costs the same wherever it lies, and rows
that come or go meanwhile shift nothing.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeAlias, TypeVar

import strawberry
from sqlalchemy import Select, func, select
from sqlalchemy.orm import InstrumentedAttribute

from dispatch.api.context import Context, Info
from dispatch.api.cursors import decode_cursor, encode_cursor
from dispatch.api.keyset import Order, beyond, by_keys
from dispatch.api.looking_ahead import look_ahead
from dispatch.api.quick import told
from dispatch.domain.errors import Code, refuse
from dispatch.services.search import Search

T = TypeVar("T")

PAGE_MOST = 200
COUNT_MOST = 100_000

First: TypeAlias = Annotated[
    int | None,
    strawberry.argument(description="At most so many from the front, 1–200 (前几条)."),
]
After: TypeAlias = Annotated[
    str | None, strawberry.argument(description="Only what comes after this cursor (起始游标).")
]
Last: TypeAlias = Annotated[
    int | None,
    strawberry.argument(description="At most so many from the end, 1–200 (后几条)."),
]
Before: TypeAlias = Annotated[
    str | None, strawberry.argument(description="Only what comes before this cursor (截止游标).")
]


Counting: TypeAlias = Callable[[Context, int], Awaitable[int]]
"""How many items a list has: at most the number given are counted."""


@strawberry.type(description="Where a page lies in its list (分页信息).")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether more follows (有下一页).")
    has_previous_page: bool = strawberry.field(description="Whether more precedes (有上一页).")
    start_cursor: str | None = strawberry.field(
        description="Cursor of the first item; null when empty (首条游标)."
    )
    end_cursor: str | None = strawberry.field(
        description="Cursor of the last item; null when empty (末条游标)."
    )


@strawberry.type(description="An item and its place in the list (条目).")
class Edge(Generic[T]):
    node: T = strawberry.field(description="The item (内容).")
    cursor: str = strawberry.field(description="Its place, for `after` and `before` (游标).")


@strawberry.type(description="A page of a list (分页列表).")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(description="Items with their cursors (条目).")
    page_info: PageInfo = strawberry.field(description="Where this page lies (分页信息).")
    counting: strawberry.Private[Counting]

    @strawberry.field(
        description="The items alone (内容).",
        metadata=told(lambda connection, _context: [edge.node for edge in connection.edges]),
    )
    def nodes(self) -> list[T]:
        return [edge.node for edge in self.edges]

    @strawberry.field(
        description="How many items the whole list has, counted now up to `atMost`: of a longer "
        "list it is that number; asks the database once more (总数，超过上限时为上限)."
    )
    async def total_count(
        self,
        info: strawberry.Info[Context, None],
        at_most: Annotated[
            int,
            strawberry.argument(
                description=f"Where counting ends, 1–{COUNT_MOST} (计数上限): the time that it "
                "takes does not grow beyond."
            ),
        ] = 10_000,
    ) -> int:
        if not 1 <= at_most <= COUNT_MOST:
            raise refuse(Code.OUT_OF_RANGE, field="atMost", least=1, most=COUNT_MOST)
        return await self.counting(info.context, at_most)


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is wanted; `Page.of` refuses what makes no sense."""

    size: int
    backward: bool
    after: str | None
    before: str | None

    @classmethod
    def of(
        cls,
        *,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> "Page":
        if (first is None) == (last is None):
            raise refuse(
                Code.BAD_INPUT,
                field="first",
                detail=f"exactly one of first and last, 1–{PAGE_MOST}",
            )
        size = first if first is not None else last
        name = "first" if first is not None else "last"
        if size is None or not 1 <= size <= PAGE_MOST:
            raise refuse(Code.OUT_OF_RANGE, field=name, least=1, most=PAGE_MOST)
        return cls(size=size, backward=last is not None, after=after, before=before)


async def connect(
    info: Info,
    statement: Select[Any],
    *,
    page: Page,
    order: Sequence[Order],
    row_id: InstrumentedAttribute[int],
    search: Search | None = None,
) -> Connection[Any]:
    """The page of a SELECT of one mapped class, in `order` and then by `row_id`.

    One statement, and one more if `totalCount` is asked for. The statement brings its own
    condition of what may be seen, and no ORDER BY. Of it are shown what the `search` finds, which
    knows a way to the first of them where the list goes by its order.
    """
    keys = (*order, Order(row_id, descending=order[-1].descending if order else False))
    whole = statement if search is None else statement.where(search.found)
    if search is None or not search.goes_by(order[0].column):
        wanted = _within(whole, keys, page)
    else:
        falling = order[0].descending != page.backward
        first = search.first(_within(statement, keys, page), falling=falling, most=page.size + 1)
        wanted = select(row_id.class_).where(first)
    wanted = by_keys(wanted, keys, backward=page.backward).limit(page.size + 1)
    async with info.context.reading() as tx:
        rows = list((await tx.session.execute(wanted)).scalars())
        await look_ahead(tx, info, rows[: page.size])
    more = len(rows) > page.size
    rows = rows[: page.size]
    if page.backward:
        rows.reverse()
    counted = whole.order_by(None).with_only_columns(row_id, maintain_column_froms=True)

    async def count(context: Context, at_most: int) -> int:
        counting = select(func.count()).select_from(counted.limit(at_most).subquery())
        async with context.reading() as tx:
            return (await tx.session.execute(counting)).scalar_one()

    return page_of(rows, page=page, more=more, keys=keys, counting=count)


def _within(statement: Select[Any], keys: Sequence[Order], page: Page) -> Select[Any]:
    """What lies between the page's cursors."""
    for cursor, name in ((page.after, "after"), (page.before, "before")):
        if cursor is not None:
            values = decode_cursor(cursor, keys=keys, field=name)
            statement = statement.where(beyond(keys, values, backward=name == "before"))
    return statement


def page_of(
    rows: Sequence[Any],
    *,
    page: Page,
    more: bool,
    keys: Sequence[Order],
    counting: Counting,
) -> Connection[Any]:
    """The connection of rows already read; `more` when the list goes on beyond them."""
    edges = [Edge(node=row, cursor=encode_cursor(row, keys=keys)) for row in rows]
    return Connection(
        edges=edges,
        page_info=PageInfo(
            has_next_page=page.before is not None if page.backward else more,
            has_previous_page=more if page.backward else page.after is not None,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
        counting=counting,
    )


def edge_of(row: T, *, order: Sequence[Order], row_id: InstrumentedAttribute[int]) -> Edge[T]:
    """The edge of a fresh row, for a client that puts it into a list it shows."""
    keys = (*order, Order(row_id, descending=order[-1].descending if order else False))
    return Edge(node=row, cursor=encode_cursor(row, keys=keys))

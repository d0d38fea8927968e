"""Lists of the roots: what the actor may see, of one site or all, filtered, ordered, in pages."""

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Annotated, Any, TypeAlias

import strawberry
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute

from dispatch.api import ids
from dispatch.api.connections import Connection, Page, connect
from dispatch.api.context import Info
from dispatch.api.keyset import Order
from dispatch.domain.errors import Code, refuse
from dispatch.domain.rights import Action, Actor
from dispatch.services import visible
from dispatch.services.search import Search

SiteId: TypeAlias = Annotated[strawberry.ID, strawberry.argument(description="The site (项目).")]
OptionalSiteId: TypeAlias = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="One site (项目); left out: all that the reader may see."),
]


@strawberry.enum(description="Which way a list is ordered (排序方向).")
class Direction(Enum):
    ASC = strawberry.enum_value("ASC", description="Smallest or oldest first (升序).")
    DESC = strawberry.enum_value("DESC", description="Greatest or newest first (降序).")


async def site_of(info: Info, site_id: str, action: Action, *, field: str = "site_id") -> int:
    """Row id of a site where the actor holds `action`; refuses like every other look-up."""
    row_id = ids.decode(site_id, "Site", field=field)
    async with info.context.reading() as tx:
        return (await visible.find_site(tx, row_id, action, field=field)).id


async def listed(
    info: Info,
    row: type[Any],
    *,
    seen: Callable[[Actor], ColumnElement[bool]],
    conditions: Sequence[ColumnElement[bool]] = (),
    order: Sequence[Order] = (),
    page: Page,
    site_id: str | None = None,
    search: Callable[[int | None], Search] | None = None,
) -> Connection[Any]:
    """A page of the rows that the actor may see, of one site if it is given, and of what a
    `search` there finds."""
    statement = select(row).where(seen(info.context.actor), *conditions)
    site = None
    if site_id is not None:
        site = await site_of(info, site_id, Action.SEE_SITE)
        statement = statement.where(row.site_id == site)
    found = search(site) if search is not None else None
    return await connect(info, statement, page=page, order=order, row_id=row.id, search=found)


async def found(
    info: Info,
    row: type[Any],
    given: str,
    kind: str,
    *,
    seen: Callable[[Actor], ColumnElement[bool]],
) -> Any:
    """The row of a global id; NOT_FOUND when there is none, or none to be seen."""
    row_id = ids.decode(given, kind)
    statement = select(row).where(row.id == row_id, seen(info.context.actor))
    async with info.context.reading() as tx:
        one = (await tx.session.execute(statement)).scalar_one_or_none()
    if one is None:
        raise refuse(Code.NOT_FOUND, field="id", id=given)
    return one


def ordered(column: InstrumentedAttribute[Any], direction: Direction) -> Order:
    return Order(column, descending=direction is Direction.DESC)

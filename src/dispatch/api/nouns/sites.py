"""Sites (项目): estates, campuses, hospitals …, the border of rights and of planning."""

from typing import Annotated, Any

import strawberry

from dispatch.api.connections import After, Before, Connection, First, Last, Page
from dispatch.api.context import Info
from dispatch.api.keyset import Order
from dispatch.api.nouns.base import Node, OfRow, Point, column, point
from dispatch.api.nouns.lists import found, listed
from dispatch.domain.places import SiteKind
from dispatch.services import visible
from dispatch.store.sites import Site as SiteRow


@strawberry.type(
    description="One estate, campus, hospital …: the border of rights and of planning (项目、小区)."
)
class Site(OfRow, Node):
    row = SiteRow

    code: str = column("Short name, unique in the company (项目编码).")
    name: str = column("Name (项目名称).")
    kind: SiteKind = column("What it is (项目类型).")
    time_zone: str = column("IANA time zone whose calendar and clock its days follow (时区).")
    version: int = column("Counts up with each change (版本).")

    @strawberry.field(description="Where it is (坐标); null: not known.")
    def point(root: SiteRow) -> Point | None:
        return point(root.latitude, root.longitude)


@strawberry.type
class SiteQueries:
    @strawberry.field(
        graphql_type=Site, description="One site; NOT_FOUND when it may not be seen (项目)."
    )
    async def site(
        root: None,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id (编号).")],
    ) -> SiteRow:
        return await found(info, SiteRow, id, "Site", seen=visible.sites)

    @strawberry.field(
        graphql_type=Connection[Site],
        description="Sites where the reader has any role, by code (项目列表).",
    )
    async def sites(
        root: None,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Any]:
        return await listed(
            info,
            SiteRow,
            seen=visible.sites,
            order=[Order(SiteRow.code)],
            page=Page.of(first=first, after=after, last=last, before=before),
        )

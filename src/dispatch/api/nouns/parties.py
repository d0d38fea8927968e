"""Parties: people who report or are served (业主、住户、员工、学生)."""

from typing import Annotated, Any

import strawberry

from dispatch.api.connections import After, Before, Connection, First, Last, Page
from dispatch.api.context import Info
from dispatch.api.keyset import Order
from dispatch.api.nouns import batches
from dispatch.api.nouns.base import Node, OfRow, column, related, related_list
from dispatch.api.nouns.departments import Department, departments
from dispatch.api.nouns.filters import TextFilter, some, where
from dispatch.api.nouns.lists import SiteId, found, listed
from dispatch.api.nouns.places import Place
from dispatch.api.nouns.sites import Site
from dispatch.services import visible
from dispatch.store.parties import Party as PartyRow


@strawberry.type(description="Somebody who reports or is served (业主、住户、员工、学生).")
class Party(OfRow, Node):
    row = PartyRow

    name: str = column("Name (姓名).")
    phones: list[str] = column("Telephones in order of preference (电话).")
    language: str = column("Language they read: `zh-CN` or `en` (语言).")
    version: int = column("Counts up with each change (版本).")
    site = related(batches.sites, Site | None, "The site (项目).", key="site_id")
    department = related(
        departments,
        Department | None,
        "The department whose head checks their reports (部门).",
        key="department_id",
    )
    units = related_list(batches.units, Place, "Their homes, shops or offices (房号).")


@strawberry.input(description="Which people; all fields given must hold (筛选).")
class PartyFilter:
    name: TextFilter | None = some("Name (姓名).")


@strawberry.type
class PartyQueries:
    @strawberry.field(
        graphql_type=Party, description="One person; NOT_FOUND when they may not be seen (客户)."
    )
    async def party(
        root: None,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id (编号).")],
    ) -> PartyRow:
        return await found(info, PartyRow, id, "Party", seen=visible.parties)

    @strawberry.field(
        graphql_type=Connection[Party],
        description="People known to a site, by name; a resident sees themself (客户列表).",
    )
    async def parties(
        root: None,
        info: Info,
        site_id: SiteId,
        filter: Annotated[
            PartyFilter | None, strawberry.argument(description="Which ones (筛选).")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Any]:
        return await listed(
            info,
            PartyRow,
            seen=visible.parties,
            conditions=[where(filter, PartyRow)],
            order=[Order(PartyRow.name)],
            page=Page.of(first=first, after=after, last=last, before=before),
            site_id=site_id,
        )

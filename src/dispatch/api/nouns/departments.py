"""Departments (部门): whose head checks what their people report."""

from typing import Any

import strawberry

from dispatch.api.connections import After, Before, Connection, First, Last, Page
from dispatch.api.context import Info
from dispatch.api.keyset import Order
from dispatch.api.nouns.base import Node, OfRow, by_id, column, load
from dispatch.api.nouns.lists import SiteId, listed
from dispatch.services import visible
from dispatch.store.checks import Department as DepartmentRow
from dispatch.store.users import User

_heads = by_id(User)
departments = by_id(DepartmentRow)


@strawberry.type(description="A part of a school or company (部门).")
class Department(OfRow, Node):
    row = DepartmentRow

    code: str = column("Short name, unique at its site (部门编码).")
    name: str = column("Name (名称).")
    version: int = column("Counts up with each change (版本).")

    @strawberry.field(description="Who checks its reports (负责人); null: the logistics office.")
    async def head_name(root: DepartmentRow, info: Info) -> str | None:
        head = await load(info, _heads, root.head_id) if root.head_id is not None else None
        return head.name if head is not None else None


@strawberry.type
class DepartmentQueries:
    @strawberry.field(
        graphql_type=Connection[Department],
        description="A site's departments, by code; for its staff (部门列表).",
    )
    async def departments(
        root: None,
        info: Info,
        site_id: SiteId,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Any]:
        return await listed(
            info,
            DepartmentRow,
            seen=visible.departments,
            order=[Order(DepartmentRow.code)],
            page=Page.of(first=first, after=after, last=last, before=before),
            site_id=site_id,
        )

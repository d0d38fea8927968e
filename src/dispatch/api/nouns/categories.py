"""Trades (工种) and the category tree (类别)."""

from collections.abc import Sequence
from typing import Annotated, Optional

import strawberry
from sqlalchemy import select

from dispatch.api import ids
from dispatch.api.context import Info
from dispatch.api.nouns import batches
from dispatch.api.nouns.base import Node, OfRow, by_id, column, lazily, many, related, related_list
from dispatch.api.scalars import Seconds
from dispatch.domain.rights import Action
from dispatch.domain.tickets import Area
from dispatch.domain.triage import Priority
from dispatch.services import visible
from dispatch.store.categories import Category as CategoryRow
from dispatch.store.categories import Trade as TradeRow


@strawberry.type(description="A trade (工种) such as plumbing (水暖) or electrical (电工).")
class Trade(OfRow, Node):
    row = TradeRow

    code: str = column("Stable short name, e.g. `plumbing`.")
    name_zh: str = column("Name in Chinese (中文名称).")
    name_en: str = column("Name in English.")
    needs_certificate: bool = column("Whether the law asks for a certificate (持证上岗).")

    @strawberry.field(description="Name in the reader's language (名称).")
    def name(root: TradeRow, info: Info) -> str:
        return root.name_zh if info.context.language.startswith("zh") else root.name_en


# Both directions of the tree are loaded by id; the tree of one site has some 60 leaves.
parents = by_id(CategoryRow)
children = many(CategoryRow, "parent_id")


@strawberry.type(
    description="A node of a site's two-level category tree (类别); a leaf says what work it is."
)
class Category(OfRow, Node):
    row = CategoryRow

    code: str = column("Stable short name, unique at its site.")
    name_zh: str = column("Name in Chinese (中文名称).")
    name_en: str = column("Name in English.")
    level: int | None = column(
        "Least skill level (等级): 1 junior, 2 skilled, 3 senior; null for a group."
    )
    duration_s: Seconds | None = column(
        "Expected time on site (预计工时); null for a group.", name="duration"
    )
    crew_size: int | None = column("People needed at once (人数); null for a group.")
    priority: Priority | None = column("Priority it starts with (优先级); null for a group.")
    area: Area | None = column(
        "In a home or a public area (入户、公区); null when it may be either."
    )
    chargeable: bool = column("Whether the customer usually pays (有偿).")
    is_danger: bool = column("Whether it raises any ticket to EMERGENCY (危险).")
    is_active: bool = column("Whether it can still be chosen (启用).")
    trade = related(
        batches.trades, Optional[Trade], "Trade needed (工种); null for a group.", key="trade"
    )
    parent = related(
        parents,
        Optional[lazily("Category", "categories")],
        "The group it belongs to (上级); null for a group.",
        key="parent_id",
    )
    children = related_list(
        children, lazily("Category", "categories"), "Its leaves (下级); empty for a leaf."
    )

    @strawberry.field(
        description="What a reporter can try themself before anybody comes, in the reader's "
        "language (自助指南); null: nothing."
    )
    def guide(root: CategoryRow, info: Info) -> str | None:
        return root.guide_zh if info.context.language.startswith("zh") else root.guide_en

    @strawberry.field(description="Name in the reader's language (名称).")
    def name(root: CategoryRow, info: Info) -> str:
        return root.name_zh if info.context.language.startswith("zh") else root.name_en


@strawberry.type
class CategoryQueries:
    @strawberry.field(
        graphql_type=list[Category],
        description="The groups of a site's category tree, each with its leaves (类别树).",
    )
    async def categories(
        root: None,
        info: Info,
        site_id: Annotated[strawberry.ID, strawberry.argument(description="The site (项目).")],
    ) -> Sequence[CategoryRow]:
        async with info.context.reading() as tx:
            site = await visible.find_site(
                tx, ids.decode(site_id, "Site", field="site_id"), Action.SEE_SITE
            )
            statement = (
                select(CategoryRow)
                .where(CategoryRow.site_id == site.id, CategoryRow.parent_id.is_(None))
                .order_by(CategoryRow.id)
            )
            return (await tx.session.execute(statement)).scalars().all()

    @strawberry.field(
        graphql_type=list[Trade], description="The trades (工种) of the reader's company."
    )
    async def trades(root: None, info: Info) -> Sequence[TradeRow]:
        async with info.context.reading() as tx:
            statement = (
                select(TradeRow)
                .where(TradeRow.organization_id == tx.actor.organization_id)
                .order_by(TradeRow.code)
            )
            return (await tx.session.execute(statement)).scalars().all()

"""Materials (材料): what technicians use up."""

from typing import Annotated, Any

import strawberry

from dispatch.api.connections import After, Before, Connection, First, Last, Page
from dispatch.api.context import Info
from dispatch.api.keyset import Order
from dispatch.api.nouns.base import Node, OfRow, column
from dispatch.api.nouns.filters import FlagFilter, TextFilter, some, where
from dispatch.api.nouns.lists import SiteId, listed
from dispatch.services import visible
from dispatch.store.materials import Material as MaterialRow


@strawberry.type(description="A material as the site buys and books it (材料).")
class Material(OfRow, Node):
    row = MaterialRow

    code: str = column("Its code, unique at the site (材料编码).")
    name: str = column("Name (材料名称).")
    model: str | None = column("Model or size (规格型号).")
    unit: str = column("What it is counted in (单位).")
    currency: str = column("Currency of its price, e.g. `CNY` (币种).")
    is_active: bool = column("Whether it can still be chosen (启用).")
    version: int = column("Counts up with each change (版本).")

    @strawberry.field(description="Price of one unit, a decimal number (单价); null: not known.")
    def price(root: MaterialRow) -> str | None:
        return None if root.price is None else str(root.price)


@strawberry.input(description="Which materials; all fields given must hold (筛选).")
class MaterialFilter:
    code: TextFilter | None = some("Its code (材料编码).")
    name: TextFilter | None = some("Name (材料名称).")
    is_active: FlagFilter | None = some("Whether it can still be chosen (启用).")


@strawberry.type
class MaterialQueries:
    @strawberry.field(
        graphql_type=Connection[Material],
        description="A site's materials, by code; for its staff (材料列表).",
    )
    async def materials(
        root: None,
        info: Info,
        site_id: SiteId,
        filter: Annotated[
            MaterialFilter | None, strawberry.argument(description="Which ones (筛选).")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Any]:
        return await listed(
            info,
            MaterialRow,
            seen=visible.materials,
            conditions=[where(filter, MaterialRow)],
            order=[Order(MaterialRow.code)],
            page=Page.of(first=first, after=after, last=last, before=before),
            site_id=site_id,
        )

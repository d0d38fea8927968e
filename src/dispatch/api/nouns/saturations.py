"""How full a site is (工作量饱和): from when times are offered, and what leaders declared."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

import strawberry

from dispatch.api import ids
from dispatch.api.context import Info
from dispatch.api.nouns import batches
from dispatch.api.nouns.base import Node, OfRow, column, related
from dispatch.api.nouns.sites import Site
from dispatch.api.nouns.writes import Result, key_field, needed, optional, version_field, write
from dispatch.services import saturation_of_trades, saturations
from dispatch.store.saturations import Saturation as SaturationRow


@strawberry.type(description="A leader said until when no times are offered (工作量饱和).")
class Saturation(OfRow, Node):
    row = SaturationRow

    trade: str | None = column("Code of the trade (工种); null: every trade.")
    until: datetime = column("From when times are offered again (饱和至).")
    reason: str = column("Why (原因).")
    declared_at: datetime = column("When it was declared (设置时间).")
    declared_by_name: str = column("Who declared it (设置人).")
    ended_at: datetime | None = column("When it was ended before its time (解除时间).")
    ended_by_name: str | None = column("Who ended it (解除人).")
    version: int = column("Counts up with each change (版本).")
    site = related(batches.sites, Site | None, "The site (项目).", key="site_id")


@strawberry.type(description="How full one trade of a site is (工种饱和情况).")
class TradeSaturation:
    trade: str = column("Code of the trade (工种).")
    is_full: bool = column("Whether nothing more can be offered today (今日已满).")
    offered_from: datetime | None = column(
        "Begin of the first window that can be offered (最早可约); null: none on the policy's days."
    )
    declared: list[Saturation] = column("What leaders declared and still holds (人工设置).")


@strawberry.input(description="No times are offered for a while (设置工作量饱和).")
class SaturationDeclareInput:
    site_id: strawberry.ID = needed("The site (项目).", node="Site")
    trade: str | None = optional("Code of the trade (工种); default: every trade.")
    until: datetime = needed("From when times are offered again (饱和至).")
    reason: str = needed("Why (原因).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Times are offered again (解除工作量饱和).")
class SaturationEndInput:
    saturation_id: strawberry.ID = needed("Which (饱和设置).", node="Saturation")
    version: int | None = version_field()
    idempotency_key: str | None = key_field()


_SATURATION = Result(
    "saturation", Saturation, "What was declared, as it is now (饱和设置); null when refused."
)


def shown_saturation(
    found: Iterable[saturation_of_trades.TradeSaturation],
) -> list[TradeSaturation]:
    """Saturations of trades as objects of their type."""
    return [
        TradeSaturation(
            trade=each.trade,
            is_full=each.is_full,
            offered_from=each.offered_from,
            declared=list(each.declared),  # type: ignore[arg-type]
        )
        for each in found
    ]


@strawberry.type
class SaturationQueries:
    @strawberry.field(
        description="How full each trade of a site is today, and from when times can be offered, "
        "by the plans in force and by what leaders declared (工作量饱和)."
    )
    async def saturation(
        root: None,
        info: Info,
        site_id: Annotated[strawberry.ID, strawberry.argument(description="The site (项目).")],
    ) -> list[TradeSaturation]:
        context = info.context
        row_id = ids.decode(str(site_id), "Site", field="site_id")
        found = await saturation_of_trades.saturation(
            context.services, context.planner, context.actor, site_id=row_id
        )
        return shown_saturation(found)


@strawberry.type
class SaturationMutations:
    saturation_declare = write(
        saturations.declare,
        SaturationDeclareInput,
        _SATURATION,
        description="Says until when no times are offered, for a trade or for all; what was "
        "declared for the same before ends (设置工作量饱和).",
    )
    saturation_end = write(
        saturations.end,
        SaturationEndInput,
        _SATURATION,
        description="Lets times be offered again (解除工作量饱和).",
    )

"""What is asked of a site (需求): the root for analysts and planners (ANL-3)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

import strawberry

from dispatch.api.context import Info
from dispatch.api.nouns.base import column
from dispatch.api.nouns.figures import (
    ByInterval,
    DemandFilter,
    FigureGroup,
    FromDay,
    InTimeZone,
    OnCalendar,
    ToDay,
    asked_for,
    chosen,
    counted,
    figure,
    is_chosen,
    shown,
)
from dispatch.api.nouns.lists import OptionalSiteId
from dispatch.api.nouns.saturations import TradeSaturation, shown_saturation
from dispatch.api.nouns.sites import Site
from dispatch.api.scalars import Seconds
from dispatch.domain.clocks import ClockCalendar
from dispatch.domain.figures.demand import BACKLOG, DEMAND
from dispatch.domain.figures.dimensions import DemandDimension
from dispatch.services import demands as service
from dispatch.services import saturation_of_trades


def _demand(name: str) -> Any:
    return figure("demand", DEMAND, name)


def _backlog(name: str) -> Any:
    return figure("backlog", BACKLOG, name)


@strawberry.type(description="The reports of a group (需求).")
class DemandRow(FigureGroup):
    tickets: int = _demand("tickets")
    work: Seconds = _demand("work")
    tickets_a_day: float | None = _demand("tickets_a_day")


@strawberry.type(description="What is open now of a group (积压).")
class BacklogRow(FigureGroup):
    tickets: int = _backlog("tickets")
    overdue: int = _backlog("overdue")
    age_median: Seconds | None = _backlog("age_median")
    age_p90: Seconds | None = _backlog("age_p90")
    age_most: Seconds | None = _backlog("age_most")


@strawberry.type(description="How full a site's trades are from today on (饱和预测).")
class SaturationAhead:
    site: Site = column("The site (项目).")
    trades: list[TradeSaturation] = column("Each trade of the site (工种).")


@strawberry.type(description="What was asked of sites, is open, and can be taken on (需求统计).")
class Demand:
    starts_at: datetime = column("Begin of the first day (起).")
    ends_at: datetime = column("End of the last day (止).")
    time_zone: str = column("IANA time zone of days and hours (时区).")
    calendar: ClockCalendar = column("Which time counts in ages (日历).")
    rows: list[DemandRow] = column("A row for each group with reports in it (分组结果).")
    total: DemandRow | None = column("All of them together (合计).")
    backlog: list[BacklogRow] = column(
        "What is open now, whenever it was reported, by the same groups but for times (积压)."
    )
    sites: strawberry.Private[Sequence[Any]]

    @strawberry.field(
        description="From when each trade of the sites can offer times again: by the plans in "
        "force and by what leaders declared (饱和预测); null for who may not see plans."
    )
    async def saturation(root, info: Info) -> list[SaturationAhead] | None:
        context = info.context
        found = []
        for site in root.sites:
            trades = await saturation_of_trades.saturation(
                context.services, context.planner, context.actor, site_id=site.id
            )
            found.append(SaturationAhead(site=site, trades=shown_saturation(trades)))
        return found


GroupDemandBy = Annotated[
    list[DemandDimension],
    strawberry.argument(
        name="groupBy", description="What rows are told apart by (分组); nothing: one row."
    ),
]


@strawberry.type
class DemandQueries:
    @strawberry.field(
        description="What was reported in a time, by hour, weekday, trade and place; what is "
        "open now and how old it is; how full the days ahead are (需求统计). Not for technicians."
    )
    async def demand(
        root: None,
        info: Info,
        from_: FromDay,
        to: ToDay,
        site_id: OptionalSiteId = None,
        filter: Annotated[
            DemandFilter | None, strawberry.argument(description="Of what it is counted (筛选).")
        ] = None,
        group_by: GroupDemandBy = [],  # noqa: B006 -- a default of the schema, never changed
        interval: ByInterval = None,
        time_zone: InTimeZone = None,
        calendar: OnCalendar = ClockCalendar.ROUND_THE_CLOCK,
    ) -> Demand:
        asked = asked_for(
            site_id=site_id,
            first=from_,
            last=to,
            group_by=group_by,
            interval=interval,
            time_zone=time_zone,
            calendar=calendar,
            filter=filter,
            figures=chosen(info, "rows", DEMAND),
        )
        now = replace(service.of_now(asked), figures=chosen(info, "backlog", BACKLOG))
        async with info.context.reading() as tx:
            scope, rows, total = await counted(info, tx, asked, service.demand, DEMAND, DemandRow)
            waiting = []
            if is_chosen(info, "backlog"):
                _, waiting = await service.backlog(tx, now)
            return Demand(
                starts_at=scope.days.starts_at,
                ends_at=scope.days.ends_at,
                time_zone=scope.days.zone.key,
                calendar=calendar,
                rows=rows,
                total=total,
                backlog=await shown(tx, waiting, now, scope, BacklogRow),
                sites=scope.sites,
            )

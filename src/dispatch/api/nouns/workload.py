"""Who did how much (工作量): the root for analysts, leaders and technicians (ANL-2)."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from dispatch.api.context import Info
from dispatch.api.nouns.base import column
from dispatch.api.nouns.figures import (
    ByInterval,
    FigureGroup,
    FilteredBy,
    FromDay,
    GroupBy,
    InTimeZone,
    ToDay,
    asked_for,
    chosen,
    counted,
    figure,
)
from dispatch.api.nouns.lists import OptionalSiteId
from dispatch.api.scalars import Seconds
from dispatch.domain.clocks import ClockCalendar
from dispatch.domain.figures.workload import WORKLOAD
from dispatch.services import workloads as service

_IDLE = "Also groups in which somebody was on shift and nothing was done (含无出工)."


def _figure(name: str) -> Any:
    return figure("workload", WORKLOAD, name)


@strawberry.type(description="The work of a group of visits (工作量).")
class WorkloadRow(FigureGroup):
    orders: int = _figure("orders")
    visits: int = _figure("visits")
    technicians: int = _figure("technicians")
    work: Seconds = _figure("work")
    travel: Seconds = _figure("travel")
    distance: int = _figure("distance")
    shift: Seconds = _figure("shift")
    utilization: float | None = _figure("utilization")
    gini: float | None = _figure("gini")
    max_to_mean: float | None = _figure("max_to_mean")
    planned_work: Seconds = _figure("planned_work")
    planned_travel: Seconds = _figure("planned_travel")
    work_to_plan: float | None = _figure("work_to_plan")
    travel_to_plan: float | None = _figure("travel_to_plan")
    start_delay: Seconds | None = _figure("start_delay")


@strawberry.type(description="The work of a time (工作量统计).")
class Workload:
    starts_at: datetime = column("Begin of the first day (起).")
    ends_at: datetime = column("End of the last day (止).")
    time_zone: str = column("IANA time zone of days and hours (时区).")
    rows: list[WorkloadRow] = column("A row for each group with visits in it (分组结果).")
    total: WorkloadRow | None = column("All of them together (合计).")


@strawberry.type
class WorkloadQueries:
    @strawberry.field(
        description="Who did how much, by when work on an order began, of orders that are done: "
        "orders, hours of work and travel, distance, utilization, how evenly it was shared, and "
        "planned against actual (工作量). A technician sees their own."
    )
    async def workload(
        root: None,
        info: Info,
        from_: FromDay,
        to: ToDay,
        site_id: OptionalSiteId = None,
        filter: FilteredBy = None,
        group_by: GroupBy = [],  # noqa: B006 -- a default of the schema, never changed
        interval: ByInterval = None,
        time_zone: InTimeZone = None,
        idle: Annotated[bool, strawberry.argument(description=_IDLE)] = False,
    ) -> Workload:
        asked = asked_for(
            site_id=site_id,
            first=from_,
            last=to,
            group_by=group_by,
            interval=interval,
            time_zone=time_zone,
            calendar=ClockCalendar.ROUND_THE_CLOCK,
            filter=filter,
            figures=chosen(info, "rows", WORKLOAD),
            idle=idle,
        )
        async with info.context.reading() as tx:
            scope, rows, total = await counted(
                info, tx, asked, service.workload, WORKLOAD, WorkloadRow
            )
            return Workload(
                starts_at=scope.days.starts_at,
                ends_at=scope.days.ends_at,
                time_zone=scope.days.zone.key,
                rows=rows,
                total=total,
            )

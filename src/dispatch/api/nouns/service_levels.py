"""How well reports are served (服务水平): the root for analysts and managers (ANL-1)."""

from datetime import datetime
from typing import Any

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
    OnCalendar,
    ToDay,
    asked_for,
    chosen,
    counted,
    figure,
)
from dispatch.api.nouns.lists import OptionalSiteId
from dispatch.api.scalars import Seconds
from dispatch.domain.clocks import ClockCalendar
from dispatch.domain.figures.service_levels import SERVICE_LEVELS
from dispatch.services import service_levels as service


def _figure(name: str) -> Any:
    return figure("service_levels", SERVICE_LEVELS, name)


@strawberry.type(
    description="How well the tickets of a group were served (服务水平). Fees come with the price "
    "book."
)
class ServiceLevel(FigureGroup):
    tickets: int = _figure("tickets")
    completed: int = _figure("completed")
    cancelled: int = _figure("cancelled")
    response_median: Seconds | None = _figure("response_median")
    response_p90: Seconds | None = _figure("response_p90")
    arrival_median: Seconds | None = _figure("arrival_median")
    arrival_p90: Seconds | None = _figure("arrival_p90")
    resolution_median: Seconds | None = _figure("resolution_median")
    resolution_p90: Seconds | None = _figure("resolution_p90")
    on_time_rate: float | None = _figure("on_time_rate")
    completion_rate: float | None = _figure("completion_rate")
    callback_rate: float | None = _figure("callback_rate")
    satisfaction_rate: float | None = _figure("satisfaction_rate")
    rework_rate: float | None = _figure("rework_rate")
    first_visit_fix_rate: float | None = _figure("first_visit_fix_rate")
    breaches: int = _figure("breaches")
    breached: int = _figure("breached")


@strawberry.type(description="How well the tickets of a time were served (服务水平统计).")
class ServiceLevels:
    starts_at: datetime = column("Begin of the first day (起).")
    ends_at: datetime = column("End of the last day (止).")
    time_zone: str = column("IANA time zone of days and hours (时区).")
    calendar: ClockCalendar = column("Which time counts in durations (日历).")
    rows: list[ServiceLevel] = column("A row for each group with tickets in it (分组结果).")
    total: ServiceLevel | None = column("All of them together (合计).")


@strawberry.type
class ServiceLevelQueries:
    @strawberry.field(
        description="How well the tickets were served that were reported in a time, counted anew "
        "from what happened: response, arrival and resolution times, rates of being on time, of "
        "completion, callbacks, satisfaction, rework and first-visit fixes, missed deadlines "
        "(服务水平). Of a technician or team: of the tickets whose first visit that was done they "
        "led. A technician sees their own."
    )
    async def service_levels(
        root: None,
        info: Info,
        from_: FromDay,
        to: ToDay,
        site_id: OptionalSiteId = None,
        filter: FilteredBy = None,
        group_by: GroupBy = [],  # noqa: B006 -- a default of the schema, never changed
        interval: ByInterval = None,
        time_zone: InTimeZone = None,
        calendar: OnCalendar = ClockCalendar.ROUND_THE_CLOCK,
    ) -> ServiceLevels:
        asked = asked_for(
            site_id=site_id,
            first=from_,
            last=to,
            group_by=group_by,
            interval=interval,
            time_zone=time_zone,
            calendar=calendar,
            filter=filter,
            figures=chosen(info, "rows", SERVICE_LEVELS),
        )
        async with info.context.reading() as tx:
            scope, rows, total = await counted(
                info, tx, asked, service.service_levels, SERVICE_LEVELS, ServiceLevel
            )
            return ServiceLevels(
                starts_at=scope.days.starts_at,
                ends_at=scope.days.ends_at,
                time_zone=scope.days.zone.key,
                calendar=calendar,
                rows=rows,
                total=total,
            )

"""A site's business calendar (营业日历): what each day is, and when it is open."""

from datetime import date, datetime
from typing import Annotated

import strawberry

from dispatch.api import ids
from dispatch.api.context import Info
from dispatch.api.nouns.base import OfRow, column
from dispatch.api.nouns.lists import SiteId
from dispatch.api.nouns.sites import Site
from dispatch.api.nouns.writes import Result, key_field, needed, optional, write
from dispatch.domain.calendars import DayKind
from dispatch.domain.rights import Action
from dispatch.services import calendars, visible
from dispatch.store.calendars import CalendarDay as CalendarDayRow


@strawberry.type(description="A stretch of open time (营业时段).")
class OpenSpan:
    starts_at: datetime = column("From (起).")
    ends_at: datetime = column("Until (止).")


@strawberry.type(description="What a day is at a site, and when the site is open (日历日).")
class CalendarDay:
    day: date = column("The day (日期).")
    kind: DayKind | None = column(
        "Holiday or make-up workday (节假日、调休上班); null: like its weekday."
    )
    name: str = column("What it is called (名称); empty for an ordinary day.")
    season: str | None = column("The season whose hours hold (时令); null outside all.")
    is_own: bool = column("Whether the site itself set it (项目自定).")
    open: list[OpenSpan] = column("When it is open, from openings that begin on it (营业时段).")


@strawberry.type(description="What a site itself set a day to be (自定日历日).")
class CalendarDaySetting(OfRow):
    row = CalendarDayRow

    day: date = column("The day (日期).")
    kind: DayKind | None = column("What it is (类型); null: like its weekday.")
    name: str = column("What it is called (名称).")
    version: int = column("Counts up with each change (版本).")


@strawberry.input(description="Says what a day is at a site (设置日历日).")
class CalendarDaySetInput:
    site_id: strawberry.ID = needed("The site (项目).", node="Site")
    day: date = needed("The day (日期).")
    kind: DayKind | None = optional(
        "Holiday or make-up workday (类型); left out: like its weekday, whatever the country says."
    )
    name: str | None = optional("What it is called (名称).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Leaves a day to the country's calendar again (恢复法定日历).")
class CalendarDayClearInput:
    site_id: strawberry.ID = needed("The site (项目).", node="Site")
    day: date = needed("The day (日期).")
    idempotency_key: str | None = key_field()


_DAY = Result("day", CalendarDaySetting, "The day as it is set now (日历日).", CalendarDayRow.id)
_SITE = Result("site", Site, "The site (项目).")


@strawberry.type
class CalendarMutations:
    calendar_day_set = write(
        calendars.set_day,
        CalendarDaySetInput,
        _DAY,
        description="Says what a day is at a site: holiday, make-up workday or ordinary day; "
        "deadlines on business hours move at once (设置日历日).",
    )
    calendar_day_clear = write(
        calendars.clear_day,
        CalendarDayClearInput,
        _SITE,
        description="Leaves a day to the country's calendar again (恢复法定日历).",
    )


@strawberry.type
class CalendarQueries:
    @strawberry.field(
        description="A site's days, at most 400: holidays, make-up workdays, seasons and opening "
        "hours (营业日历)."
    )
    async def calendar(
        root: None,
        info: Info,
        site_id: SiteId,
        from_: Annotated[
            date, strawberry.argument(name="from", description="The first day (起始日).")
        ],
        to: Annotated[date, strawberry.argument(description="The last day (截止日).")],
    ) -> list[CalendarDay]:
        row_id = ids.decode(site_id, "Site", field="site_id")
        async with info.context.reading() as tx:
            site = await visible.find_site(tx, row_id, Action.SEE_SITE)
            days = await calendars.shown(
                tx, site, starts=from_, ends=to, language=info.context.language
            )
        return [
            CalendarDay(
                day=each.day,
                kind=each.kind,
                name=each.name,
                season=each.season,
                is_own=each.is_own,
                open=[OpenSpan(starts_at=starts, ends_at=ends) for starts, ends in each.spans],
            )
            for each in days
        ]

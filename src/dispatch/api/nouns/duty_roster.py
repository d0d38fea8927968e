"""The duty roster (值班表): who is on duty on a site's day, and what is missing."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Optional

import strawberry
from sqlalchemy import select

from dispatch.api import ids
from dispatch.api.connections import After, Before, Connection, First, Last, Page
from dispatch.api.context import Info
from dispatch.api.keyset import Order
from dispatch.api.nouns import batches
from dispatch.api.nouns.base import Node, OfRow, column, load, related, related_list
from dispatch.api.nouns.filters import DayFilter, some, where
from dispatch.api.nouns.lists import SiteId, listed
from dispatch.api.nouns.sites import Site
from dispatch.api.nouns.technicians import Technician
from dispatch.api.nouns.writes import Result, key_field, needed, optional, version_field, write
from dispatch.domain.duty_roster import DutyGapKind, DutyPost
from dispatch.domain.rights import Action
from dispatch.services import duty_roster, visible
from dispatch.services.action import Tx
from dispatch.store.among import among
from dispatch.store.duty_roster import DutyDay as DutyDayRow
from dispatch.store.duty_roster import DutyPerson as DutyPersonRow
from dispatch.store.grouping import group_by
from dispatch.store.users import User


async def _people(tx: Tx, keys: Sequence[int]) -> Mapping[int, Sequence[DutyPersonRow]]:
    statement = (
        select(DutyPersonRow)
        .where(among(DutyPersonRow.duty_day_id, keys))
        .order_by(DutyPersonRow.post, DutyPersonRow.position)
    )
    return group_by((await tx.session.execute(statement)).scalars(), "duty_day_id")


async def _user_names(tx: Tx, keys: Sequence[int]) -> Mapping[int, str]:
    statement = select(User.id, User.name).where(among(User.id, keys))
    return {each.id: each.name for each in (await tx.session.execute(statement)).all()}


@strawberry.type(description="Somebody on duty (值班人员).")
class DutyPerson(OfRow):
    row = DutyPersonRow

    post: DutyPost = column("What they do (岗位).")
    technician = related(
        batches.technicians,
        Optional[Technician],
        "Which technician (维修人员); null in the other posts.",
        key="technician_id",
    )

    @strawberry.field(description="Their name (姓名).")
    async def name(root: DutyPersonRow, info: Info) -> str:
        if root.technician_id is not None:
            technician = await load(info, batches.technicians, root.technician_id)
            return technician.name if technician is not None else ""
        return await load(info, _user_names, root.user_id or 0) or ""


@strawberry.type(description="A day of a site's duty roster (值班日).")
class DutyDay(OfRow, Node):
    row = DutyDayRow

    day: date = column("The day (日期), from its turnover to the next one's.")
    published_at: datetime | None = column("When it was put in force (发布时间); null: a draft.")
    published_by_name: str | None = column("Who published it (发布人).")
    version: int = column("Counts up with each change (版本).")
    site = related(batches.sites, Site | None, "The site (项目).", key="site_id")
    people = related_list(_people, DutyPerson, "Who is on duty, by post (值班人员).")


@strawberry.type(description="Something that a day of the duty roster lacks (值班缺口).")
class DutyGap:
    day: date = column("The day (日期).")
    kind: DutyGapKind = column("What it lacks (缺口).")
    people: int = column("How many people are missing (缺少人数); 0 when it is not published.")


@strawberry.input(description="Which days; all fields given must hold (筛选).")
class DutyDayFilter:
    day: DayFilter | None = some("The day (日期).")


@strawberry.input(description="Who is on duty on a day, in place of whoever was (编制值班表).")
class DutyDaySetInput:
    site_id: strawberry.ID = needed("The site (项目).", node="Site")
    day: date = needed("The day (日期).")
    manager_ids: list[strawberry.ID] | None = optional("Duty managers (值班经理).", node="User")
    technician_ids: list[strawberry.ID] | None = optional(
        "Technicians on duty, the first called first (值班维修).", node="Technician"
    )
    desk_ids: list[strawberry.ID] | None = optional(
        "People in the duty centre (值班中心).", node="User"
    )
    delegate_id: strawberry.ID | None = optional(
        "Who decides on a holiday (受托人); must be able to assign orders.", node="User"
    )
    version: int | None = version_field()
    idempotency_key: str | None = key_field()


@strawberry.input(description="Puts days of the roster in force (发布值班表).")
class DutyDaysPublishInput:
    site_id: strawberry.ID = needed("The site (项目).", node="Site")
    from_day: date = needed("The first day (起始日).")
    to_day: date = needed("The last day (截止日).")
    idempotency_key: str | None = key_field()


_DAY = Result("duty_day", DutyDay, "The day as it is set now (值班日).", DutyDayRow.id)
_SITE = Result("site", Site, "The site (项目).")


@strawberry.type
class DutyMutations:
    duty_day_set = write(
        duty_roster.set_day,
        DutyDaySetInput,
        _DAY,
        description="Sets who is on duty on a day; of a published day whoever comes in or drops "
        "out is told (编制值班表).",
    )
    duty_days_publish = write(
        duty_roster.publish,
        DutyDaysPublishInput,
        _SITE,
        description="Puts the days that were set in force and tells everybody on them "
        "(发布值班表).",
    )


@strawberry.type
class DutyQueries:
    @strawberry.field(
        graphql_type=Connection[DutyDay],
        description="A site's duty roster by day: published days for its staff, drafts for who "
        "sets them (值班表).",
    )
    async def duty_days(
        root: None,
        info: Info,
        site_id: SiteId,
        filter: Annotated[
            DutyDayFilter | None, strawberry.argument(description="Which ones (筛选).")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Any]:
        return await listed(
            info,
            DutyDayRow,
            seen=visible.duty_days,
            conditions=[where(filter, DutyDayRow)],
            order=[Order(DutyDayRow.day)],
            page=Page.of(first=first, after=after, last=last, before=before),
            site_id=site_id,
        )

    @strawberry.field(
        description="What the duty roster lacks today and on the policy's days ahead, for who sees "
        "the site's people (值班缺口)."
    )
    async def duty_gaps(root: None, info: Info, site_id: SiteId) -> list[DutyGap]:
        async with info.context.reading() as tx:
            row_id = ids.decode(site_id, "Site", field="site_id")
            site = await visible.find_site(tx, row_id, Action.SEE_TECHNICIANS)
            gaps = await duty_roster.gaps_ahead(tx, site)
        return [DutyGap(day=gap.day, kind=gap.kind, people=gap.people) for gap in gaps]

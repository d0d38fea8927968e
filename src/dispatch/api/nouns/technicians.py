"""Technicians (维修人员): skills, shifts, leave."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any, Optional

import strawberry
from sqlalchemy import ColumnElement, select

from dispatch.api.connections import After, Before, Connection, First, Last, Page
from dispatch.api.context import Info
from dispatch.api.keyset import Order
from dispatch.api.nouns import batches
from dispatch.api.nouns.base import (
    Batch,
    Node,
    OfRow,
    Point,
    column,
    lazily,
    load,
    point,
    related,
    related_list,
)
from dispatch.api.nouns.categories import Trade
from dispatch.api.nouns.filters import (
    Filter,
    FlagFilter,
    TextFilter,
    compare,
    some,
    where,
)
from dispatch.api.nouns.lists import OptionalSiteId, found, listed, site_of
from dispatch.api.nouns.photos import shown_one
from dispatch.api.nouns.sites import Site
from dispatch.api.scalars import Seconds
from dispatch.domain.rights import Action
from dispatch.domain.roster import DayRule
from dispatch.domain.technicians import PayBasis, TechnicianKind, Travel
from dispatch.services import visible
from dispatch.store import technicians as store


@strawberry.type(description="A trade at a level, with its certificate's last day (技能).")
class TechnicianSkill(OfRow):
    row = store.TechnicianSkill

    trade = related(batches.trades, Optional[Trade], "The trade (工种).", key="trade")
    level: int = column("Skill level (等级): 1 junior, 2 skilled, 3 senior.")
    expires_on: date | None = column(
        "Last day of the certificate (证书有效期); after it the skill does not count. Null: none."
    )


@strawberry.type(description="Weekly hours (班次).")
class ShiftPattern(OfRow):
    row = store.ShiftPattern

    weekdays: list[int] = column("Days of the week (星期): 0 Monday to 6 Sunday.")
    starts: time = column("Start of work, the site's local time (上班).")
    ends: time = column("End of work; on the next day when not after the start (下班).")
    break_starts: time | None = column("The break may begin from here on (休息最早).")
    break_ends: time | None = column("The break must have ended by here (休息最晚).")
    break_minutes: int = column("Length of the break in minutes (休息时长); 0: none.")
    valid_from: date = column("First day (生效日).")
    valid_to: date | None = column("Last day (失效日); null: until further notice.")
    on_holidays: DayRule = column("What holds on the site's holidays (节假日).")
    on_makeup_days: DayRule = column("What holds on make-up workdays (调休上班日).")
    season_begins: str | None = column(
        "First day of the part of each year, `MM-DD` (时令起); null: all year."
    )
    season_ends: str | None = column("Last day of that part, `MM-DD` (时令止).")


@strawberry.type(description="One day that differs from the pattern (调班).")
class ShiftException(OfRow):
    row = store.ShiftException

    day: date = column("The day (日期).")
    starts: time | None = column("Start of work; null: the whole day off.")
    ends: time | None = column("End of work; null: the whole day off.")
    reason: str | None = column("Why (原因).")


@strawberry.type(description="A time away (请假).")
class Leave(OfRow):
    row = store.Leave

    starts_at: datetime = column("Begin (开始).")
    ends_at: datetime = column("End (结束).")
    reason: str | None = column("Why (事由).")


@strawberry.type(description="How somebody's work is paid (计酬).")
class Pay:
    basis: PayBasis = column("By what (计酬方式).")
    amount: Decimal | None = column("How much (金额); null: not told.")
    currency: str | None = column("ISO 4217 code (币种).")


async def _knows(info: Info, technician: store.Technician) -> bool:
    """Whether the reader may know more of a technician than who comes to the door."""
    actor = info.context.actor
    at = actor.sites_where(Action.SEE_TECHNICIANS)
    if actor.technician_id == technician.id or at is None:
        return True
    # A technician met through an order or a leader may serve other sites alone.
    return bool(at) and await load(info, batches.technicians_known, technician.id) is not None


def _private(batch: Batch[int, Any], graphql_type: Any, description: str) -> Any:
    async def resolve(root: store.Technician, info: Info) -> Any:
        return await load(info, batch, root.id) or [] if await _knows(info, root) else []

    return strawberry.field(
        resolver=resolve,
        graphql_type=list[graphql_type],
        description=f"{description}; for themself and who may see technicians, else empty.",
    )


@strawberry.type(description="Somebody who carries work orders out (维修人员、师傅).")
class Technician(OfRow, Node):
    row = store.Technician

    code: str = column("Staff number, unique in the company (工号).")
    name: str = column("Name (姓名).")

    @strawberry.field(description="Address of the photo that customers are shown (照片).")
    def photo(root: store.Technician, info: Info) -> str | None:
        return shown_one(info, root.photo) if root.photo else None

    kind: TechnicianKind = column("Staff, vendor's or temporary (人员类型).")
    travel: Travel = column("Way of travel (出行方式).")
    work_limit_s: Seconds | None = column(
        "Most work a day, travel not counted (每日工时上限); null: the site's policy.",
        name="workLimit",
    )
    overtime_limit_s: Seconds = column(
        "How far past the shift's end planning may go (可加班时长).", name="overtimeLimit"
    )
    is_active: bool = column("Whether they are planned at all (在岗).")
    version: int = column("Counts up with each change of skills, shifts or leave (版本).")
    skills = related_list(batches.skills, TechnicianSkill, "Trades and levels (技能).")
    sites = related_list(batches.sites_served, Site, "Sites they serve (服务项目).")
    shift_patterns = _private(batches.shift_patterns, ShiftPattern, "Weekly hours (班次)")
    shift_exceptions = _private(batches.shift_exceptions, ShiftException, "Days that differ (调班)")
    leaves = _private(batches.leaves, Leave, "Times away (请假)")
    leader = related(
        batches.technicians,
        Optional[lazily("Technician", "technicians")],
        "Their team leader (班长).",
        key="leader_id",
    )

    firm: str | None = column("The vendor or agency they work for (所属单位); null: the company.")

    @strawberry.field(
        description="How they are paid (计酬); for themself and who manages their sites, else null."
    )
    async def pay(root: store.Technician, info: Info) -> Pay | None:
        actor = info.context.actor
        served = await load(info, batches.sites_served, root.id) or []
        manages = any(actor.may(Action.MANAGE, site_id=site.id) for site in served)
        if root.pay_basis is None or not (manages or actor.technician_id == root.id):
            return None
        return Pay(
            basis=PayBasis(root.pay_basis), amount=root.pay_amount, currency=root.pay_currency
        )

    @strawberry.field(description="Telephone (电话); for colleagues.")
    async def phone(root: store.Technician, info: Info) -> str | None:
        colleague = info.context.actor.technician_id is not None
        return root.phone if colleague or await _knows(info, root) else None

    @strawberry.field(
        description="Where they start and end the day (驻地); null: hidden or unknown."
    )
    async def home(root: store.Technician, info: Info) -> Point | None:
        knows = await _knows(info, root)
        return point(root.home_latitude, root.home_longitude) if knows else None


@strawberry.input(description="Which technicians; all fields given must hold (筛选).")
class TechnicianFilter:
    code: TextFilter | None = some("Staff number (工号).")
    name: TextFilter | None = some("Name (姓名).")
    kind: Filter[TechnicianKind] | None = some("Staff, vendor's or temporary (人员类型).")
    is_active: FlagFilter | None = some("Whether they are planned at all (在岗).")
    trade: TextFilter | None = some("Code of a trade they have (工种).")


def _has_trade(given: TextFilter) -> ColumnElement[bool]:
    skill = store.TechnicianSkill
    return store.Technician.id.in_(select(skill.technician_id).where(compare(skill.trade, given)))


@strawberry.type
class TechnicianQueries:
    @strawberry.field(
        graphql_type=Technician,
        description="One technician; NOT_FOUND when they may not be seen (维修人员).",
    )
    async def technician(
        root: None,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id (编号).")],
    ) -> store.Technician:
        return await found(info, store.Technician, id, "Technician", seen=visible.technicians)

    @strawberry.field(
        graphql_type=Connection[Technician],
        description="Technicians whom the reader may see, by staff number (维修人员列表).",
    )
    async def technicians(
        root: None,
        info: Info,
        site_id: OptionalSiteId = None,
        filter: Annotated[
            TechnicianFilter | None, strawberry.argument(description="Which ones (筛选).")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Any]:
        conditions = [where(filter, store.Technician, special={"trade": _has_trade})]
        if site_id is not None:
            serves = store.TechnicianSite
            site = await site_of(info, site_id, Action.SEE_TECHNICIANS)
            conditions.append(
                store.Technician.id.in_(select(serves.technician_id).where(serves.site_id == site))
            )
        return await listed(
            info,
            store.Technician,
            seen=visible.technicians,
            conditions=conditions,
            order=[Order(store.Technician.code)],
            page=Page.of(first=first, after=after, last=last, before=before),
        )

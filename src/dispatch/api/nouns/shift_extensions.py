"""Overtime and longer shifts (加班、延班): asked, agreed, approved, counted, limited."""

from datetime import date, datetime
from typing import Annotated, Any, Optional

import strawberry

from dispatch.api import ids
from dispatch.api.connections import After, Before, Connection, First, Last, Page
from dispatch.api.context import Info
from dispatch.api.keyset import Order
from dispatch.api.nouns import batches
from dispatch.api.nouns.base import Node, OfRow, column, related
from dispatch.api.nouns.filters import DayFilter, Filter, IdFilter, TimeFilter, some, where
from dispatch.api.nouns.lists import OptionalSiteId, SiteId, listed
from dispatch.api.nouns.sites import Site
from dispatch.api.nouns.technicians import Technician
from dispatch.api.nouns.writes import Result, key_field, needed, optional, version_field, write
from dispatch.api.scalars import Seconds
from dispatch.domain.errors import Code
from dispatch.domain.overtime import OvertimePeriod
from dispatch.domain.shift_extensions import ExtensionState
from dispatch.services import overtime, shift_extensions, visible
from dispatch.store.shift_extensions import ShiftExtension as ShiftExtensionRow


@strawberry.type(description="A stretch outside the shifts in which somebody shall work (加班).")
class ShiftExtension(OfRow, Node):
    row = ShiftExtensionRow

    day: date = column("The day it counts for (归属日期).")
    starts_at: datetime = column("Begin (开始).")
    ends_at: datetime = column("End (结束).")
    state: ExtensionState = column("Where it stands (状态); part of the shift once APPROVED.")
    reason: str = column("Why (原因).")
    asked_at: datetime = column("When it was asked (申请时间).")
    asked_by_name: str = column("Who asked (申请人).")
    agreed_at: datetime | None = column("When the technician agreed (本人同意时间).")
    decided_at: datetime | None = column("When it was approved or turned down (审批时间).")
    decided_by_name: str | None = column("Who decided (审批人).")
    answer: str | None = column("Why it was approved, turned down or withdrawn (答复).")
    version: int = column("Counts up with each change (版本).")
    site = related(batches.sites, Site | None, "The site (项目).", key="site_id")
    technician = related(
        batches.technicians, Optional[Technician], "Who (人员).", key="technician_id"
    )


@strawberry.type(description="How much overtime somebody has in a period (加班统计).")
class OvertimeCount:
    period: OvertimePeriod = column("Day, week or month (周期).")
    starts: date = column("Its first day (起始日).")
    ends: date = column("The first day after it (截止日).")
    counted_s: Seconds = column(
        "What is worked, agreed on or asked for (已计时长).", name="counted"
    )
    most_s: Seconds = column("The policy's limit (上限).", name="most")
    left_s: Seconds = column("What is left of it (剩余).", name="left")


@strawberry.input(description="Which overtime; all fields given must hold (筛选).")
class ShiftExtensionFilter:
    technician_id: IdFilter | None = some("Whose (人员).", node="Technician")
    state: Filter[ExtensionState] | None = some("Where it stands (状态).")
    day: DayFilter | None = some("The day it counts for (归属日期).")
    starts_at: TimeFilter | None = some("Begin (开始).")


@strawberry.input(description="Asks for overtime, or offers one's own (申请加班).")
class ShiftExtensionAskInput:
    site_id: strawberry.ID = needed("Where (项目).", node="Site")
    technician_id: strawberry.ID = needed("Who is to work (人员).", node="Technician")
    starts_at: datetime = needed("Begin (开始); where the shift ends, it becomes longer.")
    ends_at: datetime = needed("End (结束).")
    reason: str = needed("Why (原因).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="The technician agrees to overtime (同意加班).")
class ShiftExtensionAgreeInput:
    shift_extension_id: strawberry.ID = needed("Which (加班).", node="ShiftExtension")
    version: int | None = version_field()
    idempotency_key: str | None = key_field()


@strawberry.input(description="The technician does not want to (谢绝加班).")
class ShiftExtensionDeclineInput:
    shift_extension_id: strawberry.ID = needed("Which (加班).", node="ShiftExtension")
    version: int | None = version_field()
    reason: str | None = optional("Why (原因).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Approves overtime that a technician agreed to (批准加班).")
class ShiftExtensionApproveInput:
    shift_extension_id: strawberry.ID = needed("Which (加班).", node="ShiftExtension")
    version: int | None = version_field()
    reason: str | None = optional("A word about it (说明).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Turns overtime down (驳回加班).")
class ShiftExtensionRejectInput:
    shift_extension_id: strawberry.ID = needed("Which (加班).", node="ShiftExtension")
    version: int | None = version_field()
    reason: str = needed("Why (原因).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Takes overtime back (撤回加班).")
class ShiftExtensionWithdrawInput:
    shift_extension_id: strawberry.ID = needed("Which (加班).", node="ShiftExtension")
    version: int | None = version_field()
    reason: str | None = optional("Why (原因).")
    idempotency_key: str | None = key_field()


_EXTENSION = Result(
    "shift_extension",
    ShiftExtension,
    "The overtime as it is now (加班); null when refused.",
    ShiftExtensionRow.id,
    (Order(ShiftExtensionRow.starts_at),),
)


@strawberry.type
class ShiftExtensionMutations:
    shift_extension_ask = write(
        shift_extensions.ask,
        ShiftExtensionAskInput,
        _EXTENSION,
        Code.WITHIN_SHIFT,
        Code.OVERTIME_LIMIT,
        description="Asks a technician to work longer or on a day off, within the policy's limits; "
        "a technician who offers it themself has agreed (申请加班).",
        creates=True,
    )
    shift_extension_agree = write(
        shift_extensions.agree,
        ShiftExtensionAgreeInput,
        _EXTENSION,
        Code.WRONG_STEP,
        Code.OVERTIME_LIMIT,
        description="The technician agrees; the shift is longer at once if whoever asked may "
        "approve, or nobody has to (同意加班).",
    )
    shift_extension_decline = write(
        shift_extensions.decline,
        ShiftExtensionDeclineInput,
        _EXTENSION,
        Code.WRONG_STEP,
        description="The technician does not want to work longer (谢绝加班).",
    )
    shift_extension_approve = write(
        shift_extensions.approve,
        ShiftExtensionApproveInput,
        _EXTENSION,
        Code.WRONG_STEP,
        Code.OVERTIME_LIMIT,
        description="Approves overtime, never one's own: plans and offers see the longer shift "
        "(批准加班).",
    )
    shift_extension_reject = write(
        shift_extensions.reject,
        ShiftExtensionRejectInput,
        _EXTENSION,
        Code.WRONG_STEP,
        description="Turns overtime down, with the reason (驳回加班).",
    )
    shift_extension_withdraw = write(
        shift_extensions.withdraw,
        ShiftExtensionWithdrawInput,
        _EXTENSION,
        Code.WRONG_STEP,
        description="Takes overtime back; what was planned into it finds another place (撤回加班).",
    )


@strawberry.type
class ShiftExtensionQueries:
    @strawberry.field(
        graphql_type=Connection[ShiftExtension],
        description="Overtime of the sites whose people the reader sees, and one's own, by its "
        "begin (加班列表).",
    )
    async def shift_extensions(
        root: None,
        info: Info,
        site_id: OptionalSiteId = None,
        filter: Annotated[
            ShiftExtensionFilter | None, strawberry.argument(description="Which ones (筛选).")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Any]:
        return await listed(
            info,
            ShiftExtensionRow,
            seen=visible.shift_extensions,
            conditions=[where(filter, ShiftExtensionRow)],
            order=[Order(ShiftExtensionRow.starts_at)],
            page=Page.of(first=first, after=after, last=last, before=before),
            site_id=site_id,
        )

    @strawberry.field(
        description="A technician's overtime of a day, its week and its month against the site's "
        "limits (加班统计)."
    )
    async def overtime(
        root: None,
        info: Info,
        site_id: SiteId,
        technician_id: Annotated[strawberry.ID, strawberry.argument(description="Whose (人员).")],
        day: Annotated[date, strawberry.argument(description="The day (日期).")],
    ) -> list[OvertimeCount]:
        async with info.context.reading() as tx:
            found = await overtime.counts_of(
                tx,
                ids.decode(technician_id, "Technician", field="technician_id"),
                site_id=ids.decode(site_id, "Site", field="site_id"),
                day=day,
            )
        return [
            OvertimeCount(
                period=each.period,
                starts=each.starts,
                ends=each.ends,
                counted_s=Seconds(each.counted_s),
                most_s=Seconds(each.most_s),
                left_s=Seconds(each.left_s),
            )
            for each in found
        ]

"""Callbacks (回访): the call after the work."""

from datetime import datetime
from typing import Annotated, Any, Optional

import strawberry
from sqlalchemy import ColumnElement
from strawberry.scalars import JSON
from strawberry.utils.str_converters import to_camel_case

from dispatch.api import ids
from dispatch.api.connections import After, Before, Connection, First, Last, Page
from dispatch.api.context import Info
from dispatch.api.keyset import Order
from dispatch.api.nouns import batches
from dispatch.api.nouns.base import Node, OfRow, column, lazily, related, related_list
from dispatch.api.nouns.filters import Filter, FlagFilter, TimeFilter, some, where
from dispatch.api.nouns.lists import OptionalSiteId, listed
from dispatch.api.nouns.sites import Site
from dispatch.api.nouns.tickets import Ticket
from dispatch.domain.callbacks import AnsweredBy, CallbackState, CallResult
from dispatch.services import callback_report, visible
from dispatch.store.callbacks import Callback as CallbackRow
from dispatch.store.callbacks import CallbackCall as CallRow


@strawberry.type(description="One call to the customer (通话).")
class CallbackCall(OfRow):
    row = CallRow

    called_by_name: str = column("Who called (回访人).")
    at: datetime = column("When (时间).")
    result: CallResult = column("What came of it (结果).")
    by_manager: bool = column("Whether a manager called (经理回访).")


@strawberry.type(
    description="Marks of one callback (评分): 1 is worst; the best is the policy's "
    "`callback_scale`, three or five."
)
class Scores:
    on_time: int | None = column("Was the technician on time (及时)?")
    attitude: int | None = column("Were they polite (态度)?")
    quality: int | None = column("Is the work good (质量)?")
    total: int | None = column("All in all (总评).")


@strawberry.type(description="A call that the desk owes the customer, and its answers (回访).")
class Callback(OfRow, Node):
    row = CallbackRow

    state: CallbackState = column("Where it stands (回访状态).")
    due_at: datetime = column("When it became due (应访时间).")
    unanswered: int = column("Calls without answer so far (未接通次数).")
    solved: bool | None = column("Was the fault repaired (是否解决)?")
    satisfied: bool | None = column("Is the customer satisfied (是否满意)?")
    charge_as_agreed: bool | None = column("Was the charge as agreed (收费是否与约定一致)?")
    dissatisfaction_reason: str | None = column("Why they are not satisfied (不满意原因).")
    remarks: str | None = column("What else they said (客户意见).")
    created_at: datetime = column("When the call became owed (创建时间).")
    ended_at: datetime | None = column("When it ended (完成时间); null while calls are owed.")
    serious_reason: str | None = column(
        "Why a manager has to call (重要个案原因); null: anybody of the desk may."
    )
    answered_by: AnsweredBy | None = column("By which way the customer answered (回访方式).")
    late_answer: JSON | None = column(
        "What the customer answered after it had ended (补充评价): the same questions, and `by`."
    )
    late_answer_at: datetime | None = column("When that was (补充评价时间).")
    rework = related(
        batches.work_orders,
        Optional[lazily("WorkOrder", "work_orders")],
        "The rework it led to (返修派工单).",
        key="rework_id",
    )
    complaint = related(
        batches.tickets, Optional[Ticket], "The complaint it led to (投诉单).", key="complaint_id"
    )
    version: int = column("Counts up with each change (版本).")
    site = related(batches.sites, Site | None, "The site (项目).", key="site_id")
    ticket = related(batches.tickets, Optional[Ticket], "The ticket (报单).", key="ticket_id")
    calls = related_list(batches.calls, CallbackCall, "Every call made, oldest first (通话记录).")

    @strawberry.field(description="The customer's marks (评分).")
    def scores(root: CallbackRow) -> Scores:
        given = root.scores
        return Scores(
            on_time=given.get("on_time"),
            attitude=given.get("attitude"),
            quality=given.get("quality"),
            total=given.get("total"),
        )


@strawberry.type(
    description="Callbacks of the tickets solved in a time; the last one of each counts (回访统计)."
)
class CallbackReport:
    completed: int = column("Tickets that were solved (完成报单数).")
    with_callback: int = column("… of them with a callback: all of them, or something is wrong.")
    called: int = column("… of them called back to the end (已回访数).")
    answered: int = column("… of them answered (有效回访数).")
    satisfied: int = column("… of them satisfied (满意数).")
    serious: int = column("Serious cases, for a manager to call (重要个案数).")
    late: int = column("Customers who answered late (补充评价数).")
    rate: float | None = column("Share called back, the goal is 1 (回访率); null: none was solved.")
    satisfaction: float | None = column("Share of answers that were satisfied (满意率).")
    scores: JSON = column("The mean of each mark that was given: onTime, attitude … (平均分).")


@strawberry.input(description="Which callbacks; all fields given must hold (筛选).")
class CallbackFilter:
    state: Filter[CallbackState] | None = some("Where it stands (回访状态).")
    satisfied: FlagFilter | None = some("Whether the customer is satisfied (是否满意).")
    is_serious: FlagFilter | None = some("Whether a manager has to call (重要个案).")
    due_at: TimeFilter | None = some("When it became due (应访时间).")
    ended_at: TimeFilter | None = some("When it ended (完成时间).")


def _is_serious(given: FlagFilter) -> ColumnElement[bool]:
    wanted = CallbackRow.serious_reason.is_not(None)
    return wanted if given.eq else ~wanted


_SPECIAL = {"is_serious": _is_serious}


@strawberry.type
class CallbackQueries:
    @strawberry.field(
        description="How many solved tickets were called back, and what was said (回访统计)."
    )
    async def callback_report(
        root: None,
        info: Info,
        site_id: Annotated[strawberry.ID, strawberry.argument(description="The site (项目).")],
        starts_at: Annotated[
            datetime, strawberry.argument(description="Solved from here (开始时间) …")
        ],
        ends_at: Annotated[
            datetime, strawberry.argument(description="… until before here (结束时间).")
        ],
    ) -> CallbackReport:
        async with info.context.reading() as tx:
            made = await callback_report.report(
                tx,
                site_id=ids.decode(site_id, "Site", field="site_id"),
                starts_at=starts_at,
                ends_at=ends_at,
            )
        figures = {
            each: getattr(made, each) for each in CallbackReport.__annotations__ if each != "scores"
        }
        means = {to_camel_case(name): mean for name, mean in made.scores.items()}
        return CallbackReport(**figures, scores=JSON(means))

    @strawberry.field(
        graphql_type=Connection[Callback],
        description="Callbacks of the sites where the reader calls back, oldest first (回访列表).",
    )
    async def callbacks(
        root: None,
        info: Info,
        site_id: OptionalSiteId = None,
        filter: Annotated[
            CallbackFilter | None, strawberry.argument(description="Which ones (筛选).")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Any]:
        return await listed(
            info,
            CallbackRow,
            seen=visible.callbacks,
            conditions=[where(filter, CallbackRow, special=_SPECIAL)],
            order=[Order(CallbackRow.due_at)],
            page=Page.of(first=first, after=after, last=last, before=before),
            site_id=site_id,
        )

"""Callbacks (回访): the call after the work."""

from datetime import datetime
from typing import Annotated, Any, Optional

import strawberry

from dispatch.api.connections import After, Before, Connection, First, Last, Page
from dispatch.api.context import Info
from dispatch.api.keyset import Order
from dispatch.api.nouns import batches
from dispatch.api.nouns.base import Node, OfRow, column, related, related_list
from dispatch.api.nouns.filters import Filter, FlagFilter, TimeFilter, some, where
from dispatch.api.nouns.lists import OptionalSiteId, listed
from dispatch.api.nouns.sites import Site
from dispatch.api.nouns.tickets import Ticket
from dispatch.domain.callbacks import CallbackState, CallResult
from dispatch.services import visible
from dispatch.store.callbacks import Callback as CallbackRow
from dispatch.store.callbacks import CallbackCall as CallRow


@strawberry.type(description="One call to the customer (通话).")
class CallbackCall(OfRow):
    row = CallRow

    called_by_name: str = column("Who called (回访人).")
    at: datetime = column("When (时间).")
    result: CallResult = column("What came of it (结果).")


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


@strawberry.input(description="Which callbacks; all fields given must hold (筛选).")
class CallbackFilter:
    state: Filter[CallbackState] | None = some("Where it stands (回访状态).")
    satisfied: FlagFilter | None = some("Whether the customer is satisfied (是否满意).")
    due_at: TimeFilter | None = some("When it became due (应访时间).")
    ended_at: TimeFilter | None = some("When it ended (完成时间).")


@strawberry.type
class CallbackQueries:
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
            conditions=[where(filter, CallbackRow)],
            order=[Order(CallbackRow.due_at)],
            page=Page.of(first=first, after=after, last=last, before=before),
            site_id=site_id,
        )

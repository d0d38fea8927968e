"""The desk's call soon after dispatch (到场回访): is the technician there?"""

from datetime import datetime
from typing import Annotated, Any, Optional

import strawberry

from dispatch.api.connections import After, Before, Connection, First, Last, Page
from dispatch.api.context import Info
from dispatch.api.keyset import Order
from dispatch.api.nouns import batches
from dispatch.api.nouns.base import Node, OfRow, column, lazily, related
from dispatch.api.nouns.filters import Filter, TimeFilter, some, where
from dispatch.api.nouns.lists import OptionalSiteId, listed
from dispatch.api.nouns.sites import Site
from dispatch.api.nouns.writes import Result, key_field, needed, optional, version_field, write
from dispatch.domain.arrival_checks import ArrivalCheckState
from dispatch.domain.errors import Code
from dispatch.services import arrival_checks, visible
from dispatch.store.arrival_checks import ArrivalCheck as ArrivalCheckRow


@strawberry.type(
    description="A call that the desk owes the customer soon after dispatch: is the technician "
    "there (到场回访)?"
)
class ArrivalCheck(OfRow, Node):
    row = ArrivalCheckRow

    round: int = column("Counts the calls since the dispatch (第几次).")
    state: ArrivalCheckState = column("Where it stands (状态).")
    due_at: datetime = column("When it became due (应访时间).")
    answered_at: datetime | None = column("When the customer was asked (回访时间).")
    asked_by_name: str | None = column("Who asked (回访人).")
    apologized: bool | None = column("Whether the customer got an apology (已致歉).")
    reason: str | None = column("Why nobody is there (未到原因).")
    new_time: datetime | None = column("When the technician comes instead (新到场时间).")
    version: int = column("Counts up with each change (版本).")
    site = related(batches.sites, Site | None, "The site (项目).", key="site_id")
    ticket = related(
        batches.tickets,
        Optional[lazily("Ticket", "tickets")],
        "The ticket (报单).",
        key="ticket_id",
    )
    work_order = related(
        batches.work_orders,
        Optional[lazily("WorkOrder", "work_orders")],
        "The work order (派工单).",
        key="work_order_id",
    )


@strawberry.input(description="Which calls; all fields given must hold (筛选).")
class ArrivalCheckFilter:
    state: Filter[ArrivalCheckState] | None = some("Where it stands (状态).")
    due_at: TimeFilter | None = some("When it became due (应访时间).")


@strawberry.input(description="What the customer said: is the technician there (到场回访登记)?")
class ArrivalCheckRecordInput:
    arrival_check_id: strawberry.ID = needed("Which call (到场回访).", node="ArrivalCheck")
    version: int | None = version_field()
    is_there: bool = needed("Whether the technician is there (是否到场).")
    apologized: bool | None = optional(
        "That the customer got an apology (已致歉); needed when nobody is there."
    )
    reason: str | None = optional("Why nobody is there (未到原因); needed then.")
    new_time: datetime | None = optional("When they come instead (新到场时间); needed then.")
    idempotency_key: str | None = key_field()


_CHECK = Result(
    "arrival_check",
    ArrivalCheck,
    "The call as it is now (到场回访); null when refused.",
    ArrivalCheckRow.id,
)


@strawberry.type
class ArrivalCheckMutations:
    arrival_check_record = write(
        arrival_checks.record,
        ArrivalCheckRecordInput,
        _CHECK,
        Code.CALLBACK_ENDED,
        description="Notes the call whether the technician is there; if not, the customer gets "
        "apology, reason and a new time, and is called again (到场回访登记).",
    )


@strawberry.type
class ArrivalCheckQueries:
    @strawberry.field(
        graphql_type=Connection[ArrivalCheck],
        description="Calls soon after dispatch, of the sites where the reader calls customers, "
        "oldest first (到场回访列表).",
    )
    async def arrival_checks(
        root: None,
        info: Info,
        site_id: OptionalSiteId = None,
        filter: Annotated[
            ArrivalCheckFilter | None, strawberry.argument(description="Which ones (筛选).")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Any]:
        return await listed(
            info,
            ArrivalCheckRow,
            seen=visible.arrival_checks,
            conditions=[where(filter, ArrivalCheckRow)],
            order=[Order(ArrivalCheckRow.due_at)],
            page=Page.of(first=first, after=after, last=last, before=before),
            site_id=site_id,
        )

"""The append-only record (记录): who, when, what, before and after, from where."""

from datetime import datetime
from typing import Annotated, Any, Optional

import strawberry
from strawberry.scalars import JSON

from dispatch.api import ids
from dispatch.api.connections import After, Before, Connection, First, Last, Page
from dispatch.api.context import Info
from dispatch.api.keyset import Order
from dispatch.api.nouns import batches
from dispatch.api.nouns.base import Node, OfRow, column, related
from dispatch.api.nouns.filters import TextFilter, TimeFilter, some, where
from dispatch.api.nouns.lists import OptionalSiteId, listed
from dispatch.api.nouns.tickets import Ticket
from dispatch.api.nouns.work_orders import WorkOrder
from dispatch.services import visible
from dispatch.store.events import Event as EventRow


@strawberry.type(
    description="One line of the append-only record (记录); no line is ever changed or deleted."
)
class Event(OfRow, Node):
    row = EventRow

    kind: str = column("What happened, `noun.verbed`, e.g. `work_order.grabbed` (事项).")
    at: datetime = column("When (时间).")
    subject: str = column("The kind of thing it happened to, e.g. `work_order` (对象).")
    actor_name: str = column("Who did it; `dispatch` is the service itself (操作人).")
    origin: str = column("From where: a network address, `cli`, `worker` (来源).")
    before: JSON = column("The changed columns before; empty for a new thing (变更前).")
    after: JSON = column("The changed columns after (变更后).")
    data: JSON = column("What else belongs to it: reason, place of the device … (附加信息).")
    ticket = related(batches.tickets, Optional[Ticket], "Its ticket (报单).", key="ticket_id")
    work_order = related(
        batches.work_orders, Optional[WorkOrder], "Its work order (派工单).", key="work_order_id"
    )


@strawberry.input(description="Which lines of the record; all fields given must hold (筛选).")
class EventFilter:
    kind: TextFilter | None = some("What happened, `noun.verbed` (事项).")
    actor_name: TextFilter | None = some("Who did it (操作人).")
    at: TimeFilter | None = some("When (时间).")


@strawberry.type
class EventQueries:
    @strawberry.field(
        graphql_type=Connection[Event],
        description="The record of the sites where the reader may see it, newest first (操作记录).",
    )
    async def events(
        root: None,
        info: Info,
        site_id: OptionalSiteId = None,
        ticket_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Of one ticket (报单).")
        ] = None,
        work_order_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Of one work order (派工单).")
        ] = None,
        filter: Annotated[
            EventFilter | None, strawberry.argument(description="Which lines (筛选).")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Any]:
        conditions = [where(filter, EventRow)]
        if ticket_id is not None:
            ticket = ids.decode(ticket_id, "Ticket", field="ticket_id")
            conditions.append(EventRow.ticket_id == ticket)
        if work_order_id is not None:
            work_order = ids.decode(work_order_id, "WorkOrder", field="work_order_id")
            conditions.append(EventRow.work_order_id == work_order)
        return await listed(
            info,
            EventRow,
            seen=visible.events,
            conditions=conditions,
            order=[Order(EventRow.id, descending=True)],
            page=Page.of(first=first, after=after, last=last, before=before),
            site_id=site_id,
        )

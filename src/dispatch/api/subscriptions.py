"""What can be watched over a web socket."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime
from typing import Annotated

import strawberry
from sqlalchemy import select

from dispatch.api import ids
from dispatch.api.context import Info
from dispatch.api.nouns.tickets import Ticket
from dispatch.api.watching import watch
from dispatch.domain.rights import Action
from dispatch.services import visible
from dispatch.store.events import Event
from dispatch.store.tickets import Ticket as TicketRow

SiteId = Annotated[strawberry.ID, strawberry.argument(description="The site (项目).")]


@strawberry.type(description="A ticket after something happened to it (报单变动).")
class TicketChanged:
    kinds: list[str] = strawberry.field(
        description="What happened, oldest first: `ticket.created`, `work_order.started` … (事件)."
    )
    at: datetime = strawberry.field(description="When the last of it happened (时间).")
    ticket: Ticket = strawberry.field(description="The ticket as it is now (报单).")


@strawberry.type
class Subscriptions:
    @strawberry.subscription(
        description="Every change of a ticket of the site and of its work orders, within a second; "
        "each reader hears of those they may see (报单变动)."
    )
    async def ticket_changed(
        self, info: Info, site_id: SiteId
    ) -> AsyncGenerator[TicketChanged, None]:
        site = await _site(info, site_id, Action.SEE_SITE)
        batches = watch(info, lambda event: event.site_id == site and event.ticket_id is not None)
        async with aclosing(batches):
            async for batch in batches:
                changed = _by_ticket(batch)
                statement = select(TicketRow).where(
                    TicketRow.id.in_(changed), visible.tickets(info.context.actor)
                )
                async with info.context.reading() as tx:
                    rows = (await tx.session.execute(statement)).scalars().all()
                for row in rows:
                    events = changed[row.id]
                    kinds = [event.kind for event in events]
                    yield TicketChanged(kinds=kinds, at=events[-1].at, ticket=row)  # type: ignore[arg-type]


async def _site(info: Info, site_id: str, action: Action) -> int:
    row_id = ids.decode(site_id, "Site", field="site_id")
    async with info.context.reading() as tx:
        return (await visible.find_site(tx, row_id, action)).id


def _by_ticket(events: list[Event]) -> dict[int, list[Event]]:
    groups: dict[int, list[Event]] = {}
    for event in events:
        if event.ticket_id is not None:
            groups.setdefault(event.ticket_id, []).append(event)
    return groups

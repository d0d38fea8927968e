"""Offers (抢单): orders open to all who qualify."""

from datetime import datetime
from typing import Annotated, Any, Optional

import strawberry

from dispatch.api.connections import After, Before, Connection, First, Last, Page
from dispatch.api.context import Info
from dispatch.api.keyset import Order
from dispatch.api.nouns import batches
from dispatch.api.nouns.base import Node, OfRow, column, load, related
from dispatch.api.nouns.lists import OptionalSiteId, listed
from dispatch.api.nouns.technicians import Technician
from dispatch.api.nouns.work_orders import WorkOrder
from dispatch.domain.offers import OfferOutcome
from dispatch.domain.rights import Action
from dispatch.services import visible
from dispatch.store.offers import Offer as OfferRow
from dispatch.store.technicians import Technician as TechnicianRow


@strawberry.type(description="One time an order was open to be grabbed (抢单).")
class Offer(OfRow, Node):
    row = OfferRow

    opened_at: datetime = column("When it was opened (放单时间).")
    expires_at: datetime = column("When it goes to the next step if nobody took it (截止时间).")
    closed_at: datetime | None = column("When it ended (结束时间); null while it is open.")
    outcome: OfferOutcome | None = column("How it ended (结果); null while it is open.")
    version: int = column("Counts up with each change (版本).")
    work_order = related(
        batches.work_orders, Optional[WorkOrder], "The order (派工单).", key="work_order_id"
    )
    winner = related(
        batches.technicians, Optional[Technician], "Who took it (抢单人).", key="winner_id"
    )

    @strawberry.field(
        graphql_type=list[Technician],
        description="To whom it was opened: trade, level, site, on duty (可抢人员); for who may "
        "offer, else empty.",
    )
    async def recipients(root: OfferRow, info: Info) -> list[TechnicianRow]:
        if not info.context.actor.may(Action.OFFER, site_id=root.site_id):
            return []
        return list(await load(info, batches.offer_recipients, root.id) or [])


@strawberry.type
class OfferQueries:
    @strawberry.field(
        graphql_type=Connection[Offer],
        description="Offers, soonest to end first: those open to the reader, or a site's for who "
        "may offer (可抢工单).",
    )
    async def offers(
        root: None,
        info: Info,
        site_id: OptionalSiteId = None,
        open: Annotated[
            bool, strawberry.argument(description="Only those still open (仅未结束).")
        ] = True,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Any]:
        return await listed(
            info,
            OfferRow,
            seen=visible.offers,
            conditions=[OfferRow.closed_at.is_(None)] if open else [],
            order=[Order(OfferRow.expires_at)],
            page=Page.of(first=first, after=after, last=last, before=before),
            site_id=site_id,
        )

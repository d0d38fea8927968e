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
from dispatch.api.scalars import Seconds
from dispatch.domain.offers import OfferOutcome
from dispatch.domain.rights import Action
from dispatch.services import visible
from dispatch.services.grab_checks import obstacle
from dispatch.store.offers import Offer as OfferRow
from dispatch.store.technicians import Technician as TechnicianRow
from dispatch.texts import render


@strawberry.type(
    description="How an order on offer would fit into the reader's day, by the planner's estimates "
    "(抢单预估)."
)
class OfferFit:
    distance_m: int | None = column(
        "Metres from where they are (距离); null: not known.", name="distance"
    )
    travel_s: Seconds | None = column("Travel to it (路程时间); null: not known.", name="travel")
    reach_s: Seconds = column(
        "When they could be there, the rest of the job at hand included (最快到达).", name="reach"
    )
    is_busy: bool = column("They are on a job: grabbing needs their word, too (作业中).")
    starts_at: datetime = column("When they could begin (预计开工).")
    fits: bool = column("Nothing promised would be missed, and the shift is long enough (可行).")
    past_shift_s: Seconds = column(
        "How long the day would go past its end (超出班次).", name="pastShift"
    )
    delays_s: Seconds = column(
        "How much later their other orders would begin, in all (顺延).", name="delays"
    )
    load_s: Seconds = column("Work they have today (今日工时).", name="load")
    limit_s: Seconds | None = column("Most work a day (每日工时上限); null: none.", name="limit")
    window_from: datetime | None = column("The promised, else wished window begins (时间窗起).")
    window_to: datetime | None = column("… and ends (时间窗止).")
    obstacle: str | None = column("Why it cannot be grabbed, in words (不可抢原因); null: it can.")
    after_id: strawberry.Private[int | None]
    before_id: strawberry.Private[int | None]
    after = related(
        batches.work_orders,
        Optional[WorkOrder],
        "It would follow this order (前一单).",
        key="after_id",
    )
    before = related(
        batches.work_orders,
        Optional[WorkOrder],
        "… and precede this one (后一单).",
        key="before_id",
    )


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

    @strawberry.field(
        graphql_type=Optional[OfferFit],
        description="How it would fit into the reader's day (抢单预估); null unless it is open to "
        "them.",
    )
    async def fit(root: OfferRow, info: Info) -> OfferFit | None:
        found = await load(info, batches.offer_fits, root.id)
        if found is None:
            return None
        reason = obstacle(found)
        return OfferFit(
            distance_m=found.distance_m,
            travel_s=None if found.travel_s is None else Seconds(found.travel_s),
            reach_s=Seconds(found.reach_s),
            is_busy=found.is_busy,
            starts_at=found.fit.starts_at,
            fits=found.fit.fits,
            past_shift_s=Seconds(found.fit.past_shift_s),
            delays_s=Seconds(found.fit.delays_s),
            load_s=Seconds(found.load_s),
            limit_s=None if found.limit_s is None else Seconds(found.limit_s),
            window_from=found.window_from,
            window_to=found.window_to,
            obstacle=render(reason, info.context.language)[0] if reason is not None else None,
            after_id=found.fit.after,
            before_id=found.fit.before,
        )


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

"""What work orders are to the technician who reads: theirs to work on, or on offer to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from dispatch.services.action import Tx
from dispatch.store.among import among
from dispatch.store.offers import Offer, OfferRecipient
from dispatch.store.work_orders import Assignment


@dataclass(frozen=True, slots=True)
class Holding:
    """How an order is the reader's own."""

    holds: bool = False
    is_offered: bool = False


NONE = Holding()


async def holdings(tx: Tx, keys: Sequence[int]) -> Mapping[int, Holding]:
    """The reader's part in orders, by order: whether they lead it now, or could grab it."""
    technician_id = tx.actor.technician_id
    if technician_id is None:
        return {}
    led = select(Assignment.work_order_id).where(
        among(Assignment.work_order_id, keys),
        Assignment.technician_id == technician_id,
        Assignment.ended_at.is_(None),
    )
    offered = (
        select(Offer.work_order_id)
        .join(OfferRecipient, OfferRecipient.offer_id == Offer.id)
        .where(
            among(Offer.work_order_id, keys),
            OfferRecipient.technician_id == technician_id,
            Offer.closed_at.is_(None),
            Offer.expires_at > tx.now,
        )
    )
    holds = set((await tx.session.execute(led)).scalars())
    open_to = set((await tx.session.execute(offered)).scalars())
    return {key: Holding(key in holds, key in open_to) for key in holds | open_to}

"""A grab (抢单) from first to last: who comes too late is told so without a transaction."""

from collections.abc import Sequence

from dispatch.domain.errors import Code, Refused
from dispatch.domain.rights import Actor
from dispatch.services import idempotency, offers
from dispatch.services.action import Services, caller_of
from dispatch.store.work_orders import WorkOrder
from dispatch.telemetry import metrics


async def grab(
    services: Services,
    actor: Actor,
    *,
    work_order_id: int,
    helper_ids: Sequence[int] = (),
    can_reach: bool | None = None,
    idempotency_key: str | None = None,
) -> WorkOrder:
    """`offers.grab` for one of many who come at once; with the same refusals."""
    rivals = services.rivals

    async def take() -> WorkOrder:
        try:
            order = await services.perform_once(
                actor,
                idempotency_key,
                offers.grab,
                work_order_id=work_order_id,
                helper_ids=helper_ids,
                can_reach=can_reach,
            )
        except Refused as refused:
            if refused.refusals[0].code is Code.ALREADY_TAKEN:
                rivals.note_taken(work_order_id)
            raise
        rivals.note_taken(work_order_id)
        return order

    if not rivals.seems_taken(work_order_id):
        async with rivals.turn(work_order_id):
            if not rivals.seems_taken(work_order_id):
                return await take()
    lost = await _lost(services, actor, work_order_id, idempotency_key)
    if lost is not None:
        metrics.GRABS.labels("lost").inc()
        raise lost
    rivals.note_open(work_order_id)
    return await take()


async def _lost(
    services: Services, actor: Actor, work_order_id: int, idempotency_key: str | None
) -> Refused | None:
    """The refusal of a grab that another has won, as far as reading can tell."""
    async with services.reading(actor) as tx:
        if idempotency_key is not None and await idempotency.is_used(
            tx.session,
            organization_id=actor.organization_id,
            caller=caller_of(actor),
            key=idempotency_key,
        ):
            # It may be their own wish of before, whose result they ask for.
            return None
        return await offers.lost(tx, work_order_id=work_order_id)

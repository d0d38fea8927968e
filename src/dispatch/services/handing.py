"""Telling a technician that an order is theirs, and until when to accept it."""

from datetime import datetime

from dispatch.domain.messages import Audience, MessageKind
from dispatch.services.action import Tx
from dispatch.services.holding import open_assignment
from dispatch.services.telling import tell
from dispatch.store.work_orders import WorkOrder


async def tell_assigned(tx: Tx, *, work_order_id: int, until: datetime | None = None) -> None:
    """Tells whoever leads the order now; nobody when it has been taken back meanwhile."""
    order = await tx.session.get_one(WorkOrder, work_order_id)
    held = await open_assignment(tx, order.id)
    if held is None:
        return
    await tell(
        tx,
        MessageKind.ORDER_ASSIGNED,
        Audience(technician_ids=(held.technician_id,)),
        site_id=order.site_id,
        ticket_id=order.ticket_id,
        work_order_id=order.id,
        number=order.number,
        trade=order.trade,
        starts_at=held.planned_start,
        until=until,
    )

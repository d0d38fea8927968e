"""Opening an order to all, where there is anybody who could take it (DSP-1)."""

from dispatch.domain.dispatching import Cause
from dispatch.domain.work_orders import AssignmentStep
from dispatch.services.action import Tx
from dispatch.services.offering import offer_order, whom
from dispatch.services.walking import go_on
from dispatch.store.work_orders import WorkOrder


async def open_to_all(
    tx: Tx, order: WorkOrder, *, step: AssignmentStep = AssignmentStep.GRAB
) -> None:
    """Opens a queued order to all who qualify; where that is nobody, the next step follows at
    once."""
    if await whom(tx, order, step=step):
        await offer_order(tx, order, step=step)
    else:
        order.dispatch_step = step
        await go_on(tx, order, cause=Cause.NOT_GRABBED)

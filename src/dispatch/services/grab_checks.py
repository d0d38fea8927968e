"""What keeps a technician from a grab: limit, being busy, promises (GRAB-4 to GRAB-6)."""

from dispatch.domain.errors import Code, Refusal, refuse
from dispatch.services.action import Tx
from dispatch.services.grab_fit import GrabFit, fits_of
from dispatch.store.technicians import Technician
from dispatch.store.work_orders import WorkOrder

_MINUTE = 60


async def demand_grabbable(
    tx: Tx, technician: Technician, order: WorkOrder, *, can_reach: bool | None
) -> GrabFit:
    """How the order fits; refuses what would break a limit or a promise.

    Who is busy must be near by the planner's estimate, and say so themself (`can_reach`).
    """
    found = (await fits_of(tx, technician, [order]))[order.id]
    refusal = obstacle(found)
    if refusal is not None:
        raise refuse(refusal.code, field="work_order_id", **refusal.params)
    if found.is_busy and can_reach is None:
        raise refuse(Code.REQUIRED, field="can_reach")
    if found.is_busy and not can_reach:
        raise refuse(
            Code.CANNOT_REACH_IN_TIME,
            field="can_reach",
            minutes=found.reach_s // _MINUTE,
            most=found.reach_within_s // _MINUTE,
        )
    return found


def obstacle(found: GrabFit) -> Refusal | None:
    """The first reason, if there is one, that does not depend on the technician's word."""
    if found.is_over_limit:
        return Refusal(
            Code.WORK_LIMIT_REACHED,
            params={
                "minutes": found.load_s // _MINUTE,
                "most": (found.limit_s or 0) // _MINUTE,
            },
        )
    if found.is_busy and found.reach_s > found.reach_within_s:
        return Refusal(
            Code.CANNOT_REACH_IN_TIME,
            params={
                "minutes": found.reach_s // _MINUTE,
                "most": found.reach_within_s // _MINUTE,
            },
        )
    if found.fit.breaks is not None:
        return Refusal(
            Code.PROMISE_WOULD_BREAK,
            params={
                "number": found.fit.breaks,
                "minutes": -(-found.fit.late_s // _MINUTE),
            },
        )
    return None

"""When technicians set out and arrived, and how far they went (ANL-2)."""

from datetime import datetime, time
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Table, Update, bindparam, select, update

from dispatch.domain.travel import Spot
from dispatch.planning.inputs import spot_of
from dispatch.services.action import Tx
from dispatch.services.policies import policy_of
from dispatch.services.steps import Taking
from dispatch.store.sites import Site
from dispatch.store.technicians import Technician
from dispatch.store.work_orders import Assignment, WorkOrder
from dispatch.travel.straight_line import travel_between

# Asked with every visit: put together once. Facts beside the plan: whoever changes the plan
# meanwhile need not have seen them, and no row that was read before needs to know them.
_ASSIGNMENTS = cast("Table", Assignment.__table__)
_NEWEST = update(_ASSIGNMENTS).where(
    _ASSIGNMENTS.c.id
    == select(_ASSIGNMENTS.c.id)
    .where(
        _ASSIGNMENTS.c.work_order_id == bindparam("order"),
        _ASSIGNMENTS.c.technician_id == bindparam("person"),
    )
    .order_by(_ASSIGNMENTS.c.id.desc())
    .limit(1)
    .scalar_subquery()
)
_SET_OUT = _NEWEST.values(set_out_at=bindparam("at"))
_ARRIVED = _NEWEST.values(arrived_at=bindparam("at"), way_m=bindparam("metres"))
_BEFORE = (
    select(WorkOrder.latitude, WorkOrder.longitude, WorkOrder.building_id, WorkOrder.floor)
    .join(Assignment, Assignment.work_order_id == WorkOrder.id)
    .where(
        Assignment.technician_id == bindparam("person"),
        Assignment.arrived_at >= bindparam("midnight"),
        Assignment.arrived_at < bindparam("at"),
    )
    .order_by(Assignment.arrived_at.desc())
    .limit(1)
)


async def set_out(tx: Tx, taking: Taking) -> None:
    """Keeps when they set out, the last time."""
    await _keep(tx, taking, _SET_OUT)


async def arrive(tx: Tx, taking: Taking) -> int | None:
    """Keeps when they arrived, and the way that they came: its metres, None where one of its ends
    is unknown."""
    way_m = await _way(tx, taking)
    await _keep(tx, taking, _ARRIVED, metres=way_m)
    return way_m


async def _keep(tx: Tx, taking: Taking, facts: Update, **given: Any) -> None:
    about = {"order": taking.order.id, "person": taking.technician_id, "at": taking.at}
    await tx.session.execute(facts, about | given)


async def _way(tx: Tx, taking: Taking) -> int | None:
    """From the door where they were before on the day, else from home."""
    there = spot_of(taking.order)
    technician = await tx.session.get_one(Technician, taking.technician_id)
    here = await _spot_before(tx, taking, technician)
    if here is None or there is None:
        return None
    numbers = (await policy_of(tx, taking.order.site_id)).planning
    _, way_m = travel_between(here, there, travel=technician.travel, numbers=numbers)
    return way_m


async def _spot_before(tx: Tx, taking: Taking, technician: Technician) -> Spot | None:
    zone = ZoneInfo((await tx.session.get_one(Site, taking.order.site_id)).time_zone)
    midnight = datetime.combine(taking.at.astimezone(zone).date(), time(), zone)
    asked = {"person": technician.id, "midnight": midnight, "at": taking.at}
    before = (await tx.session.execute(_BEFORE, asked)).one_or_none()
    if before is not None:
        is_known = before.latitude is not None and before.longitude is not None
        return Spot(*before) if is_known else None
    if technician.home_latitude is None or technician.home_longitude is None:
        return None
    return Spot(technician.home_latitude, technician.home_longitude)

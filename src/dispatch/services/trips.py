"""When technicians set out and arrived, and how far they went (ANL-2)."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from dispatch.domain.travel import Spot
from dispatch.planning.inputs import spot_of
from dispatch.services.action import Tx
from dispatch.services.policies import policy_of
from dispatch.services.steps import Taking
from dispatch.store.sites import Site
from dispatch.store.technicians import Technician
from dispatch.store.work_orders import Assignment, WorkOrder
from dispatch.travel.straight_line import travel_between


async def set_out(tx: Tx, taking: Taking) -> None:
    """Keeps when they set out, the last time."""
    await _keep(tx, taking, set_out_at=taking.at)


async def arrive(tx: Tx, taking: Taking) -> int | None:
    """Keeps when they arrived, and the way that they came: its metres, None where one of its ends
    is unknown."""
    way_m = await _way(tx, taking)
    await _keep(tx, taking, arrived_at=taking.at, way_m=way_m)
    return way_m


async def _keep(tx: Tx, taking: Taking, **facts: datetime | int | None) -> None:
    # Facts beside the plan: whoever changes the plan meanwhile need not have seen them.
    newest = (
        select(Assignment.id)
        .where(
            Assignment.work_order_id == taking.order.id,
            Assignment.technician_id == taking.technician_id,
        )
        .order_by(Assignment.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    await tx.session.execute(update(Assignment).where(Assignment.id == newest).values(**facts))


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
    statement = (
        select(WorkOrder)
        .join(Assignment, Assignment.work_order_id == WorkOrder.id)
        .where(
            Assignment.technician_id == technician.id,
            Assignment.arrived_at >= midnight,
            Assignment.arrived_at < taking.at,
        )
        .order_by(Assignment.arrived_at.desc())
        .limit(1)
    )
    before = (await tx.session.execute(statement)).scalar_one_or_none()
    if before is not None:
        return spot_of(before)
    if technician.home_latitude is None or technician.home_longitude is None:
        return None
    return Spot(technician.home_latitude, technician.home_longitude)

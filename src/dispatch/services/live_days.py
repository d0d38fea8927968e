"""A site's day, held ready for questions about its plan in force."""

import asyncio
import hashlib
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from dispatch.domain.appointments import STANDING_STATES
from dispatch.domain.errors import Code, refuse
from dispatch.domain.rights import Actor
from dispatch.domain.travel import Spot
from dispatch.domain.work_orders import HELD_STATES, PLANNABLE_STATES, STEPS
from dispatch.planning.in_force import LiveDay, live_day
from dispatch.planning.runner import Planner
from dispatch.services.action import Services, Tx
from dispatch.services.calendars import calendar_of
from dispatch.services.duty import serving
from dispatch.services.held_visits import held_visits
from dispatch.services.overtime import room_of
from dispatch.services.plan_inputs import load_day
from dispatch.services.policies import record_in_force
from dispatch.services.sites import local_day
from dispatch.services.travel_times import travel_times_of
from dispatch.store.sites import Site
from dispatch.store.work_orders import Appointment, WorkOrder


def demand_plannable(order: WorkOrder, step: str) -> None:
    """An order that a plan may still place; `step` names the question. Refuses WRONG_STEP."""
    if order.state not in PLANNABLE_STATES:
        raise refuse(
            Code.WRONG_STEP,
            field="work_order_id",
            allowed=STEPS.allowed(order.state),
            noun="work_order",
            step=step,
            state=order.state.value,
        )


async def asked_day(
    services: Services, planner: Planner, actor: Actor, *, site: Site, day: date, spot: Spot | None
) -> LiveDay:
    """The day as it stands now; made anew only when something it rests on has changed.

    `spot` is where the question is about. Refuses DAY_IS_PAST.
    """
    async with services.reading(actor) as tx:
        if day < local_day(tx, site):
            raise refuse(Code.DAY_IS_PAST, field="day", day=day.isoformat())
        key = await key_of_day(tx, site, day, spot)

    async def prepare() -> LiveDay:
        async with services.reading(actor) as tx:
            return await day_as_it_stands(tx, site, day, key=key, spot=spot)

    return await planner.live_day(key, prepare)


async def day_as_it_stands(
    tx: Tx, site: Site, day: date, *, key: str, spot: Spot | None
) -> LiveDay:
    """The day as the transaction sees it, with every promise to a customer in it."""
    loaded = await load_day(tx, site, day)
    loaded = replace(loaded, orders=(*loaded.orders, *await held_visits(tx, site.id)))
    return await asyncio.to_thread(
        live_day,
        loaded,
        key=key,
        travel_times=travel_times_of(loaded.policy.planning),
        also=[spot] if spot is not None else [],
    )


async def key_of_day(tx: Tx, site: Site, day: date, spot: Spot | None) -> str:
    """Names the state of everything that the day's problem is made from.

    Orders, technicians and appointments by their versions; of a day that has begun also the
    minute, since nobody is planned into the past. What the day is, and the overtime it still has
    room for, hang on rows without a version.
    """
    begins = datetime.combine(day, time.min, ZoneInfo(site.time_zone))
    orders = select(WorkOrder.id, WorkOrder.version).where(
        WorkOrder.site_id == site.id, WorkOrder.state.in_(PLANNABLE_STATES | HELD_STATES)
    )
    appointments = select(Appointment.id, Appointment.version).where(
        Appointment.site_id == site.id, Appointment.state.in_(STANDING_STATES)
    )
    record = await record_in_force(tx, site.id)
    people = await serving(tx, site.id)
    known_spot = spot is not None and await _is_known(tx, site, spot)
    state: list[Any] = [
        # One planner may be asked about several databases.
        tx.session.get_bind().engine.url.database,
        site.id,
        day,
        tx.now.replace(second=0, microsecond=0) if tx.now > begins else None,
        sorted(tuple(row) for row in await tx.session.execute(orders)),
        sorted(tuple(row) for row in await tx.session.execute(appointments)),
        [(each.id, each.version) for each in people],
        (record.id, record.version) if record is not None else None,
        (await calendar_of(tx, site)).days.get(day),
        sorted((await room_of(tx, people, site_id=site.id, day=day)).items()),
        None if known_spot else spot,
    ]
    return hashlib.sha256(repr(state).encode()).hexdigest()


async def _is_known(tx: Tx, site: Site, spot: Spot) -> bool:
    """Whether an open order is there, so that the day knows the place anyway."""
    where = (
        (WorkOrder.building_id == spot.building,)
        if spot.building is not None
        else (
            WorkOrder.building_id.is_(None),
            WorkOrder.latitude == spot.latitude,
            WorkOrder.longitude == spot.longitude,
        )
    )
    statement = select(WorkOrder.floor, WorkOrder.latitude).where(
        WorkOrder.site_id == site.id, WorkOrder.state.in_(PLANNABLE_STATES | HELD_STATES), *where
    )
    rows = (await tx.session.execute(statement)).all()
    return any(
        latitude is not None
        and Spot(spot.latitude, spot.longitude, spot.building, floor).same_place(spot)
        for floor, latitude in rows
    )

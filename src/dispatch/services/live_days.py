"""A site's day, held ready for questions about its plan in force."""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import date, datetime, time
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from dispatch.domain.appointments import STANDING_STATES
from dispatch.domain.errors import Code, refuse
from dispatch.domain.rights import Actor
from dispatch.domain.travel import Spot
from dispatch.domain.work_orders import HELD_STATES, PLANNABLE_STATES, STEPS
from dispatch.planning.in_force import LiveDay, live_day
from dispatch.planning.inputs import OpenOrder
from dispatch.planning.runner import Planner
from dispatch.services.action import Services, Tx
from dispatch.services.calendars import calendar_of
from dispatch.services.duty import serving
from dispatch.services.held_visits import held_visits
from dispatch.services.overtime import room_of
from dispatch.services.plan_inputs import load_day, open_orders
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
        [key] = await _asked_keys(tx, site, [day], spot)

    async def prepare() -> LiveDay:
        async with services.reading(actor) as tx:
            return await day_as_it_stands(tx, site, day, key=key, spot=spot)

    return await planner.live_day(key, prepare)


async def asked_days(
    services: Services,
    planner: Planner,
    actor: Actor,
    *,
    site: Site,
    days: Sequence[date],
    spot: Spot | None,
) -> list[LiveDay]:
    """The days as they stand now, like `asked_day`; what is open is read once for all of them."""
    async with services.reading(actor) as tx:
        keys = await _asked_keys(tx, site, days, spot)
    reading: asyncio.Future[Sequence[OpenOrder]] | None = None

    async def read() -> Sequence[OpenOrder]:
        async with services.reading(actor) as tx:
            return await _open_and_held(tx, site)

    async def prepare(day: date, key: str) -> LiveDay:
        nonlocal reading
        if reading is None:
            reading = asyncio.ensure_future(read())
        orders = await reading
        async with services.reading(actor) as tx:
            return await _live(tx, site, day, key=key, spot=spot, orders=orders)

    return await asyncio.gather(
        *(
            planner.live_day(key, partial(prepare, day, key))
            for day, key in zip(days, keys, strict=True)
        )
    )


async def _asked_keys(tx: Tx, site: Site, days: Sequence[date], spot: Spot | None) -> list[str]:
    today = local_day(tx, site)
    for day in days:
        if day < today:
            raise refuse(Code.DAY_IS_PAST, field="day", day=day.isoformat())
    return await keys_of_days(tx, site, days, spot)


async def day_as_it_stands(
    tx: Tx, site: Site, day: date, *, key: str, spot: Spot | None
) -> LiveDay:
    """The day as the transaction sees it, with every promise to a customer in it."""
    orders = await _open_and_held(tx, site)
    return await _live(tx, site, day, key=key, spot=spot, orders=orders)


async def _open_and_held(tx: Tx, site: Site) -> Sequence[OpenOrder]:
    return *await open_orders(tx, site), *await held_visits(tx, site.id)


async def _live(
    tx: Tx, site: Site, day: date, *, key: str, spot: Spot | None, orders: Sequence[OpenOrder]
) -> LiveDay:
    loaded = await load_day(tx, site, day, orders=orders)
    return await asyncio.to_thread(
        live_day,
        loaded,
        key=key,
        travel_times=travel_times_of(loaded.policy.planning),
        also=[spot] if spot is not None else [],
    )


async def key_of_day(tx: Tx, site: Site, day: date, spot: Spot | None) -> str:
    """Names the state of everything that the day's problem is made from."""
    [key] = await keys_of_days(tx, site, [day], spot)
    return key


async def keys_of_days(tx: Tx, site: Site, days: Sequence[date], spot: Spot | None) -> list[str]:
    """For each day what names the state of everything that its problem is made from.

    Orders, technicians and appointments by their versions; of a day that has begun also the
    minute, since nobody is planned into the past. What the day is, and the overtime it still has
    room for, hang on rows without a version.
    """
    orders = select(WorkOrder.id, WorkOrder.version).where(
        WorkOrder.site_id == site.id, WorkOrder.state.in_(PLANNABLE_STATES | HELD_STATES)
    )
    appointments = select(Appointment.id, Appointment.version).where(
        Appointment.site_id == site.id, Appointment.state.in_(STANDING_STATES)
    )
    record = await record_in_force(tx, site.id)
    people = await serving(tx, site.id)
    known_spot = spot is not None and await _is_known(tx, site, spot)
    of_site = _digest(
        # One planner may be asked about several databases.
        tx.session.get_bind().engine.url.database,
        site.id,
        sorted(tuple(row) for row in await tx.session.execute(orders)),
        sorted(tuple(row) for row in await tx.session.execute(appointments)),
        [(each.id, each.version) for each in people],
        (record.id, record.version) if record is not None else None,
        None if known_spot else spot,
    )
    known = (await calendar_of(tx, site)).days
    return [
        _digest(
            of_site,
            day,
            tx.now.replace(second=0, microsecond=0) if tx.now > _begins(site, day) else None,
            known.get(day),
            sorted((await room_of(tx, people, site_id=site.id, day=day)).items()),
        )
        for day in days
    ]


def _begins(site: Site, day: date) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(site.time_zone))


def _digest(*state: Any) -> str:
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

"""For what a time is asked: an open order, or work that nobody has ordered yet."""

from dataclasses import dataclass

from sqlalchemy import select

from dispatch.domain.errors import Code, refuse
from dispatch.domain.rights import Action
from dispatch.domain.sizes import CREW_MOST, check_number
from dispatch.domain.travel import Spot
from dispatch.domain.work_orders import WorkOrderState
from dispatch.planning.asking import Prospect
from dispatch.planning.inputs import spot_of
from dispatch.services import duty, visible
from dispatch.services.action import Tx
from dispatch.services.appointments import standing
from dispatch.services.held_visits import stand_in_id
from dispatch.services.intake import check_own_unit
from dispatch.services.sites import building_of, find_place
from dispatch.services.work_orders import check_trade
from dispatch.store.sites import Place, Site
from dispatch.store.work_orders import Assignment, CrewMember, WorkOrder

_LEVELS = (1, 3)
_DURATIONS_S = (60, 24 * 3600)


@dataclass(frozen=True, slots=True)
class VisitWished:
    """What a caller wants done before there is an order: where, by whom, how long."""

    site_id: int
    place_id: int
    trade: str
    duration_s: int
    level: int = 1
    crew_size: int = 1


@dataclass(frozen=True, slots=True)
class Question:
    """A visit as the plans in force can be asked about it; without a spot nobody can say."""

    site: Site
    visit: int | Prospect
    trade: str
    spot: Spot | None


async def about_order(tx: Tx, order: WorkOrder, *, beside: bool = False) -> Question:
    """An open order, taken out of where it is; `beside`: as if it were one more."""
    site = await tx.session.get_one(Site, order.site_id)
    spot = spot_of(order)
    visit: int | Prospect = order.id
    if beside and spot is not None:
        visit = await _prospect(tx, order, spot)
    elif order.state is WorkOrderState.AWAITING_APPROVAL:
        promised = await standing(tx, order, lock=False)
        if promised is not None:
            visit = stand_in_id(promised)
        elif spot is not None:
            visit = await _prospect(tx, order, spot)
    return Question(site, visit, order.trade, spot)


async def about_visit(tx: Tx, visit: VisitWished) -> Question:
    """Work that nobody has ordered yet, for those who may report the like (INT-3)."""
    site = await visible.find_site(tx, visit.site_id, Action.REPORT, own=True)
    place = await find_place(tx, visit.place_id, site_id=site.id)
    await check_own_unit(tx, site_id=site.id, place=place, is_complete=True)
    await check_trade(tx, visit.trade)
    check_number("level", visit.level, least=_LEVELS[0], most=_LEVELS[1])
    check_number("crew_size", visit.crew_size, least=1, most=CREW_MOST)
    check_number("duration_s", visit.duration_s, least=_DURATIONS_S[0], most=_DURATIONS_S[1])
    spot = await _spot(tx, place)
    # Where nobody knows the place, no day is asked: the prospect is never looked at.
    prospect = Prospect(
        spot=spot or Spot(0.0, 0.0),
        trade=visit.trade,
        level=visit.level,
        duration_s=visit.duration_s,
        crew_size=visit.crew_size,
    )
    return Question(site, prospect, visit.trade, spot)


def about_trade(site: Site, trade: str, *, duration_s: int) -> Question:
    """Any visit of a trade, at the site's own point."""
    spot = None
    if site.latitude is not None and site.longitude is not None:
        spot = Spot(site.latitude, site.longitude)
    prospect = Prospect(
        spot=spot or Spot(0.0, 0.0), trade=trade, level=1, duration_s=duration_s, crew_size=1
    )
    return Question(site, prospect, trade, spot)


async def check_named(tx: Tx, technician_id: int, *, site_id: int) -> None:
    """Whom a customer names serves the site; customers name those who came to them before."""
    await duty.find_serving(tx, technician_id, site_id=site_id, field="technician_id")
    if tx.actor.may(Action.SEE_TECHNICIANS, site_id=site_id):
        return
    came = (
        select(CrewMember.id)
        .join(Assignment, Assignment.id == CrewMember.assignment_id)
        .join(WorkOrder, WorkOrder.id == Assignment.work_order_id)
        .where(CrewMember.technician_id == technician_id, visible.work_orders(tx.actor))
    )
    if (await tx.session.execute(came.limit(1))).first() is None:
        raise refuse(Code.NOT_FOUND, field="technician_id", id=technician_id)


async def _prospect(tx: Tx, order: WorkOrder, spot: Spot) -> Prospect:
    return Prospect(
        spot=spot,
        trade=order.trade,
        level=order.level,
        duration_s=order.duration_s,
        crew_size=order.crew_size,
        refused=frozenset(await duty.refused_by(tx, order.id)),
    )


async def _spot(tx: Tx, place: Place) -> Spot | None:
    if place.latitude is None or place.longitude is None:
        return None
    return Spot(place.latitude, place.longitude, await building_of(tx, place), place.floor)

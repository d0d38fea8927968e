"""Why an order has no place in the plan in force, and who could take it (DSP-4)."""

from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import select

from dispatch.domain.appointments import STANDING_STATES
from dispatch.domain.rights import Action, Actor
from dispatch.planning import asking
from dispatch.planning.asking import BlockedFound, WhyFound
from dispatch.planning.inputs import spot_of
from dispatch.planning.runner import Planner
from dispatch.services import duty, visible
from dispatch.services.action import Services, Tx
from dispatch.services.live_days import asked_day, demand_plannable
from dispatch.services.sites import local_day
from dispatch.store.sites import Site
from dispatch.store.work_orders import Appointment, Assignment, WorkOrder

_NO_TRADE = "TRADE"


@dataclass(frozen=True, slots=True)
class WhyNot:
    """The answer, and what it is about."""

    order: WorkOrder
    site: Site
    day: date
    found: WhyFound


async def why_not(
    services: Services,
    planner: Planner,
    actor: Actor,
    *,
    work_order_id: int,
    technician_id: int | None = None,
    day: date | None = None,
) -> WhyNot:
    """Asks the plan in force of a day (default: the order's own, else today) about an order.

    With `technician_id` about this technician alone. Refuses WRONG_STEP once somebody has set
    out, and DAY_IS_PAST.
    """
    async with services.reading(actor) as tx:
        order = await visible.find_work_order(tx, work_order_id, Action.SEE_PLANS, lock=False)
        demand_plannable(order, "ASK_WHY_NOT")
        site = await tx.session.get_one(Site, order.site_id)
        if technician_id is not None:
            await duty.find_serving(tx, technician_id, site_id=site.id, field="technician_id")
        asked = day or await _own_day(tx, order, site)
        skills = await duty.skills_of(tx, [technician_id]) if technician_id is not None else {}
    live = await asked_day(services, planner, actor, site=site, day=asked, spot=spot_of(order))
    found = await asking.why_not(planner, live, order.id)
    if technician_id is not None:
        trades = {skill.trade for skill in skills[technician_id]}
        found = _about(found, technician_id, has_trade=order.trade in trades)
    return WhyNot(order=order, site=site, day=asked, found=found)


def _about(found: WhyFound, technician_id: int, *, has_trade: bool) -> WhyFound:
    """What the answer says of one technician; who lacks the trade is not named in the whole."""
    blocked = tuple(each for each in found.blocked if each.technician_id == technician_id)
    if not has_trade:
        blocked = (BlockedFound(technician_id, _NO_TRADE, None),)
    places = tuple(each for each in found.places if each.technician_id == technician_id)
    return replace(found, blocked=blocked, places=places)


async def _own_day(tx: Tx, order: WorkOrder, site: Site) -> date:
    """The day it is promised or planned for, unless that is over; else today."""
    promised = select(Appointment.starts_at).where(
        Appointment.work_order_id == order.id, Appointment.state.in_(STANDING_STATES)
    )
    planned = select(Assignment.planned_start).where(
        Assignment.work_order_id == order.id, Assignment.ended_at.is_(None)
    )
    moment = (await tx.session.execute(promised)).scalar_one_or_none()
    moment = moment or (await tx.session.execute(planned)).scalar_one_or_none()
    moment = moment or order.wished_from
    today = local_day(tx, site)
    if moment is None:
        return today
    return max(today, moment.astimezone(ZoneInfo(site.time_zone)).date())

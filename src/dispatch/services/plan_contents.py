"""A plan with everything a reader of it wants to see: names, numbers, places."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from dispatch.services import duty, visible
from dispatch.services.action import Tx
from dispatch.store.categories import Trade
from dispatch.store.plans import Plan, PlanLeftOut, PlanRoute, PlanRun, PlanStop
from dispatch.store.sites import Place, Site
from dispatch.store.technicians import Technician
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import WorkOrder


@dataclass(frozen=True, slots=True)
class OrderShown:
    """An order with where it is, in words."""

    order: WorkOrder
    where: str


@dataclass(frozen=True, slots=True)
class PlanContents:
    """Routes in order of technician and shift; `off` are those without a shift that day."""

    plan: Plan
    run: PlanRun
    site: Site
    routes: list[tuple[PlanRoute, list[PlanStop]]]
    left_out: list[PlanLeftOut]
    orders: dict[int, OrderShown]
    technicians: dict[int, Technician]
    trades: dict[str, Trade]

    @property
    def off(self) -> list[Technician]:
        routed = {route.technician_id for route, _ in self.routes}
        return [each for key, each in self.technicians.items() if key not in routed]


async def plan_contents(tx: Tx, *, plan_id: int) -> PlanContents:
    """The plan, for whoever may see the site's plans."""
    plan = await visible.find(tx, Plan, plan_id, visible.plans(tx.actor), field="plan_id")
    site = await tx.session.get_one(Site, plan.site_id)
    stops: defaultdict[int, list[PlanStop]] = defaultdict(list)
    for stop in await _rows(tx, PlanStop, PlanStop.plan_id == plan.id, PlanStop.position):
        stops[stop.route_id].append(stop)
    routes = await _rows(
        tx,
        PlanRoute,
        PlanRoute.plan_id == plan.id,
        PlanRoute.technician_id,
        PlanRoute.shift_start,
    )
    left_out = await _rows(tx, PlanLeftOut, PlanLeftOut.plan_id == plan.id, PlanLeftOut.id)
    trades = await _rows(tx, Trade, Trade.organization_id == site.organization_id, Trade.code)
    people = {each.id: each for each in await duty.serving(tx, site.id)}
    # Who has left since is still named in the plans of the past.
    routed = Technician.id.in_({route.technician_id for route in routes})
    people.update({each.id: each for each in await _rows(tx, Technician, routed, Technician.id)})
    return PlanContents(
        plan=plan,
        run=await tx.session.get_one(PlanRun, plan.run_id),
        site=site,
        routes=[(route, stops[route.id]) for route in routes],
        left_out=left_out,
        orders=await _orders(tx, plan),
        technicians=people,
        trades={trade.code: trade for trade in trades},
    )


async def _orders(tx: Tx, plan: Plan) -> dict[int, OrderShown]:
    of_plan = select(PlanStop.work_order_id).where(PlanStop.plan_id == plan.id)
    of_rest = select(PlanLeftOut.work_order_id).where(PlanLeftOut.plan_id == plan.id)
    statement = (
        select(WorkOrder, Ticket, Place)
        .join(Ticket, Ticket.id == WorkOrder.ticket_id)
        .outerjoin(Place, Place.id == WorkOrder.place_id)
        .where(WorkOrder.id.in_(of_plan.union(of_rest)))
    )
    rows = (await tx.session.execute(statement)).all()
    wanted = {order.building_id for order, _, _ in rows} - {None}
    wanted |= {_root(place) for _, _, place in rows if place is not None}
    names = await _names(tx, wanted)
    return {
        order.id: OrderShown(order, _where(order, ticket, place, names))
        for order, ticket, place in rows
    }


async def _names(tx: Tx, ids: set[Any]) -> dict[int, str]:
    statement = select(Place.id, Place.name).where(Place.id.in_(ids))
    return {each.id: each.name for each in (await tx.session.execute(statement)).all()}


def _root(place: Place) -> int:
    """The place at the top of the tree, such as the community: houses are named alike in each."""
    return int(place.path.split("/")[1])


def _where(order: WorkOrder, ticket: Ticket, place: Place | None, names: dict[int, str]) -> str:
    if place is not None:
        parts = [names.get(_root(place)), names.get(order.building_id or 0), place.name]
        return " ".join(dict.fromkeys(part for part in parts if part))
    named = [ticket.building, ticket.unit, ticket.room]
    told = " ".join(part for part in named if part)
    return told or ticket.location_text or ticket.landmark or ""


async def _rows(tx: Tx, row: type[Any], condition: Any, *order: Any) -> list[Any]:
    statement = select(row).where(condition).order_by(*order)
    return list((await tx.session.execute(statement)).scalars())

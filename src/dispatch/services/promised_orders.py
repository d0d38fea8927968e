"""Orders that come with a time for the customer, or are put off to one: there must be room for it,
unless whoever promises it insists (APT-2, APT-3, DSP-8)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dispatch.domain.rights import Action, Actor
from dispatch.domain.travel import Spot
from dispatch.planning.asking import Prospect
from dispatch.planning.runner import Planner
from dispatch.services import postponing, visible, work_orders
from dispatch.services.action import Services, Tx
from dispatch.services.holds import check_offered
from dispatch.services.order_needs import figures_of
from dispatch.services.policies import policy_of
from dispatch.services.sites import building_of
from dispatch.services.slot_questions import about_order
from dispatch.services.slot_room import Seen, Wanted, demand_free, take_room
from dispatch.store.sites import Place, Site
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import WorkOrder


@dataclass(frozen=True, slots=True)
class _Taking:
    """Who takes room from the plan in force, and the key under which the wish is sent."""

    services: Services
    planner: Planner
    actor: Actor
    key: str | None

    async def do(self, service: Any, **asked: Any) -> WorkOrder:
        """Does it without asking for room."""
        return await self.services.perform_once(self.actor, self.key, service, **asked)


async def create(
    services: Services,
    planner: Planner,
    actor: Actor,
    *,
    idempotency_key: str | None = None,
    **asked: Any,
) -> WorkOrder:
    """A further order for a ticket; what the customer is promised with it must have room.

    Like `work_orders.create`; refuses besides SLOT_TAKEN, SATURATED and DAY_IS_PAST, unless
    `insists`, or where nobody knows the place.
    """
    taking = _Taking(services, planner, actor, idempotency_key)
    window = asked.get("appointment")
    if window is None or asked.get("insists") or not await _is_somewhere(taking, Ticket, asked):
        return await taking.do(work_orders.create, **asked)

    async def find(tx: Tx) -> Wanted:
        return await _wanted(tx, lock=False, **asked)

    async def create_promised(tx: Tx, seen: Seen, **same: Any) -> WorkOrder:
        await demand_free(tx, planner, await _wanted(tx, lock=True, **same), seen)
        return await work_orders.create(tx, **same)

    return await take_room(
        services,
        planner,
        actor,
        idempotency_key=idempotency_key,
        find=find,
        act=create_promised,
        asked=asked,
    )


async def postpone(
    services: Services,
    planner: Planner,
    actor: Actor,
    *,
    idempotency_key: str | None = None,
    **asked: Any,
) -> WorkOrder:
    """Puts an order off to a time that has room: like `postponing.postpone`, and refuses besides
    SLOT_TAKEN, SATURATED and DAY_IS_PAST, unless `insists`, or where nobody knows the place."""
    taking = _Taking(services, planner, actor, idempotency_key)
    if asked.get("insists") or not await _is_somewhere(taking, WorkOrder, asked):
        return await taking.do(postponing.postpone, **asked)

    async def find(tx: Tx) -> Wanted:
        return await _postponed(tx, lock=False, **asked)

    async def postpone_order(tx: Tx, seen: Seen, **same: Any) -> WorkOrder:
        await demand_free(tx, planner, await _postponed(tx, lock=True, **same), seen)
        return await postponing.postpone(tx, **same)

    return await take_room(
        services,
        planner,
        actor,
        idempotency_key=idempotency_key,
        find=find,
        act=postpone_order,
        asked=asked,
    )


async def _is_somewhere(
    taking: _Taking, row: type[Ticket] | type[WorkOrder], asked: dict[str, Any]
) -> bool:
    """Whether the plan in force can be asked at all; who may know is looked at afterwards."""
    row_id = asked["ticket_id"] if row is Ticket else asked["work_order_id"]
    async with taking.services.reading(taking.actor) as tx:
        found = await tx.session.get(row, row_id)
    return found is not None and found.latitude is not None and found.longitude is not None


async def _wanted(
    tx: Tx,
    *,
    lock: bool,
    ticket_id: int,
    appointment: tuple[datetime, datetime],
    trade: str | None = None,
    level: int | None = None,
    duration_s: int | None = None,
    crew_size: int | None = None,
    named_technician_id: int | None = None,
    **_rest: Any,
) -> Wanted:
    """The window, for the visit that the order will be."""
    ticket = await visible.find_ticket(tx, ticket_id, Action.CREATE_WORK_ORDER, lock=lock)
    work_orders.demand_triaged(ticket)
    if trade is not None:
        await work_orders.check_trade(tx, trade)
    site = await tx.session.get_one(Site, ticket.site_id)
    await check_offered(tx, site=site, starts_at=appointment[0], ends_at=appointment[1])
    figures = figures_of(
        await policy_of(tx, site.id),
        ticket,
        level=level,
        duration_s=duration_s,
        crew_size=crew_size,
    )
    spot = await _spot(tx, ticket)
    prospect = Prospect(
        spot=spot,
        trade=trade or ticket.trade or "",
        level=figures["level"],
        duration_s=figures["duration_s"],
        crew_size=figures["crew_size"],
    )
    return Wanted(site, prospect, prospect.trade, spot, *appointment, named_technician_id)


async def _postponed(
    tx: Tx,
    *,
    lock: bool,
    work_order_id: int,
    appointment: tuple[datetime, datetime],
    **_rest: Any,
) -> Wanted:
    order = await visible.find_work_order(tx, work_order_id, Action.CREATE_WORK_ORDER, lock=lock)
    postponing.demand_consented(order)
    site = await tx.session.get_one(Site, order.site_id)
    await check_offered(tx, site=site, starts_at=appointment[0], ends_at=appointment[1])
    about = await about_order(tx, order)
    return Wanted(site, about.visit, about.trade, about.spot, *appointment)


async def _spot(tx: Tx, ticket: Ticket) -> Spot:
    assert ticket.latitude is not None
    assert ticket.longitude is not None
    place = await tx.session.get(Place, ticket.place_id) if ticket.place_id else None
    building = await building_of(tx, place) if place is not None else None
    floor = place.floor if place is not None else None
    return Spot(ticket.latitude, ticket.longitude, building, floor)

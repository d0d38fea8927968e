"""A customer names a technician: from when could that one come (APT-8)?"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dispatch.domain.rights import Action, Actor
from dispatch.planning.runner import Planner
from dispatch.services import visible
from dispatch.services.action import Services, Tx
from dispatch.services.live_days import demand_plannable
from dispatch.services.slot_questions import (
    Question,
    VisitWished,
    about_order,
    about_visit,
    check_named,
)
from dispatch.services.slots import Asked, ask, found_slots


@dataclass(frozen=True, slots=True)
class NamedTechnician:
    """The first window in which whom the customer names could come (None: in none of the days
    looked at), and whether they are busy: others could come sooner."""

    technician_id: int
    is_busy: bool
    free_from: datetime | None
    free_until: datetime | None


async def named_for_order(
    services: Services, planner: Planner, actor: Actor, *, work_order_id: int, technician_id: int
) -> NamedTechnician:
    """For an order that the actor may see. Refuses WRONG_STEP and NOT_FOUND."""
    async with services.reading(actor) as tx:
        order = await visible.find_work_order(tx, work_order_id, Action.SEE_SITE, lock=False)
        demand_plannable(order, "OFFER_TIMES")
        asked = await _question(tx, await about_order(tx, order), technician_id)
    return await _first(services, planner, actor, asked, technician_id)


async def named_for_visit(
    services: Services, planner: Planner, actor: Actor, *, visit: VisitWished, technician_id: int
) -> NamedTechnician:
    """For a visit that nobody has ordered yet."""
    async with services.reading(actor) as tx:
        asked = await _question(tx, await about_visit(tx, visit), technician_id)
    return await _first(services, planner, actor, asked, technician_id)


async def _question(tx: Tx, about: Question, technician_id: int) -> Asked:
    await check_named(tx, technician_id, site_id=about.site.id)
    asked = await ask(tx, about)
    count = asked.policy.appointments.named_days
    return replace(asked, days=[asked.days[0] + timedelta(days=each) for each in range(count)])


async def _first(
    services: Services, planner: Planner, actor: Actor, asked: Asked, technician_id: int
) -> NamedTechnician:
    earliest: datetime | None = None
    for day in asked.days if asked.about.spot is not None else ():
        found = await found_slots(services, planner, actor, asked, day)
        found.sort(key=lambda slot: slot.starts_at)
        if earliest is None and found:
            earliest = found[0].starts_at
        own = [slot for slot in found if technician_id in slot.technician_ids]
        if own and earliest is not None:
            first = own[0]
            is_busy = earliest < first.starts_at
            return NamedTechnician(technician_id, is_busy, first.starts_at, first.ends_at)
    return NamedTechnician(technician_id, True, None, None)

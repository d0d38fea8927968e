"""The optimizer's step of the ladder for one order: the best place the plan in force has (AUTO)."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from dispatch.domain.errors import Code, Refused, refuse
from dispatch.domain.plans_in_force import PlanCause
from dispatch.domain.rights import Action, Actor
from dispatch.domain.triage import Priority
from dispatch.planning.asking import PlaceFound
from dispatch.planning.runner import Planner
from dispatch.services import visible
from dispatch.services.action import Services, Tx
from dispatch.services.emergencies import insert_emergency
from dispatch.services.fittings import Fitting, Inserted, fit, put_in
from dispatch.services.why_not import why_not

# What a place rests on may change while it is looked for: so often it is looked for anew.
_TRIES = 3
_PLACES_TRIED = 3
_KEPT_ALTERNATIVES = 3


async def insert_order(
    services: Services,
    planner: Planner,
    actor: Actor,
    *,
    work_order_id: int,
    day: date | None = None,
) -> Inserted:
    """The best place the plan in force of a day (default: the order's own) has, taken at once.

    The optimizer chooses among all who serve the site; nobody else's work changes hands, and those
    with the order may have others later. Whoever is nearest goes to an emergency. Without a place:
    the reasons, and what would place it (DSP-4). Refuses WRONG_STEP, and PLAN_OUTDATED when the
    day never holds still.
    """
    async with services.reading(actor) as tx:
        order = await visible.find_work_order(tx, work_order_id, Action.ASSIGN, lock=False)
    if order.priority is Priority.EMERGENCY:
        try:
            return await insert_emergency(services, planner, actor, work_order_id=work_order_id)
        except Refused as refused:
            if refused.refusals[0].code is not Code.NOBODY_FREE:
                raise
    for _ in range(_TRIES):
        asked = await why_not(services, planner, actor, work_order_id=work_order_id, day=day)
        for place in asked.found.places[:_PLACES_TRIED]:
            crew = (place.technician_id, *place.helper_ids)
            fitting = await fit(
                services, planner, actor, order=asked.order, day=asked.day, crew=crew
            )
            if fitting.place is None or fitting.found.lost:
                continue
            try:
                return await services.perform(
                    actor, _take, fitting=fitting, why=_why(place, asked.found.places)
                )
            except Refused as refused:
                if refused.refusals[0].code is not Code.PLAN_OUTDATED:
                    raise
            break
        else:
            return Inserted(asked.order, why=asked)
    raise refuse(Code.PLAN_OUTDATED, field="work_order_id", changed=[])


async def _take(tx: Tx, *, fitting: Fitting, why: Mapping[str, Any]) -> Inserted:
    await visible.find_work_order(tx, fitting.order_id, Action.ASSIGN, lock=False)
    return await put_in(tx, fitting, cause=PlanCause.INSERTED, why=why)


def _why(place: PlaceFound, places: Sequence[PlaceFound]) -> dict[str, Any]:
    """Why it was them (DSP-13): what it adds, and who else there was."""
    return {
        "engine": "insert",
        "terms": {"extra_lateness": place.extra_lateness, "extra_cost": place.extra_cost},
        "alternatives": [
            {
                "technician_id": each.technician_id,
                "starts_at": each.starts_at.isoformat(),
                "extra_lateness": round(each.extra_lateness, 1),
                "extra_cost": round(each.extra_cost, 1),
            }
            for each in places
            if each is not place
        ][:_KEPT_ALTERNATIVES],
    }

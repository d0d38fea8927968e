"""Emergencies in the running day: the nearest who qualifies goes, whatever they are at (DSP-6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from dispatch.domain.emergencies import AtWork, Candidate, by_nearness, done_at, may_leave
from dispatch.domain.errors import Code, Refused, refuse
from dispatch.domain.plans_in_force import PlanCause
from dispatch.domain.policies import Policy
from dispatch.domain.rights import Action, Actor
from dispatch.domain.travel import Spot
from dispatch.domain.work_orders import UNDER_WAY_STATES, WorkOrderState, WorkOrderStep
from dispatch.planning.inputs import spot_of
from dispatch.planning.runner import Planner
from dispatch.services import duty, visible
from dispatch.services.action import Services, Tx, expect_version
from dispatch.services.fittings import Fitting, Inserted, fit, put_in
from dispatch.services.live_days import demand_plannable
from dispatch.services.plan_inputs import done_since, spot_seen, whereabouts_of
from dispatch.services.policies import policy_of
from dispatch.services.sites import day_start, local_day
from dispatch.services.travel_times import travel_times_of
from dispatch.store.plans_in_force import Whereabouts
from dispatch.store.sites import Site
from dispatch.store.technicians import Technician
from dispatch.store.work_orders import Assignment, CrewMember, WorkOrder

_TRIES = 3
_NEAREST_TRIED = 4
_KEPT = 5
_AT_IT = UNDER_WAY_STATES - {WorkOrderState.PAUSED}


@dataclass(frozen=True, slots=True)
class _Scene:
    """An emergency, and who could go, nearest first: to lead, and to help."""

    order: WorkOrder
    day: date
    leads: list[Candidate]
    helpers: list[Candidate]


async def insert_emergency(
    services: Services,
    planner: Planner,
    actor: Actor,
    *,
    work_order_id: int,
    version: int | None = None,
) -> Inserted:
    """Sends whoever can be there first, before anything else they hold; who loses what is kept.

    Refuses NOBODY_FREE when nobody who qualifies can come, WRONG_STEP once somebody has set out,
    and PLAN_OUTDATED when the day never holds still.
    """
    for _ in range(_TRIES):
        async with services.reading(actor) as tx:
            scene = await _look(tx, work_order_id=work_order_id, version=version)
        fitting = await _nearest(services, planner, actor, scene)
        if fitting is None:
            raise refuse(
                Code.NOBODY_FREE,
                field="work_order_id",
                number=scene.order.number,
                asked=len(scene.leads),
            )
        try:
            return await services.perform(actor, _send, fitting=fitting, why=_why(scene))
        except Refused as refused:
            if refused.refusals[0].code is not Code.PLAN_OUTDATED:
                raise
    raise refuse(Code.PLAN_OUTDATED, field="work_order_id", changed=[])


async def _nearest(
    services: Services, planner: Planner, actor: Actor, scene: _Scene
) -> Fitting | None:
    """The first of the nearest whose shift and work limit let them go."""
    for lead in scene.leads[:_NEAREST_TRIED]:
        others = [each for each in scene.helpers if each.technician_id != lead.technician_id]
        crew = [lead, *others[: scene.order.crew_size - 1]]
        if len(crew) < scene.order.crew_size:
            return None
        fitting = await fit(
            services,
            planner,
            actor,
            order=scene.order,
            day=scene.day,
            crew=[each.technician_id for each in crew],
            first=True,
            interrupted={each.leaves for each in crew if each.leaves is not None},
        )
        if fitting.place is not None:
            return fitting
    return None


async def _send(tx: Tx, *, fitting: Fitting, why: Mapping[str, Any]) -> Inserted:
    return await put_in(tx, fitting, cause=PlanCause.EMERGENCY, why=why)


async def _look(tx: Tx, *, work_order_id: int, version: int | None) -> _Scene:
    order = await visible.find_work_order(tx, work_order_id, Action.ASSIGN, lock=False)
    expect_version(order, version)
    demand_plannable(order, WorkOrderStep.ASSIGN.value)
    site = await tx.session.get_one(Site, order.site_id)
    policy = await policy_of(tx, site.id)
    spot = spot_of(order)
    if spot is None:
        raise refuse(Code.REQUIRED, field="place_id")
    leads = await duty.qualified_on_duty(tx, order, at=tx.now)
    people = {each.id: each for each in leads}
    if order.crew_size > 1:
        helping = await duty.qualified_on_duty(tx, order, at=tx.now, level=1)
        people.update({each.id: each for each in helping})
    found = await _candidates(tx, list(people.values()), site=site, spot=spot, policy=policy)
    able = {each.id for each in leads}
    return _Scene(
        order=order,
        day=local_day(tx, site),
        leads=[each for each in found if each.technician_id in able],
        helpers=found,
    )


async def _candidates(
    tx: Tx, people: Sequence[Technician], *, site: Site, spot: Spot, policy: Policy
) -> list[Candidate]:
    """Everybody with where they are and when they could leave it, nearest first."""
    ids = [each.id for each in people]
    known = await whereabouts_of(tx, ids)
    done = await done_since(tx, ids, day_start(tx, site))
    busy = await _at_work(tx, ids)
    live = policy.live
    up_to = live.interrupts_up_to if live.emergency_interrupts else None
    places: list[tuple[Technician, Spot, datetime, int | None]] = []
    for each in people:
        row = known.get(each.id)
        seen = spot_seen(row, now=tx.now, within_s=live.seen_within_s) if row else None
        free_at, at, leaves = tx.now, seen or done.get(each.id, (0, None))[1], None
        if each.id in busy:
            work, where = busy[each.id]
            at = seen or where
            if may_leave(work, up_to=up_to):
                leaves = work.work_order_id
            else:
                free_at, at = done_at(work, now=tx.now, overrun_s=live.overrun_s), where
        free_at = max(free_at, _held_up_until(row) or free_at)
        places.append((each, at or _home(each, site) or spot, free_at, leaves))
    return by_nearness(_with_travel(places, spot, policy))


def _with_travel(
    places: Sequence[tuple[Technician, Spot, datetime, int | None]], spot: Spot, policy: Policy
) -> list[Candidate]:
    times = travel_times_of(policy.planning)
    found = []
    for way in {each.travel for each, *_ in places}:
        group = [each for each in places if each[0].travel is way]
        durations, _ = times([spot, *(at for _, at, _, _ in group)], way)
        found += [
            Candidate(each.id, free_at, int(durations[index, 0]), leaves)
            for index, (each, _, free_at, leaves) in enumerate(group, start=1)
        ]
    return found


async def _at_work(tx: Tx, ids: Sequence[int]) -> dict[int, tuple[AtWork, Spot | None]]:
    """What people are on the way to or at work on now, and where that is."""
    statement = (
        select(CrewMember.technician_id, Assignment, WorkOrder)
        .join(Assignment, Assignment.id == CrewMember.assignment_id)
        .join(WorkOrder, WorkOrder.id == Assignment.work_order_id)
        .where(
            CrewMember.technician_id.in_(ids),
            Assignment.ended_at.is_(None),
            WorkOrder.state.in_(_AT_IT),
        )
        .order_by(WorkOrder.started_at, WorkOrder.id)
    )
    return {
        technician_id: (
            AtWork(
                work_order_id=order.id,
                state=order.state,
                priority=order.priority,
                duration_s=order.duration_s,
                planned_start=assignment.planned_start,
                planned_end=assignment.planned_end,
                started_at=order.started_at,
            ),
            spot_of(order),
        )
        for technician_id, assignment, order in await tx.session.execute(statement)
    }


def _held_up_until(row: Whereabouts | None) -> datetime | None:
    return row.busy_until if row is not None else None


def _home(technician: Technician, site: Site) -> Spot | None:
    if technician.home_latitude is not None and technician.home_longitude is not None:
        return Spot(technician.home_latitude, technician.home_longitude)
    if site.latitude is not None and site.longitude is not None:
        return Spot(site.latitude, site.longitude)
    return None


def _why(scene: _Scene) -> dict[str, Any]:
    """Why it was them (DSP-13): who could have been there when."""
    return {
        "engine": "nearest",
        "alternatives": [
            {
                "technician_id": each.technician_id,
                "arrives_at": each.arrives_at.isoformat(),
                "leaves_order_id": each.leaves,
            }
            for each in scene.leads[:_KEPT]
        ],
    }

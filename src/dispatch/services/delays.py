"""What makes a running day late: people's own word, their devices, the clock (DSP-7)."""

from collections.abc import Collection, Sequence
from datetime import datetime, time, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from sqlalchemy import Table, and_, bindparam, or_, select, update

from dispatch.domain.errors import Code, refuse
from dispatch.domain.plans_in_force import DisturbanceCause
from dispatch.domain.policies import Policy
from dispatch.domain.rights import Action, Actor
from dispatch.domain.sizes import REASON_MOST, check_text
from dispatch.domain.technicians import Travel
from dispatch.domain.work_orders import (
    BY_OPTIMIZER,
    FREE_TO_MOVE,
    STEPS,
    AssignmentEnd,
    AssignmentStep,
    WorkOrderState,
    WorkOrderStep,
)
from dispatch.planning.inputs import spot_of
from dispatch.services import visible
from dispatch.services.accounts import service_actor
from dispatch.services.action import Services, Tx
from dispatch.services.holding import release_all
from dispatch.services.plan_inputs import spot_seen, whereabouts_of
from dispatch.services.plans_in_force import disturbed, unsettled
from dispatch.services.policies import policy_of
from dispatch.services.sites import check_point, local_day
from dispatch.services.technicians import note_leave
from dispatch.services.travel_times import travel_times_of
from dispatch.services.walking import await_auto
from dispatch.store.plans_in_force import PlanInForce, Whereabouts
from dispatch.store.sites import Site
from dispatch.store.technicians import Technician, TechnicianSite
from dispatch.store.work_orders import Assignment, WorkOrder

_NOT_YET = (WorkOrderState.ASSIGNED, WorkOrderState.ACCEPTED, WorkOrderState.EN_ROUTE)
_ON_THE_WAY = (WorkOrderState.EN_ROUTE, WorkOrderState.ARRIVED)
# No policy has a day looked over more often.
_LEAST_S = 10

# Asked of every running day, again and again: put together once.
_RUNNING = (
    select(
        PlanInForce.id,
        PlanInForce.site_id,
        PlanInForce.day,
        PlanInForce.watched_at,
        Site.time_zone,
        Site.organization_id,
    )
    .join(Site, Site.id == PlanInForce.site_id)
    .where(
        PlanInForce.day.between(bindparam("first"), bindparam("last")),
        or_(PlanInForce.watched_at.is_(None), PlanInForce.watched_at <= bindparam("since")),
    )
    .order_by(Site.id, PlanInForce.day)
)
_DAYS = cast("Table", PlanInForce.__table__)
_TAKE_LOOK = (
    update(_DAYS)
    .where(
        _DAYS.c.id == bindparam("row"),
        or_(_DAYS.c.watched_at.is_(None), _DAYS.c.watched_at <= bindparam("since")),
    )
    .values(watched_at=bindparam("now"))
    .returning(_DAYS.c.id)
)
_LATE = (
    select(WorkOrder, Assignment)
    .join(Assignment, Assignment.work_order_id == WorkOrder.id)
    .where(
        WorkOrder.site_id == bindparam("site"),
        WorkOrder.state.in_((*_NOT_YET, WorkOrderState.STARTED)),
        Assignment.ended_at.is_(None),
        or_(
            and_(
                WorkOrder.state.in_(_NOT_YET),
                Assignment.planned_start < bindparam("started_by"),
            ),
            and_(
                WorkOrder.state == WorkOrderState.STARTED,
                Assignment.planned_end < bindparam("ended_by"),
            ),
        ),
    )
    .order_by(WorkOrder.id)
)


async def report_delay(
    tx: Tx, *, technician_id: int, free_at: datetime, reason: str | None = None
) -> Technician:
    """Somebody is held up until `free_at`: by their own word, or the dispatcher's.

    Whatever they are on the way to or at work on ends no earlier; the rest of their day moves.
    """
    technician = await _self_or_managed(tx, technician_id)
    check_text("reason", reason, most=REASON_MOST)
    if free_at <= tx.now:
        raise refuse(Code.OUT_OF_RANGE, field="free_at", least=tx.now.isoformat(), most="")
    row = await _whereabouts(tx, technician_id)
    row.busy_until = free_at
    await tx.session.flush()
    tx.note(technician, "technician.delayed", free_at=free_at, reason=reason)
    await _disturb_today(tx, technician_id, DisturbanceCause.LATE, until=free_at)
    return technician


async def report_ill(
    tx: Tx, *, technician_id: int, until: datetime | None = None, reason: str | None = None
) -> Technician:
    """Somebody cannot go on: away from now until `until` (default: the end of the day).

    Who is on the way turns back, so that others can be sent; begun work is for a person to see to.
    """
    technician = await _self_or_managed(tx, technician_id)
    check_text("reason", reason, most=REASON_MOST)
    sites = await _sites_of(tx, technician_id)
    ends_at = until or _end_of_day(tx, sites[0])
    if ends_at <= tx.now:
        raise refuse(Code.OUT_OF_RANGE, field="until", least=tx.now.isoformat(), most="")
    under_way = await _held(tx, technician_id, _ON_THE_WAY)
    for order in under_way:
        order.state = STEPS.after(state=order.state, step=WorkOrderStep.DIVERT)
    told = {"technician_id": technician_id}
    await tx.save_all((order, "work_order.interrupted", told) for order in under_way)
    await _disturb_today(tx, technician_id, DisturbanceCause.ILL, until=ends_at)
    await _give_up(tx, await _held(tx, technician_id, FREE_TO_MOVE))
    await note_leave(tx, technician, starts_at=tx.now, ends_at=ends_at, reason=reason)
    return technician


async def locate(tx: Tx, *, technician_id: int, latitude: float, longitude: float) -> Technician:
    """Where a technician's device says they are; a late arrival that shows in it is noted."""
    technician = await _self_or_managed(tx, technician_id)
    check_point(latitude=latitude, longitude=longitude)
    row = await _whereabouts(tx, technician_id)
    row.latitude, row.longitude, row.seen_at = latitude, longitude, tx.now
    await tx.session.flush()
    for order in await _held(tx, technician_id, (WorkOrderState.EN_ROUTE,)):
        policy = await policy_of(tx, order.site_id)
        await _note_if_late(tx, order, technician, row, policy)
    return technician


async def days_to_watch(services: Services, *, origin: str) -> list[tuple[Actor, int]]:
    """Days that run now and that nobody has looked over within their policy's interval, and who
    is to do it; a cheap look, without a lock."""
    now = services.clock()
    # Round the world it is today, or a day beside it.
    beside = timedelta(days=1)
    asked = {
        "first": now.date() - beside,
        "last": now.date() + beside,
        "since": now - timedelta(seconds=_LEAST_S),
    }
    found: list[tuple[Actor, int]] = []
    async with services.store.reading() as session:
        for row in (await session.execute(_RUNNING, asked)).all():
            if row.day != now.astimezone(ZoneInfo(row.time_zone)).date():
                continue
            actor = service_actor(organization_id=row.organization_id, origin=origin)
            policy = await policy_of(Tx(session, actor, now, services.randbelow), row.site_id)
            since = now - timedelta(seconds=policy.live.watch_s)
            if row.watched_at is None or row.watched_at <= since:
                found.append((actor, row.id))
    return found


async def watch_day(tx: Tx, *, plan_in_force_id: int) -> int:
    """Looks a running day over, once per the policy's interval whoever looks; how many are late.

    Late is who has not begun what was planned so long ago, and whose job has not ended since.
    """
    day = await tx.session.get_one(PlanInForce, plan_in_force_id)
    site = await tx.session.get_one(Site, day.site_id)
    policy = await policy_of(tx, site.id)
    live = policy.live
    if day.day != local_day(tx, site) or not await _is_my_turn(tx, day, live.watch_s):
        return 0
    asked = {
        "site": site.id,
        "started_by": tx.now - timedelta(seconds=live.late_s),
        "ended_by": tx.now - timedelta(seconds=live.overrun_s),
    }
    found = (await tx.session.execute(_LATE, asked)).all()
    known = await unsettled(tx, site_id=site.id, day=day.day) if found else frozenset()
    for order, assignment in found:
        overran = order.state is WorkOrderState.STARTED
        cause = DisturbanceCause.OVERRUN if overran else DisturbanceCause.LATE
        if (cause, order.id, assignment.technician_id) in known:
            continue
        await disturbed(
            tx,
            site_id=site.id,
            day=day.day,
            cause=cause,
            work_order_id=order.id,
            technician_id=assignment.technician_id,
            planned=assignment.planned_end if overran else assignment.planned_start,
        )
    return len(found)


async def _steps_of(tx: Tx, orders: Sequence[WorkOrder]) -> dict[int, AssignmentStep]:
    """By which step each order came to whoever holds it."""
    statement = select(Assignment.work_order_id, Assignment.step).where(
        Assignment.work_order_id.in_([order.id for order in orders]), Assignment.ended_at.is_(None)
    )
    return {row.work_order_id: row.step for row in await tx.session.execute(statement)}


async def _give_up(tx: Tx, held: Sequence[WorkOrder]) -> None:
    """What a person had decided is open to the optimizer again; the rest the repair moves."""
    steps = await _steps_of(tx, held)
    decided = [each for each in held if each.is_pinned or steps[each.id] not in BY_OPTIMIZER]
    if not decided:
        return
    for order in decided:
        order.is_pinned = False
    await release_all(tx, decided, end=AssignmentEnd.REASSIGNED, reason="technician is ill")
    passed_on = [
        each
        for each in decided
        if (await policy_of(tx, each.site_id)).step(AssignmentStep.AUTO) is not None
    ]
    for order in passed_on:
        order.dispatch_step = AssignmentStep.AUTO
    told = {"to": AssignmentStep.AUTO.value}
    await tx.save_all((order, "work_order.passed_on", told) for order in passed_on)
    await await_auto(tx, passed_on)


async def _is_my_turn(tx: Tx, day: PlanInForce, watch_s: int) -> bool:
    """Takes the look; nobody else does within the interval."""
    asked = {"row": day.id, "since": tx.now - timedelta(seconds=watch_s), "now": tx.now}
    return (await tx.session.execute(_TAKE_LOOK, asked)).first() is not None


async def _note_if_late(
    tx: Tx, order: WorkOrder, technician: Technician, row: Whereabouts, policy: Policy
) -> None:
    statement = select(Assignment.planned_start).where(
        Assignment.work_order_id == order.id, Assignment.ended_at.is_(None)
    )
    planned = (await tx.session.execute(statement)).scalar_one_or_none()
    here = spot_seen(row, now=tx.now, within_s=policy.live.seen_within_s)
    there = spot_of(order)
    if planned is None or here is None or there is None:
        return
    durations, _ = travel_times_of(policy.planning)([here, there], Travel(technician.travel))
    arrives = tx.now + timedelta(seconds=int(durations[0, 1]))
    if arrives <= planned + timedelta(seconds=policy.live.late_s):
        return
    site = await tx.session.get_one(Site, order.site_id)
    await disturbed(
        tx,
        site_id=site.id,
        day=local_day(tx, site),
        cause=DisturbanceCause.LATE,
        work_order_id=order.id,
        technician_id=technician.id,
        planned=planned,
        expected=arrives,
    )


async def _self_or_managed(tx: Tx, technician_id: int) -> Technician:
    """Oneself, or whoever may assign at a site the technician serves."""
    technician = await visible.find(
        tx,
        Technician,
        technician_id,
        visible.technicians(tx.actor),
        field="technician_id",
        lock=True,
    )
    if tx.actor.technician_id != technician_id:
        site_ids = [site.id for site in await _sites_of(tx, technician_id)]
        if not any(tx.actor.may(Action.ASSIGN, site_id=each) for each in site_ids):
            raise refuse(Code.FORBIDDEN, action=Action.ASSIGN.value)
    return technician


async def _disturb_today(
    tx: Tx, technician_id: int, cause: DisturbanceCause, *, until: datetime
) -> None:
    """At each site where they hold work."""
    held = await _held(tx, technician_id, tuple(WorkOrderState))
    for site_id in sorted({order.site_id for order in held}):
        site = await tx.session.get_one(Site, site_id)
        await disturbed(
            tx,
            site_id=site_id,
            day=local_day(tx, site),
            cause=cause,
            technician_id=technician_id,
            until=until,
        )


async def _held(tx: Tx, technician_id: int, states: Collection[WorkOrderState]) -> list[WorkOrder]:
    statement = (
        select(WorkOrder)
        .join(Assignment, Assignment.work_order_id == WorkOrder.id)
        .where(
            Assignment.technician_id == technician_id,
            Assignment.ended_at.is_(None),
            WorkOrder.state.in_(states),
        )
        .order_by(WorkOrder.id)
        .with_for_update(of=WorkOrder)
        .execution_options(populate_existing=True)
    )
    return list((await tx.session.execute(statement)).scalars())


async def _sites_of(tx: Tx, technician_id: int) -> list[Site]:
    statement = (
        select(Site)
        .join(TechnicianSite, TechnicianSite.site_id == Site.id)
        .where(TechnicianSite.technician_id == technician_id)
        .order_by(Site.id)
    )
    return list((await tx.session.execute(statement)).scalars())


async def _whereabouts(tx: Tx, technician_id: int) -> Whereabouts:
    found = (await whereabouts_of(tx, [technician_id])).get(technician_id)
    if found is None:
        found = Whereabouts(technician_id=technician_id)
        tx.session.add(found)
    return found


def _end_of_day(tx: Tx, site: Site) -> datetime:
    following = local_day(tx, site) + timedelta(days=1)
    return datetime.combine(following, time.min, ZoneInfo(site.time_zone))

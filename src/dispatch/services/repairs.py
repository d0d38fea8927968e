"""Repairs what disturbs a day, by itself: never two at once, with the fewest changes (DSP-7)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import structlog
from sqlalchemy import or_, select, update

from dispatch.domain.errors import Code, Refused
from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.plans_in_force import (
    DisturbanceCause,
    DisturbanceOutcome,
    PlanCause,
    is_same_time,
)
from dispatch.domain.rights import Actor, Role
from dispatch.domain.work_orders import (
    BY_OPTIMIZER,
    PLANNABLE_STATES,
    UNDER_WAY_STATES,
    WorkOrderState,
)
from dispatch.planning.runner import Planner
from dispatch.services import plans
from dispatch.services.action import Services, Tx
from dispatch.services.emergencies import insert_emergency
from dispatch.services.plan_standing import crews_of
from dispatch.services.policies import policy_of
from dispatch.services.publishing import publish
from dispatch.services.telling import tell
from dispatch.store.plans import Plan, PlanLeftOut, PlanStop
from dispatch.store.plans_in_force import Disturbance, PlanInForce
from dispatch.store.sites import Site
from dispatch.store.work_orders import Assignment, WorkOrder

_log = structlog.get_logger(__name__)

# Beyond the optimizer's own time; whoever repairs for longer has died.
_LEASE_S = 120
_NOTHING_TO_DO = (Code.NOTHING_TO_PLAN, Code.DAY_IS_PAST)
_AGAIN = (Code.PLAN_OUTDATED, Code.PLAN_RUN_FAILED, Code.BUSY, Code.STALE_VERSION)


@dataclass(frozen=True, slots=True)
class DisturbedDay:
    """A day that waits for its repair."""

    organization_id: int
    site_id: int
    day: date


@dataclass(frozen=True, slots=True)
class _Claim:
    """The right to repair a day, and what is to be settled by it."""

    disturbance_ids: tuple[int, ...]
    automatic: bool


async def waiting_emergencies(services: Services) -> list[tuple[int, int]]:
    """Organization and order of each emergency that nobody was sent to yet."""
    statement = (
        select(Site.organization_id, Disturbance.work_order_id)
        .join(Site, Site.id == Disturbance.site_id)
        .where(
            Disturbance.settled_at.is_(None),
            Disturbance.cause == DisturbanceCause.EMERGENCY.value,
        )
        .order_by(Disturbance.id)
    )
    async with services.store.reading() as session:
        rows = (await session.execute(statement)).all()
    return [(company, order_id) for company, order_id in rows if order_id is not None]


async def send_to_emergency(
    services: Services, planner: Planner, actor: Actor, *, work_order_id: int
) -> None:
    """Sends whoever is nearest; where nobody can come, the dispatch steps go on by themselves."""
    outcome = DisturbanceOutcome.REPAIRED
    try:
        await insert_emergency(services, planner, actor, work_order_id=work_order_id)
    except Refused as refused:
        code = refused.refusals[0].code
        if code in _AGAIN:
            raise
        # Somebody has it by now, or nobody can come.
        is_open = code in (Code.NOBODY_FREE, Code.REQUIRED)
        outcome = DisturbanceOutcome.FAILED if is_open else DisturbanceOutcome.UNCHANGED
    await services.perform(actor, _settle_emergency, work_order_id=work_order_id, outcome=outcome)


async def _settle_emergency(tx: Tx, *, work_order_id: int, outcome: DisturbanceOutcome) -> None:
    statement = select(Disturbance).where(
        Disturbance.work_order_id == work_order_id,
        Disturbance.cause == DisturbanceCause.EMERGENCY.value,
        Disturbance.settled_at.is_(None),
    )
    rows = (await tx.session.execute(statement.with_for_update())).scalars().all()
    await _settle(tx, rows, outcome, plan_id=None)


async def disturbed_days(services: Services) -> list[DisturbedDay]:
    """Days that wait for a repair and that nobody is repairing; a cheap look, without a lock."""
    now = services.clock()
    statement = (
        select(Site.organization_id, Disturbance.site_id, Disturbance.day)
        .join(Site, Site.id == Disturbance.site_id)
        .outerjoin(
            PlanInForce,
            (PlanInForce.site_id == Disturbance.site_id) & (PlanInForce.day == Disturbance.day),
        )
        .where(
            Disturbance.settled_at.is_(None),
            Disturbance.cause != DisturbanceCause.EMERGENCY.value,
            or_(PlanInForce.repairing_until.is_(None), PlanInForce.repairing_until <= now),
        )
        .distinct()
    )
    async with services.store.reading() as session:
        return [DisturbedDay(*row) for row in await session.execute(statement)]


async def repair_day(
    services: Services, planner: Planner, actor: Actor, *, site_id: int, day: date
) -> DisturbanceOutcome | None:
    """One repair of a disturbed day; None: somebody else is at it, or it may still settle.

    By policy the repaired plan is put in force, as far as it differs, or waits for the dispatcher.
    What changed meanwhile is looked at anew the next time, so often as the policy says.
    """
    claim = await services.perform(actor, _claim, site_id=site_id, day=day)
    if claim is None:
        return None
    plan: Plan | None = None
    failure = ""
    try:
        plan = await plans.repair(services, planner, actor, site_id=site_id, day=day)
        outcome = await services.perform(actor, _carry_out, plan_id=plan.id, claim=claim)
    except Refused as refused:
        code = refused.refusals[0].code
        if code not in (*_NOTHING_TO_DO, *_AGAIN):
            await services.perform(actor, _let_go, site_id=site_id, day=day)
            raise
        failure = code.value
        outcome = None if code in _AGAIN else DisturbanceOutcome.UNCHANGED
    except BaseException:
        await services.perform(actor, _let_go, site_id=site_id, day=day)
        raise
    return await services.perform(
        actor,
        _finish,
        site_id=site_id,
        day=day,
        claim=claim,
        outcome=outcome,
        plan_id=plan.id if plan is not None else None,
        failure=failure,
    )


async def _claim(tx: Tx, *, site_id: int, day: date) -> _Claim | None:
    """Takes the day for a repair, if it is free and what disturbed it has had time to settle."""
    policy = await policy_of(tx, site_id)
    since = tx.now - timedelta(seconds=policy.live.settle_s)
    statement = (
        select(Disturbance)
        .where(
            Disturbance.site_id == site_id,
            Disturbance.day == day,
            Disturbance.settled_at.is_(None),
            Disturbance.cause != DisturbanceCause.EMERGENCY.value,
        )
        .order_by(Disturbance.id)
    )
    rows = (await tx.session.execute(statement)).scalars().all()
    if not rows or max(row.at for row in rows) > since:
        return None
    lease_s = _LEASE_S + policy.planning.repair_seconds
    take = (
        update(PlanInForce)
        .where(
            PlanInForce.site_id == site_id,
            PlanInForce.day == day,
            or_(PlanInForce.repairing_until.is_(None), PlanInForce.repairing_until <= tx.now),
        )
        .values(repairing_until=tx.now + timedelta(seconds=lease_s))
        .returning(PlanInForce.id)
        .execution_options(synchronize_session=False)
    )
    if (await tx.session.execute(take)).first() is None:
        return None
    return _Claim(tuple(row.id for row in rows), policy.live.repairs_automatic)


async def _carry_out(tx: Tx, *, plan_id: int, claim: _Claim) -> DisturbanceOutcome:
    plan = await tx.session.get_one(Plan, plan_id)
    differing = await _differing(tx, plan)
    if not differing:
        await plans.drop(tx, plan_id=plan_id)
        return DisturbanceOutcome.UNCHANGED
    if claim.automatic:
        # On a busy day something has always moved on meanwhile; the rest need not wait for it.
        await publish(
            tx,
            plan_id=plan_id,
            work_order_ids=differing,
            cause=PlanCause.REPAIRED,
            what_stands=True,
        )
        return DisturbanceOutcome.REPAIRED
    await tell(
        tx,
        MessageKind.REPAIR_PROPOSED,
        Audience(roles=(Role.DISPATCHER,)),
        site_id=plan.site_id,
        day=plan.day,
        number=plan.number,
        changes=len(differing),
    )
    return DisturbanceOutcome.PROPOSED


async def _differing(tx: Tx, plan: Plan) -> list[int]:
    """Orders that the plan gives to others, or another time; those it can no longer place.

    Not those that nobody holds and that have gone on to a step without the optimizer: what is on
    offer, or a person's to decide, stays there.
    """
    stops = await _stops_of(tx, plan)
    left = select(PlanLeftOut.work_order_id).where(PlanLeftOut.plan_id == plan.id)
    left_out = set((await tx.session.execute(left)).scalars())
    touched = stops.keys() | left_out
    orders = select(WorkOrder).where(WorkOrder.id.in_(touched))
    held = select(Assignment).where(
        Assignment.work_order_id.in_(touched), Assignment.ended_at.is_(None)
    )
    open_ones = {each.work_order_id: each for each in (await tx.session.execute(held)).scalars()}
    crews = await crews_of(tx, [each.id for each in open_ones.values()])
    return [
        order.id
        for order in (await tx.session.execute(orders.order_by(WorkOrder.id))).scalars()
        if _differs(order, open_ones.get(order.id), crews, stops.get(order.id))
    ]


def _differs(
    order: WorkOrder,
    held: Assignment | None,
    crews: dict[int, set[int]],
    stops: Sequence[PlanStop] | None,
) -> bool:
    if held is None:
        is_free = order.state is WorkOrderState.QUEUED and order.dispatch_step in BY_OPTIMIZER
        return stops is not None and is_free
    if stops is None:
        return order.state in PLANNABLE_STATES
    if order.state in UNDER_WAY_STATES and order.state is WorkOrderState.PAUSED:
        return False
    if {stop.technician_id for stop in stops} != crews[held.id]:
        return order.state not in UNDER_WAY_STATES
    if order.state is WorkOrderState.STARTED:
        return not is_same_time(held.planned_end, stops[0].ends_at)
    return not is_same_time(held.planned_start, stops[0].starts_at)


async def _stops_of(tx: Tx, plan: Plan) -> dict[int, list[PlanStop]]:
    statement = (
        select(PlanStop)
        .where(PlanStop.plan_id == plan.id)
        .order_by(PlanStop.work_order_id, PlanStop.crew_index)
    )
    found: defaultdict[int, list[PlanStop]] = defaultdict(list)
    for stop in (await tx.session.execute(statement)).scalars():
        found[stop.work_order_id].append(stop)
    return dict(found)


async def _finish(
    tx: Tx,
    *,
    site_id: int,
    day: date,
    claim: _Claim,
    outcome: DisturbanceOutcome | None,
    plan_id: int | None,
    failure: str,
) -> DisturbanceOutcome | None:
    """Settles what the repair was for; without an outcome it is tried again, or given up."""
    await _let_go(tx, site_id=site_id, day=day)
    if outcome is None and plan_id is not None:
        await plans.drop(tx, plan_id=plan_id)
    rows = await _claimed(tx, claim)
    tries = (await policy_of(tx, site_id)).live.repair_tries
    given_up = outcome is None and any(row.tries + 1 >= tries for row in rows)
    if given_up:
        await tell(
            tx,
            MessageKind.REPAIR_FAILED,
            Audience(roles=(Role.DISPATCHER,)),
            site_id=site_id,
            day=day,
            reason=failure,
        )
    for row in rows:
        row.tries += 1
    settled = DisturbanceOutcome.FAILED if given_up else outcome
    if settled is not None:
        await _settle(tx, rows, settled, plan_id=plan_id)
    await tx.session.flush()
    return settled


async def _claimed(tx: Tx, claim: _Claim) -> Sequence[Disturbance]:
    statement = (
        select(Disturbance)
        .where(Disturbance.id.in_(claim.disturbance_ids), Disturbance.settled_at.is_(None))
        .order_by(Disturbance.id)
        .with_for_update()
    )
    return (await tx.session.execute(statement)).scalars().all()


async def _settle(
    tx: Tx, rows: Sequence[Disturbance], outcome: DisturbanceOutcome, *, plan_id: int | None
) -> None:
    for row in rows:
        row.settled_at = tx.now
        row.outcome = outcome.value
        row.plan_id = plan_id
    await tx.save_all((row, "disturbance.settled", {}) for row in rows)


async def _let_go(tx: Tx, *, site_id: int, day: date) -> None:
    """The day may be repaired again."""
    statement = (
        update(PlanInForce)
        .where(PlanInForce.site_id == site_id, PlanInForce.day == day)
        .values(repairing_until=None)
        .execution_options(synchronize_session=False)
    )
    await tx.session.execute(statement)

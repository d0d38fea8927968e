"""Puts a plan in force, whole or in part, in one transaction (DSP-4, DSP-5, DSP-13)."""

from collections.abc import Sequence

from sqlalchemy import select

from dispatch.domain.plans import STEPS as PLAN_STEPS
from dispatch.domain.plans import PlanState, PlanStep
from dispatch.domain.plans_in_force import PlanCause
from dispatch.domain.work_orders import UNDER_WAY_STATES
from dispatch.services.action import Tx
from dispatch.services.passing_on import begin_steps, pass_on, waiting_for_another_day
from dispatch.services.plan_placing import Changes, expect, place, write
from dispatch.services.plan_standing import Standing, check_basis, lock
from dispatch.services.plans_in_force import changed, tell_arrival
from dispatch.services.readers import foresee_reporters
from dispatch.store.plans import Plan, PlanRun, PlanStop


async def publish(
    tx: Tx,
    *,
    plan_id: int,
    version: int | None = None,
    work_order_ids: Sequence[int] | None = None,
    technician_ids: Sequence[int] | None = None,
    cause: PlanCause = PlanCause.PUBLISHED,
    what_stands: bool = False,
) -> Plan:
    """Assigns what the plan placed and hands what it left out to the policy's next step.

    With `work_order_ids` only these orders of the plan are touched, with `technician_ids` only the
    routes of these people; with both, either. Refuses DAY_IS_PAST and PLAN_OUTDATED, with the
    orders and technicians that changed since the plan was made; with `what_stands`, only when the
    change leaves nothing of the plan.
    """
    part = await _part(tx, plan_id, order_ids=work_order_ids, technician_ids=technician_ids)
    stands = await lock(tx, plan_id=plan_id, version=version, only=part)
    run = await tx.session.get_one(PlanRun, stands.plan.run_id)
    is_whole = check_basis(stands, run, what_stands=what_stands)
    await _supersede_previous(tx, stands.plan)
    changes = Changes()
    await _foresee_told(tx, stands)
    for order_id, stops in stands.stops.items():
        order = stands.orders[order_id]
        if order.state not in UNDER_WAY_STATES:
            if not place(tx, stands, order, stops, changes):
                continue
        elif cause is not PlanCause.REPAIRED or not expect(stands, order, stops, changes):
            continue
        await tell_arrival(
            tx, order, stops[0].starts_at, more_than_s=stands.policy.live.tell_moved_s
        )
    later = await waiting_for_another_day(tx, stands)
    passed_on = pass_on(tx, stands, changes, but=later)
    await write(tx, changes)
    await begin_steps(tx, passed_on)
    plan = stands.plan
    plan.state = PLAN_STEPS.after(state=plan.state, step=PlanStep.PUBLISH)
    plan.published_at = tx.now
    plan.published_by_name = tx.actor.name
    await tx.save(
        plan,
        "plan.published",
        run_id=run.id,
        placed=len(stands.stops),
        left_out=len(stands.left_out),
        partly=part is not None or not is_whole,
    )
    await changed(
        tx,
        site_id=plan.site_id,
        day=plan.day,
        cause=cause,
        moves=changes.moves,
        plan_id=plan.id,
    )
    return plan


async def _part(
    tx: Tx,
    plan_id: int,
    *,
    order_ids: Sequence[int] | None,
    technician_ids: Sequence[int] | None,
) -> Sequence[int] | None:
    """The orders that are meant; None: all."""
    if technician_ids is None:
        return order_ids
    statement = select(PlanStop.work_order_id).where(
        PlanStop.plan_id == plan_id, PlanStop.technician_id.in_(technician_ids)
    )
    theirs = set((await tx.session.execute(statement)).scalars())
    return sorted(theirs | set(order_ids or ()))


async def _foresee_told(tx: Tx, stands: Standing) -> None:
    """Customers who will be told of another time are read all at once."""
    moved = [
        order.ticket_id
        for order_id, stops in stands.stops.items()
        if (order := stands.orders[order_id]).told_start is not None
        and order.told_start != stops[0].starts_at
    ]
    if moved:
        await foresee_reporters(tx, moved)


async def _supersede_previous(tx: Tx, plan: Plan) -> None:
    statement = (
        select(Plan)
        .where(
            Plan.site_id == plan.site_id,
            Plan.day == plan.day,
            Plan.state == PlanState.PUBLISHED,
        )
        .with_for_update()
    )
    former = (await tx.session.execute(statement)).scalars().all()
    for previous in former:
        previous.state = PLAN_STEPS.after(state=previous.state, step=PlanStep.SUPERSEDE)
    await tx.save_all((each, "plan.superseded", {"by_plan_id": plan.id}) for each in former)

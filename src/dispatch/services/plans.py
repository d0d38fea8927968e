"""Plans of a site's day: proposing, repairing, dropping, assigning in one call (排班方案).

Each is one run of the optimizer. With a planner it is made in this process, and ends with it;
without, it is a job that any worker carries out, and the call waits for what comes of it.
"""

import asyncio
from contextlib import suppress
from datetime import date

from sqlalchemy.exc import DBAPIError

from dispatch.domain.errors import Refused
from dispatch.domain.plans import STEPS, PlanRunKind, PlanStep
from dispatch.domain.rights import Action, Actor
from dispatch.planning.runner import OnProgress, Planner
from dispatch.services import visible
from dispatch.services.action import Services, Tx, expect_version
from dispatch.services.plan_jobs import Taken, carry_out
from dispatch.services.plan_making import told
from dispatch.services.plan_runs import Proposal, fail, fail_abandoned_runs, plan_of
from dispatch.services.publishing import publish
from dispatch.store.plans import Plan

__all__ = ["auto_assign", "drop", "fail_abandoned_runs", "propose", "publish", "repair"]


async def propose(
    services: Services,
    planner: Planner | None,
    actor: Actor,
    *,
    site_id: int,
    day: date,
    seconds: float | None = None,
    seed: int = 0,
    idempotency_key: str | None = None,
    on_progress: OnProgress | None = None,
) -> Plan:
    """A plan for the site's day, stored as PROPOSED; nothing is assigned yet.

    `seconds`: the optimizer's time limit (default: the site's policy). Not one transaction but
    two, round the optimizer's run; of a run that fails the reason is kept. A day that is over is
    planned as it stood, to compare. Refuses NOTHING_TO_PLAN, PLAN_RUN_FAILED and, while a run
    that is a job waits too long, BUSY: the same key asks for it again.
    """
    return await _plan(
        services,
        planner,
        actor,
        PlanRunKind.PROPOSE,
        site_id=site_id,
        day=day,
        seconds=seconds,
        seed=seed,
        idempotency_key=idempotency_key,
        on_progress=on_progress,
    )


async def repair(
    services: Services,
    planner: Planner | None,
    actor: Actor,
    *,
    site_id: int,
    day: date,
    seconds: float | None = None,
    seed: int = 0,
    idempotency_key: str | None = None,
    on_progress: OnProgress | None = None,
) -> Plan:
    """The plan in force fitted to what has changed since, with the fewest moves (DSP-7).

    Illness, delays, cancelled and new orders: who holds what and when stays as it is wherever it
    can. Stored as PROPOSED like any plan; `plan_changes` tells what it moves. `seconds`: the
    optimizer's time limit (default: the policy's for repairs). Refuses as `propose`, and
    DAY_IS_PAST.
    """
    return await _plan(
        services,
        planner,
        actor,
        PlanRunKind.REPAIR,
        site_id=site_id,
        day=day,
        seconds=seconds,
        seed=seed,
        idempotency_key=idempotency_key,
        on_progress=on_progress,
    )


async def auto_assign(
    services: Services,
    planner: Planner | None,
    actor: Actor,
    *,
    site_id: int,
    day: date,
    seconds: float | None = None,
    seed: int = 0,
    idempotency_key: str | None = None,
    on_progress: OnProgress | None = None,
) -> Plan:
    """Proposes and publishes in one call; plans again when the day moved on meanwhile.

    There is the plan in force, or nothing of it. Refuses as `propose` and `publish`.
    """
    return await _plan(
        services,
        planner,
        actor,
        PlanRunKind.ASSIGN,
        site_id=site_id,
        day=day,
        seconds=seconds,
        seed=seed,
        idempotency_key=idempotency_key,
        on_progress=on_progress,
    )


async def drop(tx: Tx, *, plan_id: int, version: int | None = None) -> Plan:
    """Puts a proposed plan aside for good."""
    plan = await visible.find(
        tx, Plan, plan_id, visible.plans(tx.actor), field="plan_id", lock=True
    )
    visible.demand(tx, Action.PLAN, site_id=plan.site_id)
    expect_version(plan, version)
    plan.state = STEPS.after(state=plan.state, step=PlanStep.DROP)
    await tx.save(plan, "plan.dropped")
    return plan


async def _plan(
    services: Services,
    planner: Planner | None,
    actor: Actor,
    kind: PlanRunKind,
    *,
    site_id: int,
    day: date,
    seconds: float | None,
    seed: int,
    idempotency_key: str | None,
    on_progress: OnProgress | None,
) -> Plan:
    proposal = Proposal(kind, is_queued=planner is None)
    await proposal.read(services, actor, site_id=site_id, day=day)
    run = await services.perform_once(
        actor,
        idempotency_key,
        proposal.begin,
        site_id=site_id,
        day=day,
        seconds=seconds,
        seed=seed,
    )
    # A run that the same key began before is its beginner's to carry out.
    if planner is not None and proposal.day is not None and run is proposal.begun:
        begun = Taken(run, actor, proposal.day)
        try:
            await carry_out(services, planner, run_id=run.id, begun=begun, on_progress=on_progress)
        except (DBAPIError, asyncio.CancelledError) as error:
            reason = told(error, run_id=run.id)
            with suppress(Refused):
                await asyncio.shield(services.perform(actor, fail, run_id=run.id, reason=reason))
            raise
    return await plan_of(services, actor, run)

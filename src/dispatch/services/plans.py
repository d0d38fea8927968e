"""Plans of a site's day: proposing, repairing, dropping, assigning in one call (排班方案).

Runs of the optimizer are in `plan_runs.py`, publishing is in `publishing.py`.
"""

import asyncio
from contextlib import suppress
from datetime import date

import structlog

from dispatch.domain.errors import Code, Refused
from dispatch.domain.plans import STEPS, PlanState, PlanStep
from dispatch.domain.rights import Action, Actor
from dispatch.planning.in_force import plan_in_force
from dispatch.planning.problem import build_problem
from dispatch.planning.runner import OnProgress, Planner
from dispatch.services import visible
from dispatch.services.action import Services, Tx, expect_version
from dispatch.services.idempotency import part_key
from dispatch.services.plan_progress import kept_progress
from dispatch.services.plan_runs import Proposal, fail, fail_abandoned_runs, keep, plan_of
from dispatch.services.publishing import publish
from dispatch.services.travel_times import travel_times_of
from dispatch.store.plans import Plan

_log = structlog.get_logger(__name__)

__all__ = ["auto_assign", "drop", "fail_abandoned_runs", "propose", "publish", "repair"]

# What a plan rests on may change while the optimizer works: so often it is made anew.
_AUTO_TRIES = 3


async def propose(
    services: Services,
    planner: Planner,
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
    planned as it stood, to compare. Refuses NOTHING_TO_PLAN and PLAN_RUN_FAILED.
    """
    return await _propose(
        services,
        planner,
        actor,
        Proposal(),
        site_id=site_id,
        day=day,
        seconds=seconds,
        seed=seed,
        idempotency_key=idempotency_key,
        on_progress=on_progress,
    )


async def repair(
    services: Services,
    planner: Planner,
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
    return await _propose(
        services,
        planner,
        actor,
        Proposal(repairs=True),
        site_id=site_id,
        day=day,
        seconds=seconds,
        seed=seed,
        idempotency_key=idempotency_key,
        on_progress=on_progress,
    )


async def _propose(
    services: Services,
    planner: Planner,
    actor: Actor,
    proposal: Proposal,
    *,
    site_id: int,
    day: date,
    seconds: float | None,
    seed: int,
    idempotency_key: str | None,
    on_progress: OnProgress | None,
) -> Plan:
    run = await services.perform_once(
        actor,
        idempotency_key,
        proposal.begin,
        site_id=site_id,
        day=day,
        seconds=seconds,
        seed=seed,
    )
    if proposal.day is None:
        return await plan_of(services, actor, run)
    try:
        made = await asyncio.to_thread(
            build_problem, proposal.day, travel_times=travel_times_of(proposal.day.policy.planning)
        )
        async with kept_progress(services, run.id, on_progress) as tell:
            if proposal.repairs:
                in_force = plan_in_force(proposal.day, made.problem)
                answer = await planner.repair(
                    made.problem, in_force, seconds=run.seconds, seed=seed, on_progress=tell
                )
            else:
                answer = await planner.solve(
                    made.problem, seconds=run.seconds, seed=seed, on_progress=tell
                )
        return await services.perform(
            actor, keep, run_id=run.id, day=proposal.day, made=made, answer=answer
        )
    except (Exception, asyncio.CancelledError) as error:
        reason = _reason(error, run_id=run.id)
        # The sweeper may have ended it already: what went wrong first is what the caller hears.
        with suppress(Refused):
            await asyncio.shield(services.perform(actor, fail, run_id=run.id, reason=reason))
        raise


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


async def auto_assign(
    services: Services,
    planner: Planner,
    actor: Actor,
    *,
    site_id: int,
    day: date,
    seconds: float | None = None,
    seed: int = 0,
    idempotency_key: str | None = None,
    on_progress: OnProgress | None = None,
) -> Plan:
    """Proposes and publishes in one call; plans again when the day moved on meanwhile."""
    for attempt in range(1, _AUTO_TRIES + 1):
        key = None
        if idempotency_key is not None:
            key = part_key(idempotency_key, f"auto_assign {attempt}")
        plan = await _propose(
            services,
            planner,
            actor,
            Proposal(to_publish=True),
            site_id=site_id,
            day=day,
            seconds=seconds,
            seed=seed,
            idempotency_key=key,
            on_progress=on_progress,
        )
        if plan.state is not PlanState.PROPOSED:
            # The same call was made before, and went this far.
            if plan.state is PlanState.DROPPED and attempt < _AUTO_TRIES:
                continue
            return plan
        try:
            return await services.perform(actor, publish, plan_id=plan.id)
        except Refused as refused:
            outdated = refused.refusals[0].code is Code.PLAN_OUTDATED
            if not outdated or attempt == _AUTO_TRIES:
                raise
            await services.perform(actor, drop, plan_id=plan.id)
    raise AssertionError("unreachable")


def _reason(error: BaseException, *, run_id: int) -> str:
    """What callers may know of it; the log has the rest."""
    if isinstance(error, asyncio.CancelledError):
        return "cancelled by the caller"
    if isinstance(error, Refused):
        refusal = error.refusals[0]
        return str(refusal.params.get("reason", refusal.code.value))
    _log.error("plan_run_failed", run=run_id, exc_info=error)
    return "a fault of the service"

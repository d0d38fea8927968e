"""Makes the plan of one run: problem, optimizer, rows; what a job and a call in place share."""

import asyncio
import time
from dataclasses import replace

import structlog

from dispatch.domain.errors import Refused
from dispatch.domain.plans import PlanRunKind
from dispatch.domain.rights import Actor
from dispatch.planning.in_force import plan_in_force
from dispatch.planning.inputs import PlanningDay
from dispatch.planning.plan import PlanRows, of_orders, rows_of
from dispatch.planning.problem import build_problem
from dispatch.planning.runner import OnProgress, Planner
from dispatch.services.action import Services, Tx
from dispatch.services.held_visits import held_visits
from dispatch.services.plan_progress import kept_progress
from dispatch.services.plan_runs import keep
from dispatch.services.publishing import publish
from dispatch.services.travel_times import travel_times_of
from dispatch.store.plans import Plan, PlanRun
from dispatch.telemetry import metrics, tracing

_log = structlog.get_logger(__name__)


async def make(
    services: Services,
    planner: Planner,
    actor: Actor,
    *,
    run: PlanRun,
    day: PlanningDay,
    on_progress: OnProgress | None = None,
) -> Plan:
    """The run's plan, as `_make` makes it, counted."""
    began, outcome = time.perf_counter(), "failed"
    try:
        with tracing.span("plan run", dispatch__plan_run__kind=str(run.kind)):
            plan = await _make(services, planner, actor, run=run, day=day, on_progress=on_progress)
        outcome = "done"
        return plan
    except asyncio.CancelledError:
        outcome = "interrupted"
        raise
    except Refused:
        outcome = "refused"
        raise
    finally:
        seconds = time.perf_counter() - began
        metrics.PLAN_RUNS.labels(str(run.kind), outcome).observe(seconds)


async def _make(
    services: Services,
    planner: Planner,
    actor: Actor,
    *,
    run: PlanRun,
    day: PlanningDay,
    on_progress: OnProgress | None,
) -> Plan:
    """The run's plan, stored; put in force in the same transaction where the run is for that.

    Refuses PLAN_RUN_FAILED, and what publishing refuses; then nothing of the plan is stored.
    """
    travel_times = travel_times_of(day.policy.planning)
    async with services.reading(actor) as tx:
        held = () if day.is_past else await held_visits(tx, day.site_id)
    whole = replace(day, orders=(*day.orders, *held))
    with tracing.span("build problem"):
        made = await asyncio.to_thread(build_problem, whole, travel_times=travel_times)
    async with kept_progress(services, run.id, on_progress) as tell:
        limits = {"seconds": run.seconds, "seed": run.seed, "on_progress": tell}
        in_force = plan_in_force(day, made.problem)
        if run.kind == PlanRunKind.REPAIR:
            answer = await planner.repair(made.problem, in_force, **limits)
        else:
            # A day that nobody was given yet has no routes, and is planned from nothing.
            stands = in_force if in_force.routes else None
            answer = await planner.solve(made.problem, in_force=stands, **limits)
    visits = len(made.problem.visits)
    if visits:
        metrics.PLAN_UNPLACED.observe(len(answer.plan.unplaced) / visits)
    store = _keep_in_force if run.kind == PlanRunKind.ASSIGN else keep
    left = tuple(each for each in made.not_planned if each.work_order_id > 0)
    rows = await asyncio.to_thread(rows_of, day, replace(made, not_planned=left), of_orders(answer))
    return await services.perform(actor, store, run_id=run.id, rows=rows)


async def _keep_in_force(tx: Tx, *, run_id: int, rows: PlanRows) -> Plan:
    plan = await keep(tx, run_id=run_id, rows=rows)
    # What moved on meanwhile waits for the next plan; the rest need not wait with it.
    return await publish(tx, plan_id=plan.id, what_stands=True)


def told(error: BaseException, *, run_id: int) -> str:
    """What callers may know of a failure; the log has the rest."""
    if isinstance(error, asyncio.CancelledError):
        return "cancelled by the caller"
    if isinstance(error, Refused):
        refusal = error.refusals[0]
        return str(refusal.params.get("reason", refusal.code.value))
    _log.error("plan_run_failed", run=run_id, exc_info=error)
    return "a fault of the service"

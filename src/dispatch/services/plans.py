"""Plans of a site's day: proposing, dropping, assigning in one call (排班方案).

Publishing is in `publishing.py`.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import select

from dispatch.domain.errors import Code, Refused, refuse
from dispatch.domain.numbers import Series
from dispatch.domain.plans import STEPS, PlanRunState, PlanState, PlanStep
from dispatch.domain.rights import Action, Actor
from dispatch.domain.technicians import Travel
from dispatch.domain.travel import Spot
from dispatch.planning.inputs import NotPlanned, PlanningDay
from dispatch.planning.plan import figures_of, left_out_of, routes_of, terms_of
from dispatch.planning.problem import DayProblem, build_problem
from dispatch.planning.runner import OnProgress, Planner
from dispatch.planning.solving import Answer
from dispatch.services import visible
from dispatch.services.action import Services, Tx, expect_version
from dispatch.services.plan_inputs import load_day
from dispatch.services.publishing import publish
from dispatch.services.sites import local_day
from dispatch.store.counters import take_number
from dispatch.store.plans import Plan, PlanRun
from dispatch.store.sites import Site
from dispatch.travel.straight_line import Matrix, travel_matrix

__all__ = ["auto_assign", "drop", "fail_abandoned_runs", "propose", "publish"]

_ENGINE = "auto"
_SECONDS = (0.1, 3600.0)
_SEEDS = (0, 2**31 - 1)
# A run that is silent this long after its time limit has lost its process.
_ABANDONED_AFTER = timedelta(minutes=2)
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
    proposal = _Proposal()
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
        return await _plan_of(services, actor, run)
    try:
        made = await asyncio.to_thread(
            build_problem, proposal.day, travel_times=_travel_times(proposal.day)
        )
        answer = await planner.solve(
            made.problem, seconds=run.seconds, seed=seed, on_progress=on_progress
        )
        return await services.perform(
            actor, _keep, run_id=run.id, day=proposal.day, made=made, answer=answer
        )
    except (Exception, asyncio.CancelledError) as error:
        reason = _reason(error)
        await asyncio.shield(services.perform(actor, _fail, run_id=run.id, reason=reason))
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
        key = f"{idempotency_key}#{attempt}" if idempotency_key else None
        plan = await propose(
            services,
            planner,
            actor,
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


async def fail_abandoned_runs(tx: Tx, *, older_than: timedelta = _ABANDONED_AFTER) -> list[PlanRun]:
    """Marks runs as failed whose process must have died: for a start of the service."""
    statement = (
        select(PlanRun)
        .where(PlanRun.state == PlanRunState.RUNNING)
        .order_by(PlanRun.id)
        .with_for_update(skip_locked=True)
    )
    runs = [
        run
        for run in (await tx.session.execute(statement)).scalars()
        if run.started_at + timedelta(seconds=run.seconds) + older_than <= tx.now
    ]
    for run in runs:
        site = await tx.session.get_one(Site, run.site_id)
        actor = replace(tx.actor, organization_id=site.organization_id)
        within = Tx(tx.session, actor, tx.now, tx.randbelow)
        await _end(within, run, reason="the service was stopped while the optimizer ran")
    return runs


class _Proposal:
    """The first transaction of a proposal, and what it read."""

    def __init__(self) -> None:
        self.day: PlanningDay | None = None

    async def begin(
        self, tx: Tx, *, site_id: int, day: date, seconds: float | None, seed: int
    ) -> PlanRun:
        """Opens the run, with the version of everything the plan will rest on."""
        site = await visible.find_site(tx, site_id, Action.PLAN)
        _check_range("seconds", seconds, _SECONDS)
        _check_range("seed", seed, _SEEDS)
        self.day = await load_day(tx, site, day)
        if not self.day.orders:
            raise refuse(Code.NOTHING_TO_PLAN, field="day", day=day.isoformat())
        policy = self.day.policy.planning
        run = PlanRun(
            site_id=site.id,
            day=day,
            state=PlanRunState.RUNNING,
            requested_by_id=tx.actor.user_id,
            requested_by_name=tx.actor.name,
            starts_at=self.day.starts_at,
            ends_at=self.day.ends_at,
            started_at=tx.now,
            seconds=seconds if seconds is not None else policy.seconds,
            seed=seed,
            engine=_ENGINE,
            basis=_basis(self.day),
            weights=dict(policy.weights),
        )
        tx.session.add(run)
        await tx.session.flush()
        tx.note(
            run,
            "plan_run.started",
            day=day,
            work_orders=len(self.day.orders),
            technicians=len(self.day.people),
        )
        return run


def _basis(day: PlanningDay) -> dict[str, dict[str, int]]:
    return {
        "work_orders": {str(each.order.id): each.order.version for each in day.orders},
        "technicians": {str(each.technician.id): each.technician.version for each in day.people},
    }


async def _keep(tx: Tx, *, run_id: int, day: PlanningDay, made: DayProblem, answer: Answer) -> Plan:
    """The second transaction: the plan with all its rows, and the end of the run."""
    run = await _find_running(tx, run_id)
    run.state = PlanRunState.DONE
    run.finished_at = tx.now
    run.figures = figures_of(answer.plan)
    site = await tx.session.get_one(Site, run.site_id)
    plan = Plan(
        run_id=run.id,
        site_id=site.id,
        number=await take_number(
            tx.session, site_id=site.id, series=Series.PLAN, day=local_day(tx, site)
        ),
        day=run.day,
        state=PlanState.PROPOSED,
        terms=terms_of(answer.plan.terms),
        created_at=tx.now,
    )
    await tx.save(plan, "plan.proposed", run_id=run.id)
    routes = routes_of(day, answer, plan_id=plan.id)
    tx.session.add_all(row for row, _ in routes)
    await tx.session.flush()
    for row, stops in routes:
        for stop in stops:
            stop.route_id = row.id
        tx.session.add_all(stops)
    tx.session.add_all(_left_out(day, answer, made.not_planned, plan_id=plan.id))
    await tx.session.flush()
    return plan


def _left_out(
    day: PlanningDay, answer: Answer, not_planned: Sequence[NotPlanned], *, plan_id: int
) -> list:
    return left_out_of(day, answer.plan.unplaced, not_planned, plan_id=plan_id)


async def _fail(tx: Tx, *, run_id: int, reason: str) -> PlanRun:
    run = await _find_running(tx, run_id)
    await _end(tx, run, reason=reason)
    return run


async def _end(tx: Tx, run: PlanRun, *, reason: str) -> None:
    run.state = PlanRunState.FAILED
    run.finished_at = tx.now
    run.failure = reason[:500]
    await tx.session.flush()
    tx.note(run, "plan_run.failed", reason=run.failure)


async def _find_running(tx: Tx, run_id: int) -> PlanRun:
    running = PlanRun.state == PlanRunState.RUNNING
    return await visible.find(tx, PlanRun, run_id, running, field="run_id", lock=True)


async def _plan_of(services: Services, actor: Actor, run: PlanRun) -> Plan:
    """The plan of a run that the same key began before; waits while it is still under way."""
    deadline = run.started_at + timedelta(seconds=run.seconds) + _ABANDONED_AFTER
    while True:
        async with services.reading(actor) as tx:
            run = await tx.session.get_one(PlanRun, run.id)
            plans = await tx.session.execute(select(Plan).where(Plan.run_id == run.id))
            plan = plans.scalar_one_or_none()
        if plan is not None:
            return plan
        if run.state is PlanRunState.FAILED:
            raise refuse(Code.PLAN_RUN_FAILED, reason=run.failure)
        if _is_over(deadline, services.clock()):
            raise refuse(Code.BUSY)
        await asyncio.sleep(0.2)


def _is_over(deadline: datetime, now: datetime) -> bool:
    return now > deadline


def _reason(error: BaseException) -> str:
    if isinstance(error, asyncio.CancelledError):
        return "cancelled by the caller"
    if isinstance(error, Refused):
        refusal = error.refusals[0]
        return str(refusal.params.get("reason", refusal.code.value))
    return f"{type(error).__name__}: {error}"


def _travel_times(day: PlanningDay):
    numbers = day.policy.planning

    def times(spots: Sequence[Spot], way: Travel) -> tuple[Matrix, Matrix]:
        return travel_matrix(spots, travel=way, numbers=numbers)

    return times


def _check_range(name: str, value: float | None, limits: tuple[float, float]) -> None:
    if value is not None and not limits[0] <= value <= limits[1]:
        raise refuse(Code.OUT_OF_RANGE, field=name, least=limits[0], most=limits[1])

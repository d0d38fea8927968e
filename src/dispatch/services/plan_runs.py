"""Runs of the optimizer: begun with what they read, ended with a plan or a reason."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import and_, bindparam, select

from dispatch.domain.errors import Code, Refusal, Refused, refuse
from dispatch.domain.numbers import Series
from dispatch.domain.plans import PlanRunKind, PlanRunState, PlanState
from dispatch.domain.rights import Action, Actor
from dispatch.planning.inputs import PlanningDay
from dispatch.planning.plan import PlanRows
from dispatch.services import visible
from dispatch.services.action import Services, Tx, plain
from dispatch.services.idempotency import forget
from dispatch.services.plan_inputs import load_day
from dispatch.services.plan_rows import write_left_out, write_routes
from dispatch.services.policies import policy_of
from dispatch.services.sites import local_day
from dispatch.store.counters import take_number
from dispatch.store.jobs import JobQueue, enqueue
from dispatch.store.plans import Plan, PlanRun
from dispatch.store.sites import Site

_SECONDS = (0.05, 3600.0)
_SEEDS = (0, 2**31 - 1)
# Who waits for a plan looks often at first, then ever less: a plan takes seconds.
_LOOK_S = (0.1, 0.5)
_LOOK_SHARE = 0.1
_LOST = and_(PlanRun.state == PlanRunState.RUNNING, PlanRun.is_queued.is_(False))
_ANY_LOST = select(PlanRun.id).where(_LOST).limit(1)
_ALL_LOST = select(PlanRun).where(_LOST).order_by(PlanRun.id).with_for_update(skip_locked=True)
_RUNNING = (
    select(PlanRun)
    .where(PlanRun.id == bindparam("run"), PlanRun.state == PlanRunState.RUNNING)
    .with_for_update()
    .execution_options(populate_existing=True)
)
PLAN_RUN_JOB = "plan_run"
# How long whoever asked for a plan waits, beyond its time limit, in the world's seconds.
_PATIENCE_S = 120.0


async def any_abandoned(services: Services) -> bool:
    """Whether `fail_abandoned_runs` may find something: a cheap look, without a lock."""
    async with services.store.reading() as session:
        return (await session.execute(_ANY_LOST)).first() is not None


async def fail_abandoned_runs(tx: Tx) -> list[PlanRun]:
    """Marks runs as failed that are silent for the policy's seconds after their time limit: their
    process must have died. By the service itself, for all sites.

    Not those that are jobs: another worker takes them up.
    """
    runs = []
    for run in (await tx.session.execute(_ALL_LOST)).scalars():
        silent_s = (await policy_of(tx, run.site_id)).planning.abandoned_after_s
        if run.started_at + timedelta(seconds=run.seconds + silent_s) <= tx.now:
            runs.append(run)
    for run in runs:
        site = await tx.session.get_one(Site, run.site_id)
        actor = replace(tx.actor, organization_id=site.organization_id)
        within = Tx(tx.session, actor, tx.now, tx.randbelow)
        await end(within, run, reason="the service was stopped while the optimizer ran")
    return runs


class Proposal:
    """The beginning of a run: what it reads, and its first transaction.

    `is_queued`: a worker carries it out, as a job put down in this very transaction.
    """

    def __init__(self, kind: PlanRunKind, *, is_queued: bool = False) -> None:
        self.kind = kind
        self.is_queued = is_queued
        self.day: PlanningDay | None = None
        self.begun: PlanRun | None = None

    async def read(self, services: Services, actor: Actor, *, site_id: int, day: date) -> None:
        """Reads the day before the transaction: others need not wait to write meanwhile.

        What changes between the two changes like what does after them: a plan is put in force only
        where everything it rests on is as it was read. What is refused, `begin` refuses.
        """
        async with services.reading(actor) as tx:
            with suppress(Refused):
                site = await visible.find_site(tx, site_id, Action.PLAN)
                self.day = await load_day(tx, site, day)

    async def begin(
        self, tx: Tx, *, site_id: int, day: date, seconds: float | None, seed: int
    ) -> PlanRun:
        """Opens the run, with the version of everything the plan will rest on."""
        site = await visible.find_site(tx, site_id, Action.PLAN)
        _check_range("seconds", seconds, _SECONDS)
        _check_range("seed", seed, _SEEDS)
        if self.day is None:
            self.day = await load_day(tx, site, day)
        if self.kind is not PlanRunKind.PROPOSE and self.day.is_past:
            raise refuse(Code.DAY_IS_PAST, field="day", day=day.isoformat())
        if not self.day.orders:
            raise refuse(Code.NOTHING_TO_PLAN, field="day", day=day.isoformat())
        policy = self.day.policy.planning
        is_repair = self.kind is PlanRunKind.REPAIR
        default_s = policy.repair_seconds if is_repair else policy.seconds
        run = PlanRun(
            site_id=site.id,
            day=day,
            state=PlanRunState.RUNNING,
            kind=self.kind.value,
            is_queued=self.is_queued,
            requested_by_id=tx.actor.user_id,
            requested_by_name=tx.actor.name,
            starts_at=self.day.starts_at,
            ends_at=self.day.ends_at,
            started_at=tx.now,
            seconds=seconds if seconds is not None else default_s,
            seed=seed,
            engine="repair" if is_repair else "auto",
            basis=basis_of(self.day),
            weights=dict(policy.weights),
        )
        tx.session.add(run)
        await tx.session.flush()
        if self.is_queued:
            await enqueue(
                tx.session,
                PLAN_RUN_JOB,
                {"run_id": run.id},
                key=f"{PLAN_RUN_JOB}-{run.id}",
                queue=JobQueue.PLANS,
            )
        tx.note(
            run,
            "plan_run.started",
            day=day,
            work_orders=len(self.day.orders),
            technicians=len(self.day.people),
        )
        self.begun = run
        return run


def basis_of(day: PlanningDay) -> dict[str, dict[str, int]]:
    return {
        "work_orders": {str(each.order.id): each.order.version for each in day.orders},
        "technicians": {str(each.technician.id): each.technician.version for each in day.people},
    }


async def keep(tx: Tx, *, run_id: int, rows: PlanRows) -> Plan:
    """The second transaction: the plan with all its rows, and the end of the run.

    A run that has ended meanwhile (another worker had taken it up) is not found: a run has one
    plan.
    """
    run = await _find_running(tx, run_id)
    run.state = PlanRunState.DONE
    run.finished_at = tx.now
    run.engine = rows.engine
    run.figures = rows.figures
    site = await tx.session.get_one(Site, run.site_id)
    plan = Plan(
        run_id=run.id,
        site_id=site.id,
        number=await take_number(
            tx.session, site_id=site.id, series=Series.PLAN, day=local_day(tx, site)
        ),
        day=run.day,
        state=PlanState.PROPOSED,
        terms=rows.terms,
        created_at=tx.now,
    )
    await tx.save(plan, "plan.proposed", run_id=run.id)
    await write_routes(tx, rows.routes, plan_id=plan.id)
    await write_left_out(tx, rows.left_out, plan_id=plan.id)
    return plan


async def fail(tx: Tx, *, run_id: int, reason: str, refusal: Refusal | None = None) -> PlanRun:
    """Ends a run without a plan; `refusal` is what those who wait for it hear."""
    run = await _find_running(tx, run_id)
    await end(tx, run, reason=reason, refusal=refusal)
    return run


async def end(tx: Tx, run: PlanRun, *, reason: str, refusal: Refusal | None = None) -> None:
    """Ends a run that is locked; its key is free again."""
    run.state = PlanRunState.FAILED
    run.finished_at = tx.now
    run.failure = reason[:500]
    if refusal is not None:
        refused = {"code": refusal.code.value, "params": plain(refusal.params)}
        run.figures = {**run.figures, "refused": refused}
    await tx.session.flush()
    await forget(tx.session, run)
    tx.note(run, "plan_run.failed", reason=run.failure)


async def _find_running(tx: Tx, run_id: int) -> PlanRun:
    run = (await tx.session.execute(_RUNNING, {"run": run_id})).scalar_one_or_none()
    if run is None:
        raise refuse(Code.NOT_FOUND, field="run_id", id=run_id)
    return run


async def plan_of(services: Services, actor: Actor, run: PlanRun) -> Plan:
    """The plan of a run that the same key began before; waits while it is still under way."""
    began = asyncio.get_running_loop().time()
    while True:
        async with services.reading(actor) as tx:
            run = await tx.session.get_one(PlanRun, run.id)
            if run.state is not PlanRunState.RUNNING:
                break
        waited_s = asyncio.get_running_loop().time() - began
        if waited_s > run.seconds + _PATIENCE_S:
            raise refuse(Code.BUSY)
        least, most = _LOOK_S
        await asyncio.sleep(min(most, max(least, waited_s * _LOOK_SHARE)))
    if run.state is PlanRunState.FAILED:
        raise _refusal_of(run)
    async with services.reading(actor) as tx:
        plans = await tx.session.execute(select(Plan).where(Plan.run_id == run.id))
        return plans.scalar_one()


def _refusal_of(run: PlanRun) -> Refused:
    refused = run.figures.get("refused")
    if refused is None:
        return refuse(Code.PLAN_RUN_FAILED, reason=run.failure)
    return refuse(Code(refused["code"]), **refused["params"])


def _check_range(name: str, value: float | None, limits: tuple[float, float]) -> None:
    if value is not None and not limits[0] <= value <= limits[1]:
        raise refuse(Code.OUT_OF_RANGE, field=name, least=limits[0], most=limits[1])

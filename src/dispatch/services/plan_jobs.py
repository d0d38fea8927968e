"""Plan runs as jobs: any worker carries one out, and another takes up what it left (DSP-4)."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from dispatch.domain.errors import Code, Refusal, Refused
from dispatch.domain.plans import PlanRunState
from dispatch.domain.rights import Actor
from dispatch.planning.inputs import PlanningDay
from dispatch.planning.runner import OnProgress, Planner
from dispatch.services.accounts import service_actor
from dispatch.services.action import Services, Tx
from dispatch.services.plan_inputs import load_day
from dispatch.services.plan_making import make, told
from dispatch.services.plan_runs import basis_of, end, fail
from dispatch.services.who_asked import who_asked
from dispatch.store.plans import PlanRun
from dispatch.store.sites import Site

# A run that takes its worker down with it must not go on to the next for ever.
_TAKES_MOST = 5
# What a plan rests on may change while the optimizer works: so often it is made anew.
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Taken:
    """A run that a worker has just begun: as whom, and the day as it is now."""

    run: PlanRun
    actor: Actor
    day: PlanningDay


async def carry_out(
    services: Services,
    planner: Planner,
    *,
    run_id: int,
    begun: Taken | None = None,
    on_progress: OnProgress | None = None,
) -> None:
    """Makes the plan of a run, once, however often and by whomever this is called.

    When this process is ended, the run stays as it is, and the next worker begins it anew. What
    keeps the run from a plan is written on it; only faults of the database are raised. `begun`:
    the run as it was just opened, by a caller who carries it out in place.
    """
    actor = begun.actor if begun else service_actor(organization_id=0, origin="worker")
    for is_last in (*(False,) * (_TRIES - 1), True):
        taken = begun or await take_up(services, actor, run_id=run_id)
        begun = None
        if taken is None:
            return
        try:
            await make(
                services,
                planner,
                taken.actor,
                run=taken.run,
                day=taken.day,
                on_progress=on_progress,
            )
            return
        except (DBAPIError, asyncio.CancelledError):
            raise
        except Exception as error:  # noqa: BLE001 -- the run tells it to whoever asked
            if is_last or not _is_worth_another_try(error):
                await _give_up(services, taken, error)
                return


async def _give_up(services: Services, taken: Taken, error: Exception) -> None:
    refusal = error.refusals[0] if isinstance(error, Refused) else None
    reason = told(error, run_id=taken.run.id)
    # Another worker may have ended it: then there is nothing left to say.
    with suppress(Refused):
        await services.perform(
            taken.actor, fail, run_id=taken.run.id, reason=reason, refusal=refusal
        )


def _is_worth_another_try(error: Exception) -> bool:
    """Whether the world moved on under the run, or its optimizer's process was killed."""
    if not isinstance(error, Refused):
        return False
    refusal = error.refusals[0]
    return refusal.code in (Code.PLAN_OUTDATED, Code.BUSY) or bool(refusal.params.get("lost"))


async def take_up(services: Services, actor: Actor, *, run_id: int) -> Taken | None:
    """Begins a queued run, or begins it anew after another worker's end; None when it has ended.

    It rests on the day as it is now, not as it was asked for, which is read before anything is
    locked; and it has its whole time again.
    """
    async with services.reading(actor) as tx:
        run = await tx.session.get_one(PlanRun, run_id)
        if run.state is not PlanRunState.RUNNING:
            return None
        site = await tx.session.get_one(Site, run.site_id)
        within = replace(tx, actor=await who_asked(tx, run.requested_by_id, site))
        day = await load_day(within, site, run.day)
    return await services.perform(actor, _take, run_id=run_id, day=day)


async def _take(tx: Tx, *, run_id: int, day: PlanningDay) -> Taken | None:
    statement = (
        select(PlanRun)
        .where(PlanRun.id == run_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    run = (await tx.session.execute(statement)).scalar_one()
    if run.state is not PlanRunState.RUNNING:
        return None
    site = await tx.session.get_one(Site, run.site_id)
    actor = await who_asked(tx, run.requested_by_id, site)
    within = Tx(tx.session, actor, tx.now, tx.randbelow)
    if run.takes >= _TAKES_MOST:
        await end(within, run, reason="every worker that began it came to an end")
        return None
    if not day.orders:
        refusal = Refusal(Code.NOTHING_TO_PLAN, ("day",), {"day": run.day})
        await end(within, run, reason="nothing is left to plan", refusal=refusal)
        return None
    run.takes += 1
    run.started_at = tx.now
    run.starts_at, run.ends_at = day.starts_at, day.ends_at
    run.basis, run.weights = basis_of(day), dict(day.policy.planning.weights)
    await tx.session.flush()
    if run.takes > 1:
        within.note(run, "plan_run.taken_up", takes=run.takes)
    return Taken(run, actor, day)

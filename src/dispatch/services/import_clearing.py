"""Ended imports are kept for the policy's time, then cleared away: their faults by row hold what
people said. What they brought in stays, and the record says who cleared what."""

from datetime import timedelta

from sqlalchemy import select

from dispatch.domain.imports import ImportRunState
from dispatch.services.accounts import service_actor
from dispatch.services.action import Services, Tx
from dispatch.services.idempotency import forget
from dispatch.services.policies import policy_of
from dispatch.store.import_runs import ImportRun
from dispatch.store.sites import Site

_AT_ONCE = 100


async def clear_all(services: Services) -> int:
    """Looks at every site, some runs a transaction; how many were cleared away."""
    async with services.store.reading() as session:
        rows = (await session.execute(select(Site.id, Site.organization_id))).all()
    cleared = 0
    for site_id, organization_id in rows:
        actor = service_actor(organization_id=organization_id, origin="worker")
        while count := await services.perform(actor, clear, site_id=site_id):
            cleared += count
    return cleared


async def clear(tx: Tx, *, site_id: int) -> int:
    """Clears away a site's oldest runs that ended longer ago than its policy says; how many."""
    kept_s = (await policy_of(tx, site_id)).privacy.imports_kept_s
    statement = (
        select(ImportRun)
        .where(
            ImportRun.site_id == site_id,
            ImportRun.state.in_((ImportRunState.DONE, ImportRunState.FAILED)),
            ImportRun.requested_at <= tx.now - timedelta(seconds=kept_s),
            ImportRun.finished_at <= tx.now - timedelta(seconds=kept_s),
        )
        .order_by(ImportRun.requested_at)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    runs = (await tx.session.execute(statement)).scalars().all()
    for run in runs:
        tx.note(run, "import_run.cleared")
        await forget(tx.session, run)
        await tx.session.delete(run)
    await tx.session.flush()
    return len(runs)

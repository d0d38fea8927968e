"""Imports as jobs: any worker carries one out, and another takes up what it left."""

import structlog
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import undefer

from dispatch.domain.errors import Code, Refusal, Refused
from dispatch.domain.imports import ImportRunState
from dispatch.domain.rights import Actor
from dispatch.services.accounts import service_actor
from dispatch.services.action import Services, Tx
from dispatch.services.import_files import ImportFile, ImportOutcome
from dispatch.services.import_maps import ImportMap
from dispatch.services.import_runs import NothingKept, bad_rows, bring_in, done, fail
from dispatch.services.who_asked import who_asked
from dispatch.store.import_runs import ImportRun
from dispatch.store.sites import Site

_log = structlog.get_logger(__name__)

# A run that takes its worker down with it must not go on to the next for ever.
_TAKES_MOST = 5
# Others were quicker: the same may be tried again.
_PASSING = frozenset({Code.BUSY, Code.STALE_VERSION})


async def carry_out(services: Services, *, run_id: int) -> None:
    """Imports the file of a run, once, however often and by whomever this is called.

    When this process is ended, nothing of the file was imported, or all of it and the run is done.
    What keeps the rows out is written on the run; only faults that pass are raised.
    """
    worker = service_actor(organization_id=0, origin="worker")
    actor = await services.perform(worker, take, run_id=run_id)
    if actor is None:
        return
    try:
        await services.perform(actor, _fulfil, run_id=run_id)
    except NothingKept as ended:
        await services.perform(actor, _conclude, run_id=run_id, outcome=ended.outcome)
    except DBAPIError:
        raise
    except Refused as refused:
        refusal = refused.refusals[0]
        if refusal.code in _PASSING:
            raise
        await services.perform(actor, _give_up, run_id=run_id, refusal=refusal)
    except Exception:  # noqa: BLE001 -- the run tells it to whoever asked
        _log.exception("import_run_failed", run=run_id)
        await services.perform(actor, _give_up, run_id=run_id, refusal=_fault(run_id))


async def take(tx: Tx, *, run_id: int) -> Actor | None:
    """Begins a run, or begins it anew after another worker's end, as whoever asked for it; None
    when it has ended."""
    run = await _locked(tx, run_id)
    if run.state not in (ImportRunState.QUEUED, ImportRunState.RUNNING):
        return None
    site = await tx.session.get_one(Site, run.site_id)
    actor = await who_asked(tx, run.requested_by_id, site)
    within = Tx(tx.session, actor, tx.now, tx.randbelow)
    if run.takes >= _TAKES_MOST:
        await fail(within, run, _fault(run_id))
        return None
    run.state = ImportRunState.RUNNING
    run.started_at = tx.now
    run.takes += 1
    is_first = run.takes == 1
    await within.save(run, "import_run.started" if is_first else "import_run.taken_up")
    return actor


async def _fulfil(tx: Tx, *, run_id: int) -> None:
    run = await _locked(tx, run_id, with_content=True)
    # Another worker, that was thought to be gone, may have ended it.
    if run.state is not ImportRunState.RUNNING or run.content is None:
        return
    mapping = ImportMap.model_validate(run.mapping) if run.mapping is not None else None
    await bring_in(tx, run, file=ImportFile(run.file_name, run.content), mapping=mapping)


async def _conclude(tx: Tx, *, run_id: int, outcome: ImportOutcome) -> None:
    """The end of a run of which no row stays."""
    run = await _locked(tx, run_id)
    if run.state is not ImportRunState.RUNNING:
        return
    if run.is_dry_run:
        await done(tx, run, outcome)
    else:
        await fail(tx, run, bad_rows(outcome), outcome=outcome)


async def _give_up(tx: Tx, *, run_id: int, refusal: Refusal) -> None:
    run = await _locked(tx, run_id)
    if run.state is ImportRunState.RUNNING:
        await fail(tx, run, refusal)


async def _locked(tx: Tx, run_id: int, *, with_content: bool = False) -> ImportRun:
    statement = (
        select(ImportRun)
        .where(ImportRun.id == run_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if with_content:
        statement = statement.options(undefer(ImportRun.content))
    return (await tx.session.execute(statement)).scalar_one()


def _fault(run_id: int) -> Refusal:
    """A fault of the service, by the number under which the log has the rest."""
    return Refusal(Code.INTERNAL, params={"trace_id": f"{ImportRun.__tablename__}-{run_id}"})

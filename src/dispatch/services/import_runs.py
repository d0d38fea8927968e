"""Imports: whole, or not at all, or only tried; at once, or in the background (INT-11).

Every import that writes leaves its run. One in the background is a job, put down with its file in
the transaction that asks for it; the transaction that brings the rows in also ends the run.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from dispatch.domain.errors import Code, Refusal, refuse
from dispatch.domain.imports import ImportKind, ImportRunState
from dispatch.domain.messages import Audience, MessageKind
from dispatch.domain.rights import Action, Actor
from dispatch.services import visible
from dispatch.services.action import Services, Tx, plain
from dispatch.services.idempotency import forget
from dispatch.services.import_files import ImportFile, ImportOutcome, import_file, is_long
from dispatch.services.import_maps import ImportMap
from dispatch.services.import_rows import Cause, RowNote
from dispatch.services.telling import tell
from dispatch.store.import_runs import ImportRun
from dispatch.store.jobs import enqueue

IMPORT_RUN_JOB = "import_run"


@dataclass(frozen=True, slots=True)
class ImportAnswer:
    """What can be said at once: of a run in the background there is no outcome yet; what was only
    tried, or had bad rows, left no run."""

    outcome: ImportOutcome | None
    run: ImportRun | None


class NothingKept(Exception):  # noqa: N818 -- ends a transaction that must not stay
    """With the outcome: an import that was only tried, or had bad rows."""

    def __init__(self, outcome: ImportOutcome) -> None:
        super().__init__()
        self.outcome = replace(outcome, is_written=False)


async def run_import(
    services: Services,
    actor: Actor,
    *,
    site_id: int,
    kind: ImportKind,
    file: ImportFile,
    mapping: ImportMap | None = None,
    dry_run: bool = False,
    background: bool | None = None,
    idempotency_key: str | None = None,
) -> ImportAnswer:
    """Imports a file in one transaction, or has a worker do it.

    With a single bad row, or as a dry run, nothing stays; every bad row is told by its number.
    `mapping` is for tickets. `background`: left out, the file's length decides. The same key again
    gives the first run; a run that failed leaves its key free.
    """
    try:
        run = await services.perform_once(
            actor,
            idempotency_key,
            ask,
            site_id=site_id,
            kind=kind,
            file=file,
            mapping=mapping,
            dry_run=dry_run,
            background=background,
        )
    except NothingKept as ended:
        return ImportAnswer(ended.outcome, None)
    return ImportAnswer(outcome_of(run), run)


async def import_at_once(
    services: Services,
    actor: Actor,
    *,
    site_id: int,
    kind: ImportKind,
    file: ImportFile,
    mapping: ImportMap | None = None,
    dry_run: bool = False,
) -> ImportOutcome:
    """As `run_import`, whatever the file's length."""
    answer = await run_import(
        services,
        actor,
        site_id=site_id,
        kind=kind,
        file=file,
        mapping=mapping,
        dry_run=dry_run,
        background=False,
    )
    if answer.outcome is None:
        raise AssertionError("an import that did not go to the background has an outcome")
    return answer.outcome


async def ask(
    tx: Tx,
    *,
    site_id: int,
    kind: ImportKind,
    file: ImportFile,
    mapping: ImportMap | None,
    dry_run: bool,
    background: bool | None,
) -> ImportRun:
    """A run that is done, or QUEUED with its job. Raises NothingKept where nothing may stay."""
    site = await visible.find_site(tx, site_id, Action.IMPORT)
    if kind is ImportKind.TICKETS and mapping is None:
        raise refuse(Code.REQUIRED, field="map")
    if background is None:
        background = await is_long(tx, site_id=site.id, file=file, mapping=mapping)
    run = ImportRun(
        site_id=site.id,
        kind=kind,
        state=ImportRunState.QUEUED,
        file_name=file.name,
        is_dry_run=dry_run,
        is_background=background,
        requested_by_id=tx.actor.user_id,
        requested_by_name=tx.actor.name,
        requested_at=tx.now,
    )
    if not background:
        run.started_at = tx.now
        await bring_in(tx, run, file=file, mapping=mapping)
        return run
    run.content = file.content
    run.mapping = mapping.model_dump(mode="json") if mapping is not None else None
    await tx.save(run, "import_run.queued")
    await enqueue(tx.session, IMPORT_RUN_JOB, {"run_id": run.id}, key=f"{IMPORT_RUN_JOB}-{run.id}")
    return run


async def bring_in(tx: Tx, run: ImportRun, *, file: ImportFile, mapping: ImportMap | None) -> None:
    """The rows and the end of the run, in one transaction. Raises NothingKept."""
    outcome = await import_file(tx, site_id=run.site_id, kind=run.kind, file=file, mapping=mapping)
    if run.is_dry_run or outcome.bad_rows:
        raise NothingKept(outcome)
    await done(tx, run, outcome)


async def done(tx: Tx, run: ImportRun, outcome: ImportOutcome) -> None:
    """Ends a run with what came of it."""
    run.outcome = plain(asdict(outcome))
    _close(tx, run, ImportRunState.DONE)
    await tx.save(run, "import_run.done", imported=outcome.imported, known=outcome.known)
    kind = MessageKind.IMPORT_TRIED if run.is_dry_run else MessageKind.IMPORT_DONE
    await _tell(tx, run, kind, outcome)


async def fail(
    tx: Tx, run: ImportRun, refusal: Refusal, *, outcome: ImportOutcome | None = None
) -> None:
    """Ends a run that wrote nothing; its key is free again."""
    run.outcome = plain(asdict(outcome)) if outcome is not None else None
    run.refusal = {"code": refusal.code.value, "params": plain(refusal.params)}
    _close(tx, run, ImportRunState.FAILED)
    await tx.save(run, "import_run.failed")
    await _tell(tx, run, MessageKind.IMPORT_FAILED, outcome)
    await forget(tx.session, run)


async def _tell(tx: Tx, run: ImportRun, kind: MessageKind, outcome: ImportOutcome | None) -> None:
    """Who asked for it has gone on to something else meanwhile."""
    if not run.is_background or run.requested_by_id is None:
        return
    counts = {"imported": 0, "known": 0, "bad": 0}
    if outcome is not None:
        bad = len({each.row for each in outcome.bad_rows})
        counts = {"imported": outcome.imported, "known": outcome.known, "bad": bad}
    await tell(
        tx,
        kind,
        Audience(user_ids=(run.requested_by_id,)),
        site_id=run.site_id,
        file=run.file_name,
        **counts,
    )


def bad_rows(outcome: ImportOutcome) -> Refusal:
    """Why a file with bad rows was not imported."""
    count = len({each.row for each in outcome.bad_rows})
    return Refusal(Code.BAD_ROWS, ("content",), {"count": count})


def outcome_of(run: ImportRun) -> ImportOutcome | None:
    """What came of a run; None as long as it has not ended, and where no row was looked at."""
    if run.outcome is None:
        return None
    kept = {**run.outcome, "kind": ImportKind(run.outcome["kind"])}
    for name in ("bad_rows", "warnings"):
        kept[name] = [_note(each) for each in kept[name]]
    return ImportOutcome(**kept)


def refusal_of(run: ImportRun) -> Refusal | None:
    """Why a run failed."""
    if run.refusal is None:
        return None
    return Refusal(Code(run.refusal["code"]), params=run.refusal["params"])


def _note(kept: Mapping[str, Any]) -> RowNote:
    return RowNote(**{**kept, "cause": Cause(kept["cause"])})


def _close(tx: Tx, run: ImportRun, state: ImportRunState) -> None:
    run.state = state
    run.finished_at = tx.now
    # What people said stands in it: it is kept no longer than needed.
    run.content = None

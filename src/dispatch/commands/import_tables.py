"""`dispatch import table`: technicians, units, materials or tickets, from CSV or a workbook."""

import time
from pathlib import Path

import typer

from dispatch.commands.imports import tell_row
from dispatch.commands.words import Complaint, say
from dispatch.commands.workplace import (
    answering,
    demand_site,
    find_organization,
    operator,
    out,
    run,
    tell_fault,
    workplace,
)
from dispatch.domain.imports import ImportKind
from dispatch.services.import_files import ImportFile, ImportOutcome
from dispatch.services.import_maps import load_map
from dispatch.services.import_runs import import_at_once
from dispatch.settings import Settings

_OWN_MAP = "tickets"


def run_table(
    path: Path,
    *,
    kind: ImportKind,
    site_code: str,
    organization: str | None,
    map_name: str | None,
    dry_run: bool,
) -> None:
    """Imports the file, or tells every bad row by number and ends with 1."""
    with answering():
        if not path.is_file():
            raise Complaint("no_such_file", path=path)
        file = ImportFile(name=path.name, content=path.read_bytes())
        mapping = load_map(map_name or _OWN_MAP) if kind is ImportKind.TICKETS else None

    async def work() -> None:
        started = time.monotonic()
        async with workplace(Settings()) as services:
            site = await demand_site(services, site_code, organization=organization)
            owner = await find_organization(services, organization)
            outcome = await import_at_once(
                services,
                operator(owner.id if owner is not None else 0),
                site_id=site.id,
                kind=kind,
                file=file,
                mapping=mapping,
                dry_run=dry_run,
            )
        _tell(outcome, site_code, dry_run=dry_run, seconds=time.monotonic() - started)

    run(work)


def _tell(outcome: ImportOutcome, site: str, *, dry_run: bool, seconds: float) -> None:
    for note in outcome.bad_rows:
        tell_row(row=note.row, column=note.column, cause=note.cause.value, value=note.value)
    if outcome.bad_rows:
        rows = len({note.row for note in outcome.bad_rows})
        tell_fault(say("import_bad", rows=rows), say("import_bad_remedy"))
        raise typer.Exit(1)
    figures = {"site": site, "read": outcome.read, "imported": outcome.imported}
    text = (
        say("would_import", **figures)
        if dry_run
        else say("imported", **figures, seconds=f"{seconds:.1f}")
    )
    out.print(text, soft_wrap=True)
    if outcome.known:
        out.print(say("import_known", known=outcome.known), soft_wrap=True)

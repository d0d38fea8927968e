"""`dispatch import tickets`: a table and its map into a site, whole or not at all."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any, cast

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from dispatch.commands.words import Complaint, cause_words, say
from dispatch.commands.workplace import (
    answering,
    demand_site,
    err,
    find_organization,
    find_site,
    operator,
    out,
    run,
    tell_fault,
    workplace,
)
from dispatch.domain.errors import Code, Refused
from dispatch.services import imports, sites
from dispatch.services.action import Services, Tx
from dispatch.services.import_maps import ImportMap, load_map, shipped_maps
from dispatch.services.import_rows import RowNote
from dispatch.services.imports import ImportReport
from dispatch.settings import Settings
from dispatch.store.sites import Site

_PLAIN_EVERY = 5000


class _NothingKept(Exception):  # noqa: N818 -- ends a dry run, whose transaction must not stay
    pass


def run_import(path: Path, *, map_name: str, **choices: Any) -> None:
    """Checks what is named, then runs `import_tickets`."""
    with answering():
        mapping = _find_map(map_name)
        if not path.is_file():
            raise Complaint("no_such_file", path=path)
    run(lambda: import_tickets(path, mapping, **choices))


def _find_map(map_name: str) -> ImportMap:
    if map_name not in shipped_maps() and not Path(map_name).is_file():
        raise Complaint("no_such_map", given=map_name, known=", ".join(shipped_maps()))
    return load_map(map_name)


async def import_tickets(
    path: Path,
    mapping: ImportMap,
    *,
    site_code: str,
    organization: str | None,
    create_site: bool,
    dry_run: bool,
) -> None:
    """Imports, or tells every bad row by number and ends with 1."""
    started = time.monotonic()
    try:
        async with workplace(Settings()) as services:
            site, report = await _import(
                services,
                path,
                mapping,
                site_code=site_code,
                organization=organization,
                create_site=create_site,
                dry_run=dry_run,
            )
    except Refused as refused:
        if refused.refusals[0].code is not Code.BAD_ROWS:
            raise
        _tell_bad_rows(refused)
        raise typer.Exit(1) from None
    _tell_report(site, report, dry_run=dry_run, seconds=time.monotonic() - started)


async def _import(
    services: Services,
    path: Path,
    mapping: ImportMap,
    *,
    site_code: str,
    organization: str | None,
    create_site: bool,
    dry_run: bool,
) -> tuple[Site, ImportReport]:
    find = find_site if create_site else demand_site
    site = await find(services, site_code, organization=organization)
    owner = await find_organization(services, organization)
    actor = operator(owner.id if owner is not None else 0)
    is_new = site is None
    found: tuple[Site, ImportReport] | None = None
    try:
        with _progress(path, mapping) as (lines, on_progress):
            async with services.writing(actor) as tx:
                if site is None:
                    site = await _make_site(tx, mapping, code=site_code)
                report = await imports.import_tickets(
                    tx, site_id=site.id, mapping=mapping, lines=lines, on_progress=on_progress
                )
                found = site, report
                if dry_run:
                    raise _NothingKept
    except _NothingKept:
        pass
    if found is None:
        raise AssertionError("an import ends with a report or an exception")
    if is_new and not dry_run:
        out.print(
            say("site_made", code=site_code, name=found[0].name, zone=found[0].time_zone),
            soft_wrap=True,
        )
    return found


async def _make_site(tx: Tx, mapping: ImportMap, *, code: str) -> Site:
    if mapping.site is None or not mapping.time.zone:
        raise Complaint("map_has_no_site")
    if not tx.actor.organization_id:
        owner = await sites.create_organization(tx, code=code, name=mapping.site.name)
        tx.actor = operator(owner.id)
    return await sites.create_site(
        tx,
        code=code,
        name=mapping.site.name,
        kind=mapping.site.kind,
        time_zone=mapping.time.zone,
        latitude=mapping.site.latitude,
        longitude=mapping.site.longitude,
    )


@contextmanager
def _progress(
    path: Path, mapping: ImportMap
) -> Iterator[tuple[Iterator[str], Callable[[int], None]]]:
    """The file's lines, and what shows how far reading has come: a bar, or a line now and then."""
    with path.open(encoding=mapping.file.encoding, newline="") as file:
        if not err.is_terminal:
            yield iter(file), _tell_now_and_then
            return
        raw = cast("Any", file).buffer.raw
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
        with Progress(*columns, console=err, transient=True) as bar:
            task = bar.add_task(say("importing", read=0), total=path.stat().st_size)

            def on_progress(read: int) -> None:
                bar.update(task, completed=raw.tell(), description=say("importing", read=read))

            yield iter(file), on_progress


def _tell_now_and_then(read: int) -> None:
    if read % _PLAIN_EVERY == 0:
        err.print(say("importing", read=read))


def _tell_bad_rows(refused: Refused) -> None:
    for refusal in refused.refusals:
        params = refusal.params
        tell_row(**{name: params[name] for name in ("row", "column", "cause", "value")})
    rows = len({refusal.params["row"] for refusal in refused.refusals})
    tell_fault(say("import_bad", rows=rows), say("import_bad_remedy"))


def tell_row(*, row: int, column: str, cause: str, value: str) -> None:
    """What is wrong with one row, on the terminal."""
    name = "row_note" if column else "row_note_bare"
    text = say(name, row=row, column=column, cause=cause_words(cause), value=value)
    err.print(text.rstrip(), soft_wrap=True, markup=False)


def _tell_report(site: Site, report: ImportReport, *, dry_run: bool, seconds: float) -> None:
    if report.warnings:
        out.print(say("import_warnings"), soft_wrap=True)
        key = _cause_and_column
        for (cause, column), notes in groupby(sorted(report.warnings, key=key), key=key):
            numbers = [note.row for note in notes]
            text = say(
                "warning",
                count=len(numbers),
                column=column or "—",
                cause=cause_words(cause),
                rows=ranges(numbers),
            )
            out.print(text, soft_wrap=True, markup=False)
    if report.known and not report.imported:
        out.print(say("import_nothing_new", known=report.known), soft_wrap=True)
        return
    figures = {"site": site.code, "read": report.read, "imported": report.imported}
    if dry_run:
        out.print(say("would_import", **figures), soft_wrap=True)
    else:
        out.print(say("imported", **figures, seconds=f"{seconds:.1f}"), soft_wrap=True)
    counts = ("queued", "closed", "cancelled", "waiting")
    out.print(
        say("import_states", **{name: getattr(report, name) for name in counts}), soft_wrap=True
    )
    if report.known:
        out.print(say("import_known", known=report.known), soft_wrap=True)
    if report.categories:
        out.print(say("import_categories", count=report.categories), soft_wrap=True)


def _cause_and_column(note: RowNote) -> tuple[str, str]:
    return note.cause.value, note.column


def ranges(numbers: Sequence[int]) -> str:
    """Sorted numbers in few characters: `3, 7–9`."""
    parts: list[str] = []
    for _, together in groupby(enumerate(sorted(numbers)), key=lambda pair: pair[1] - pair[0]):
        values = [value for _, value in together]
        first, last = values[0], values[-1]
        parts.append(f"{first}–{last}" if last > first else str(first))
    return ", ".join(parts)

"""One import, from a file's bytes to rows: whole, or not at all, or only tried (INT-11)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from dispatch.domain.errors import Code, Refused, refuse
from dispatch.domain.imports import ImportKind
from dispatch.domain.rights import Action, Actor
from dispatch.services import visible
from dispatch.services.action import Services, Tx
from dispatch.services.import_maps import ImportMap
from dispatch.services.import_rows import Cause, RowNote
from dispatch.services.import_tables import read_table
from dispatch.services.import_writers import RECIPES
from dispatch.services.imports import import_cells
from dispatch.services.policies import policy_of
from dispatch.services.sheets import Cells, read_sheet


@dataclass(frozen=True, slots=True)
class ImportFile:
    """What was sent: the name's end tells what it is."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What came of an import, in rows. `known` were there before and stay as they are; with bad
    rows, or when it was only tried, nothing was written and `imported` is what would have been."""

    kind: ImportKind
    read: int = 0
    known: int = 0
    imported: int = 0
    is_written: bool = False
    bad_rows: Sequence[RowNote] = ()
    warnings: Sequence[RowNote] = ()


class _NothingKept(Exception):  # noqa: N818 -- ends a transaction that must not stay
    def __init__(self, outcome: ImportOutcome) -> None:
        super().__init__()
        self.outcome = outcome


async def run_import(
    services: Services,
    actor: Actor,
    *,
    site_id: int,
    kind: ImportKind,
    file: ImportFile,
    mapping: ImportMap | None = None,
    dry_run: bool = False,
) -> ImportOutcome:
    """Imports a file in one transaction. With a single bad row, or as a dry run, nothing stays;
    every bad row is told by its number. `mapping` is for tickets."""
    try:
        return await services.perform(
            actor, _import, site_id=site_id, kind=kind, file=file, mapping=mapping, dry_run=dry_run
        )
    except _NothingKept as ended:
        return ended.outcome


async def _import(
    tx: Tx,
    *,
    site_id: int,
    kind: ImportKind,
    file: ImportFile,
    mapping: ImportMap | None,
    dry_run: bool,
) -> ImportOutcome:
    await visible.find_site(tx, site_id, Action.IMPORT)
    intake = (await policy_of(tx, site_id)).intake
    cells = read_sheet(
        file.content,
        file.name,
        delimiter=mapping.file.delimiter if mapping is not None else ",",
        time_format=mapping.time.format if mapping is not None else "%Y-%m-%d %H:%M:%S",
        unpacked_most=intake.import_unpacked_most,
    )
    if kind is ImportKind.TICKETS:
        if mapping is None:
            raise refuse(Code.REQUIRED, field="map")
        limited = _at_most(cells, intake.import_rows_most)
        outcome = await _tickets(tx, site_id, mapping, limited)
    else:
        outcome = await _table(tx, site_id, kind, cells, rows_most=intake.import_rows_most)
    if dry_run or outcome.bad_rows:
        raise _NothingKept(replace(outcome, is_written=False))
    return outcome


def _at_most(cells: Iterable[Cells], rows_most: int) -> Iterable[Cells]:
    for count, row in enumerate(cells):
        if count > rows_most:
            raise refuse(Code.FILE_UNREADABLE, field="file", detail=f"> {rows_most} rows")
        yield row


async def _tickets(
    tx: Tx, site_id: int, mapping: ImportMap, cells: Iterable[Cells]
) -> ImportOutcome:
    rows = list(cells)
    try:
        report = await import_cells(tx, site_id=site_id, mapping=mapping, cells=rows)
    except Refused as refused:
        if any(each.code is not Code.BAD_ROWS for each in refused.refusals):
            raise
        faults = [
            RowNote(
                row=each.params["row"],
                cause=Cause(each.params["cause"]),
                column=each.params["column"],
                value=each.params["value"],
            )
            for each in refused.refusals
        ]
        return ImportOutcome(ImportKind.TICKETS, read=max(len(rows) - 1, 0), bad_rows=faults)
    return ImportOutcome(
        ImportKind.TICKETS,
        read=report.read,
        known=report.known,
        imported=report.imported,
        is_written=True,
        warnings=report.warnings,
    )


async def _table(
    tx: Tx, site_id: int, kind: ImportKind, cells: Iterable[Cells], *, rows_most: int
) -> ImportOutcome:
    recipe = RECIPES[kind]
    site = await visible.find_site(tx, site_id, recipe.action)
    table = read_table(cells, kind, recipe.columns, key=recipe.key, rows_most=rows_most)
    writer = recipe.writer()
    await writer.prepare(tx, site)
    imported = known = 0
    for row in table.rows:
        try:
            is_new = await writer.write(tx, row.values)
        except Refused as refused:
            # What the service refuses of one row must not hide what is wrong with the next.
            for each in refused.refusals:
                name = next((part for part in each.field if part in table.headers), "")
                given = each.params.get("id", row.values.get(name, ""))
                table.fault(row.number, Cause.REFUSED, name, f"{each.code.value} {given}".strip())
            continue
        imported += is_new
        known += not is_new
    if imported and not table.faults:
        tx.note(site, f"site.{kind.value.lower()}_imported", imported=imported, known=known)
    table.faults.sort(key=lambda fault: fault.row)
    return ImportOutcome(
        kind,
        read=table.read,
        known=known,
        imported=imported,
        is_written=not table.faults,
        bad_rows=table.faults,
    )

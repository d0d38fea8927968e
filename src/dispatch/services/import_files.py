"""From a file's bytes to rows of the site (INT-11)."""

import asyncio
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from dispatch.domain.errors import Code, Refused, refuse
from dispatch.domain.imports import ImportKind
from dispatch.domain.rights import Action
from dispatch.services import visible
from dispatch.services.action import Tx
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

    def __str__(self) -> str:
        """What makes two files the same: a repeated wish is known by it."""
        return f"{self.name} {hashlib.sha256(self.content).hexdigest()}"


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


async def import_file(
    tx: Tx, *, site_id: int, kind: ImportKind, file: ImportFile, mapping: ImportMap | None
) -> ImportOutcome:
    """Writes a file's rows in the caller's transaction; `mapping` is for tickets.

    Every bad row is told by its number: with a single one nothing may be committed.
    """
    await visible.find_site(tx, site_id, Action.IMPORT)
    intake = (await policy_of(tx, site_id)).intake
    cells = _read(file, mapping, unpacked_most=intake.import_unpacked_most)
    if kind is not ImportKind.TICKETS:
        return await _table(tx, site_id, kind, cells, rows_most=intake.import_rows_most)
    if mapping is None:
        raise refuse(Code.REQUIRED, field="map")
    return await _tickets(tx, site_id, mapping, _at_most(cells, intake.import_rows_most))


async def is_long(tx: Tx, *, site_id: int, file: ImportFile, mapping: ImportMap | None) -> bool:
    """Whether the file has more rows than the site imports while somebody waits."""
    intake = (await policy_of(tx, site_id)).intake
    cells = _read(file, mapping, unpacked_most=intake.import_unpacked_most)
    least = intake.import_rows_at_once + 1
    with_header = least + 1
    return sum(1 for _ in islice(cells, with_header)) == with_header


def _read(file: ImportFile, mapping: ImportMap | None, *, unpacked_most: int) -> Iterator[Cells]:
    return read_sheet(
        file.content,
        file.name,
        delimiter=mapping.file.delimiter if mapping is not None else ",",
        time_format=mapping.time.format if mapping is not None else "%Y-%m-%d %H:%M:%S",
        unpacked_most=unpacked_most,
    )


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
        # On SQLite nothing here waits by itself: others whom this process serves come in between.
        await asyncio.sleep(0)
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

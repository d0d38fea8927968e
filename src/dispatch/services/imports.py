"""Tickets from another system's table, whole or not at all (INT-11)."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select

from dispatch.domain.errors import Code, Refusal, Refused
from dispatch.domain.numbers import Series
from dispatch.domain.rights import Action
from dispatch.domain.tickets import TicketState
from dispatch.services import visible
from dispatch.services.action import Tx
from dispatch.services.import_maps import ImportMap
from dispatch.services.import_records import Records
from dispatch.services.import_rows import BadRow, RowNote, TicketRow, read_cells
from dispatch.services.policies import policy_of
from dispatch.services.sheets import Cells, csv_cells
from dispatch.services.sites import add_category_group
from dispatch.store.categories import Category
from dispatch.store.counters import take_numbers
from dispatch.store.events import Event
from dispatch.store.sites import Site
from dispatch.store.tickets import Ticket
from dispatch.store.work_orders import WorkOrder

_CHUNK = 1000
_BREATH = 100


@dataclass(slots=True)
class ImportReport:
    """What an import did, in rows; `known` were there before and stay as they are."""

    read: int = 0
    known: int = 0
    imported: int = 0
    queued: int = 0
    closed: int = 0
    cancelled: int = 0
    waiting: int = 0
    categories: int = 0
    warnings: list[RowNote] = field(default_factory=list)


async def import_tickets(
    tx: Tx,
    *,
    site_id: int,
    mapping: ImportMap,
    lines: Iterable[str],
    on_progress: Callable[[int], None] | None = None,
) -> ImportReport:
    """Imports a CSV text; see `import_cells`."""
    cells = csv_cells(lines, delimiter=mapping.file.delimiter)
    return await import_cells(
        tx, site_id=site_id, mapping=mapping, cells=cells, on_progress=on_progress
    )


async def import_cells(
    tx: Tx,
    *,
    site_id: int,
    mapping: ImportMap,
    cells: Iterable[Cells],
    on_progress: Callable[[int], None] | None = None,
) -> ImportReport:
    """Imports a table's rows as tickets with their work orders, in the caller's transaction.

    Open rows of a known category become TRIAGED with a QUEUED order, rows without one wait as NEW
    for the desk, ended rows keep their times. A row that the site knows by source and reference is
    left as it is. Refuses with BAD_ROWS, one refusal per fault, when any row is bad; then nothing
    may be committed. `on_progress` gets the number of rows read so far.
    """
    site = await visible.find_site(tx, site_id, Action.IMPORT)
    report = ImportReport()
    await _add_categories(tx, site, mapping, report)
    policy = await policy_of(tx, site_id)
    mapping = await _for_site(tx, site, mapping)
    leaves = await _leaves(tx, site, mapping)
    batch = _Batch(tx=tx, site=site, records=Records(tx, site, mapping, policy, leaves))
    known = await _known_references(tx, site, mapping)
    faults: list[RowNote] = []
    rows: list[TicketRow] = []
    for row in read_cells(cells, mapping, now=tx.now):
        report.read += 1
        if report.read % _BREATH == 0:
            # On SQLite nothing here waits by itself: others whom this process serves come in.
            await asyncio.sleep(0)
        if isinstance(row, BadRow):
            faults += row.faults
            continue
        report.warnings += row.warnings
        if row.external_ref in known:
            report.known += 1
        elif not faults:
            rows.append(row)
        if len(rows) == _CHUNK:
            await batch.write(rows, report)
            rows = []
        if on_progress is not None and report.read % _CHUNK == 0:
            on_progress(report.read)
    if faults:
        raise Refused(*(_bad_row(fault) for fault in faults))
    await batch.write(rows, report)
    if on_progress is not None:
        on_progress(report.read)
    if report.imported:
        tx.note(
            site,
            "site.tickets_imported",
            site_id=site.id,
            source=mapping.source,
            imported=report.imported,
            known=report.known,
        )
    return report


async def _add_categories(tx: Tx, site: Site, mapping: ImportMap, report: ImportReport) -> None:
    have = set(
        (await tx.session.execute(select(Category.code).where(Category.site_id == site.id)))
        .scalars()
        .all()
    )
    for group in mapping.category_groups:
        if group.code not in have:
            report.categories += await add_category_group(tx, site_id=site.id, group=group)
            tx.note(site, "site.categories_added", site_id=site.id, group=group.code)


async def _for_site(tx: Tx, site: Site, mapping: ImportMap) -> ImportMap:
    """The map with what it leaves to the site: the time zone, and every leaf's code and names as
    words for it."""
    if not mapping.time.zone:
        time = mapping.time.model_copy(update={"zone": site.time_zone})
        mapping = mapping.model_copy(update={"time": time})
    if not mapping.values.own_categories:
        return mapping
    statement = select(Category).where(Category.site_id == site.id, Category.trade.is_not(None))
    own = {
        word: leaf.code
        for leaf in (await tx.session.execute(statement)).scalars()
        for word in (leaf.name_en, leaf.name_zh, leaf.code)
    }
    values = mapping.values.model_copy(update={"category": {**own, **mapping.values.category}})
    return mapping.model_copy(update={"values": values})


async def _leaves(tx: Tx, site: Site, mapping: ImportMap) -> dict[str, Category]:
    statement = select(Category).where(Category.site_id == site.id, Category.trade.is_not(None))
    leaves = {each.code: each for each in (await tx.session.execute(statement)).scalars()}
    faults = [
        Refusal(
            Code.BAD_INPUT,
            ("map", "values", "category", word),
            {"given": code, "detail": "names no leaf of the site's category tree; add it there"},
        )
        for word, code in mapping.values.category.items()
        if code not in leaves
    ]
    if faults:
        raise Refused(*faults)
    return leaves


async def _known_references(tx: Tx, site: Site, mapping: ImportMap) -> frozenset[str]:
    statement = select(Ticket.external_ref).where(
        Ticket.site_id == site.id, Ticket.source == mapping.source
    )
    found = (await tx.session.execute(statement)).scalars()
    return frozenset(reference for reference in found if reference is not None)


def _bad_row(note: RowNote) -> Refusal:
    params = {"row": note.row, "column": note.column, "cause": note.cause.value}
    return Refusal(
        Code.BAD_ROWS, ("rows", str(note.row), note.column), {**params, "value": note.value}
    )


@dataclass(frozen=True, slots=True)
class _Batch:
    """Writes rows by the thousand: three statements for all, and two per day for the numbers."""

    tx: Tx
    site: Site
    records: Records

    async def write(self, rows: Sequence[TicketRow], report: ImportReport) -> None:
        if not rows:
            return
        tickets = [self.records.ticket(row) for row in rows]
        await self._number(tickets, Series.TICKET, [ticket["reported_at"] for ticket in tickets])
        ids = await self._insert(Ticket, tickets, "external_ref")
        orders = [
            self.records.order(row, ticket, ids[ticket["external_ref"]])
            for row, ticket in zip(rows, tickets, strict=True)
            if ticket["category_id"] is not None and ticket["state"] is not TicketState.CANCELLED
        ]
        await self._number(orders, Series.WORK_ORDER, [order["created_at"] for order in orders])
        order_ids = await self._insert(WorkOrder, orders, "ticket_id")
        numbers = {order["ticket_id"]: order["number"] for order in orders}
        await self.tx.session.execute(
            insert(Event.__table__),  # type: ignore[arg-type]
            [
                self.records.event(row, ticket, ids[row.external_ref], order_ids, numbers)
                for row, ticket in zip(rows, tickets, strict=True)
            ],
        )
        report.imported += len(rows)
        states = [ticket["state"] for ticket in tickets]
        report.queued += states.count(TicketState.TRIAGED)
        report.closed += states.count(TicketState.CLOSED)
        report.cancelled += states.count(TicketState.CANCELLED)
        report.waiting += states.count(TicketState.NEW)

    async def _insert(
        self, table: type[Ticket | WorkOrder], rows: Sequence[dict[str, Any]], key: str
    ) -> dict[Any, int]:
        """Inserts all in as few statements as may be; ids by a column that is unique in them."""
        if not rows:
            return {}
        columns = table.__table__.c
        statement = insert(table.__table__).returning(columns.id, columns[key])  # type: ignore[arg-type]
        result = await self.tx.session.execute(statement, list(rows))
        return {value: row_id for row_id, value in result.all()}

    async def _number(
        self, rows: Sequence[dict[str, Any]], series: Series, moments: Sequence[datetime]
    ) -> None:
        zone = ZoneInfo(self.site.time_zone)
        by_day: dict[date, list[dict[str, Any]]] = defaultdict(list)
        for row, moment in zip(rows, moments, strict=True):
            by_day[moment.astimezone(zone).date()].append(row)
        # One order of days for everybody: two imports at once cannot wait for each other.
        for day in sorted(by_day):
            numbers = await take_numbers(
                self.tx.session,
                site_id=self.site.id,
                series=series,
                day=day,
                count=len(by_day[day]),
            )
            for row, number in zip(by_day[day], numbers, strict=True):
                row["number"] = number

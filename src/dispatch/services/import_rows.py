"""From a table's cells to what a ticket needs, or to the reasons why a row cannot be one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from dispatch.domain.errors import Code, refuse
from dispatch.domain.tickets import DESCRIPTION_MOST, Channel
from dispatch.services.import_maps import (
    ALWAYS_REQUIRED,
    POINT,
    TEXT_FIELDS,
    TIME_FIELDS,
    WORD_FIELDS,
    ImportMap,
    RowState,
)
from dispatch.services.sheets import Cells, csv_cells
from dispatch.store.tickets import Ticket

_YEARS = range(1900, 2200)


class Cause(StrEnum):
    """What is wrong with a row, or worth a warning."""

    MISSING = "MISSING"
    NO_POINT = "NO_POINT"
    BAD_TIME = "BAD_TIME"
    BAD_POINT = "BAD_POINT"
    UNKNOWN_WORD = "UNKNOWN_WORD"
    SAME_ID = "SAME_ID"
    CLOSED_BEFORE_REPORTED = "CLOSED_BEFORE_REPORTED"
    CLOSED_WITHOUT_TIME = "CLOSED_WITHOUT_TIME"
    REPORTED_IN_FUTURE = "REPORTED_IN_FUTURE"
    TOO_LONG = "TOO_LONG"
    CELL_COUNT = "CELL_COUNT"
    BAD_NUMBER = "BAD_NUMBER"
    BAD_VALUE = "BAD_VALUE"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class RowNote:
    """One thing to tell about a row, numbered as a spreadsheet does: the header is row 1."""

    row: int
    cause: Cause
    column: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class TicketRow:
    """A good row. Times are aware; `category` is a code; None where the row says nothing."""

    row: int
    texts: Mapping[str, str | None]
    times: Mapping[str, datetime | None]
    state: RowState
    channel: Channel
    category: str | None
    latitude: float | None
    longitude: float | None
    warnings: tuple[RowNote, ...]

    @property
    def external_ref(self) -> str:
        return self.texts["external_ref"] or ""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot become a ticket, with every reason."""

    row: int
    faults: tuple[RowNote, ...]


def read_rows(
    lines: Iterable[str], mapping: ImportMap, *, now: datetime
) -> Iterator[TicketRow | BadRow]:
    """Converts a CSV table row by row, without holding it; see `read_cells`."""
    return read_cells(csv_cells(lines, delimiter=mapping.file.delimiter), mapping, now=now)


def read_cells(
    cells: Iterable[Cells], mapping: ImportMap, *, now: datetime
) -> Iterator[TicketRow | BadRow]:
    """Converts a table's rows, the header first.

    Refuses with FILE_UNREADABLE a table that lacks a mapped column, or cannot be read. Faults of
    single rows are given back, never raised.
    """
    numbered = iter(cells)
    _, header = next(numbered, (1, ()))
    names = [name.strip().removeprefix("\ufeff") for name in header]
    convert = _Converter(mapping, names, now=now)
    for number, row in numbered:
        yield convert(number, row)


class _Converter:
    """Holds what is the same for every row of one table."""

    def __init__(self, mapping: ImportMap, header: Sequence[str], *, now: datetime) -> None:
        self.mapping = mapping
        self.width = len(header)
        self.now = now
        self.zone = ZoneInfo(mapping.time.zone)
        self.required = tuple(dict.fromkeys((*ALWAYS_REQUIRED, *mapping.rows.required)))
        self.unknown_points = frozenset(mapping.point.unknown)
        self.seen: dict[str, int] = {}
        lacking = sorted(
            {name for names in mapping.columns.values() for name in names} - set(header)
        )
        if lacking:
            raise refuse(
                Code.FILE_UNREADABLE,
                field="file",
                detail=f"no column {', '.join(lacking)}; there are {', '.join(header)}",
            )
        # The first column of a name counts, as in a spreadsheet.
        places = {name: index for index, name in reversed(list(enumerate(header)))}
        self.places = {
            field: tuple(places[name] for name in names) for field, names in mapping.columns.items()
        }

    def __call__(self, row: int, cells: Sequence[str]) -> TicketRow | BadRow:
        if len(cells) != self.width:
            count = RowNote(row, Cause.CELL_COUNT, value=f"{len(cells)} / {self.width}")
            return BadRow(row, (count,))
        faults: list[RowNote] = []
        texts = self._texts(row, cells, faults)
        times = {name: self._time(row, name, cells, faults) for name in TIME_FIELDS}
        words = {name: self._word(row, name, cells, faults) for name in WORD_FIELDS}
        latitude, longitude = self._point(row, cells, faults)
        given = {**texts, **times, **words, POINT: latitude}
        unread = {fault.column for fault in faults}
        faults += [
            RowNote(row, Cause.MISSING, self._column(name))
            for name in self.required
            if given.get(name) is None and self._column(name) not in unread
        ]
        state: RowState = words["state"] or ("CLOSED" if times["closed_at"] else "OPEN")
        self._check_sense(row, texts, times, state, faults)
        if faults:
            return BadRow(row, tuple(faults))
        return TicketRow(
            row=row,
            texts=texts,
            times=times,
            state=state,
            channel=words["channel"] or self.mapping.ticket.channel,
            category=words["category"],
            latitude=latitude,
            longitude=longitude,
            warnings=tuple(
                RowNote(row, Cause.NO_POINT)
                if name == POINT
                else RowNote(row, Cause.MISSING, self._column(name))
                for name in self.mapping.rows.warned
                if given.get(name) is None
            ),
        )

    def _check_sense(
        self,
        row: int,
        texts: Mapping[str, str | None],
        times: Mapping[str, datetime | None],
        state: RowState,
        faults: list[RowNote],
    ) -> None:
        reported, closed = times["reported_at"], times["closed_at"]
        reference = texts["external_ref"]
        if reference is not None:
            first = self.seen.setdefault(reference, row)
            if first != row:
                column = self._column("external_ref")
                faults.append(RowNote(row, Cause.SAME_ID, column, f"{reference} = {first}"))
        if reported is not None and reported > self.now:
            column = self._column("reported_at")
            faults.append(RowNote(row, Cause.REPORTED_IN_FUTURE, column, reported.isoformat()))
        column = self._column("closed_at")
        if closed is not None and reported is not None and closed < reported:
            faults.append(RowNote(row, Cause.CLOSED_BEFORE_REPORTED, column, closed.isoformat()))
        unread = any(fault.column == column for fault in faults)
        if state != "OPEN" and closed is None and not unread:
            faults.append(RowNote(row, Cause.CLOSED_WITHOUT_TIME, column))

    def _cells(self, name: str, cells: Sequence[str]) -> list[str]:
        return [cells[index].strip() for index in self.places.get(name, ())]

    def _column(self, name: str) -> str:
        if name == POINT:
            name = "latitude"
        return next(iter(self.mapping.columns.get(name, ())), name)

    def _texts(
        self, row: int, cells: Sequence[str], faults: list[RowNote]
    ) -> dict[str, str | None]:
        texts: dict[str, str | None] = {}
        for name in TEXT_FIELDS:
            parts = dict.fromkeys(part for part in self._cells(name, cells) if part)
            text = " · ".join(parts)
            if len(text) > _LONGEST[name]:
                faults.append(RowNote(row, Cause.TOO_LONG, self._column(name), text[:40]))
            texts[name] = text or None
        return texts

    def _time(
        self, row: int, name: str, cells: Sequence[str], faults: list[RowNote]
    ) -> datetime | None:
        text = "".join(self._cells(name, cells))
        if not text:
            return None
        try:
            # The map's format may name an offset; then it goes before the map's zone.
            moment = datetime.strptime(text, self.mapping.time.format)  # noqa: DTZ007
            if moment.year not in _YEARS:
                raise ValueError(text)
        except ValueError:
            faults.append(RowNote(row, Cause.BAD_TIME, self._column(name), text))
            return None
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=self.zone)

    def _word(self, row: int, name: str, cells: Sequence[str], faults: list[RowNote]) -> Any:
        text = "".join(self._cells(name, cells))
        if not text:
            return None
        meaning = getattr(self.mapping.values, name).get(text)
        if meaning is None:
            faults.append(RowNote(row, Cause.UNKNOWN_WORD, self._column(name), text))
        return meaning

    def _point(
        self, row: int, cells: Sequence[str], faults: list[RowNote]
    ) -> tuple[float, float] | tuple[None, None]:
        latitude, longitude = (
            "".join(self._cells(name, cells)) for name in ("latitude", "longitude")
        )
        if not latitude and not longitude:
            return None, None
        try:
            point = float(latitude), float(longitude)
        except ValueError:
            point = None
        if point is None or not (-90 <= point[0] <= 90 and -180 <= point[1] <= 180):
            note = RowNote(row, Cause.BAD_POINT, self._column(POINT), f"{latitude}, {longitude}")
            faults.append(note)
            return None, None
        return (None, None) if point in self.unknown_points else point


def _longest(name: str) -> int:
    if name == "end_note":
        return DESCRIPTION_MOST
    length = getattr(Ticket.__table__.c[name].type, "length", None)
    return length or DESCRIPTION_MOST


_LONGEST = {name: _longest(name) for name in TEXT_FIELDS}

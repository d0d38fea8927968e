"""Tables of technicians, units, materials: headers found by name, cells checked row by row."""

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from typing import Any

from dispatch.domain.errors import Code, refuse
from dispatch.domain.imports import ImportKind
from dispatch.services.import_rows import Cause, RowNote
from dispatch.services.sheets import Cells

Parse = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Column:
    """A field of a table: what its cells mean, and whether one may be empty.

    `parse` raises ValueError for a cell that means nothing; the row is then bad for `cause`.
    """

    field: str
    parse: Parse = str
    is_needed: bool = False
    longest: int = 200
    cause: Cause = Cause.BAD_VALUE


@dataclass(frozen=True, slots=True)
class Row:
    """A good row: its number and the value of each column that is not empty."""

    number: int
    values: Mapping[str, Any]


@dataclass(slots=True)
class Table:
    """A whole table: good rows, faults of the others, and what its columns are called there."""

    rows: list[Row] = field(default_factory=list)
    faults: list[RowNote] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    read: int = 0

    def fault(self, row: int, cause: Cause, name: str, value: str = "") -> None:
        """Notes what is wrong with a row, by the table's own name of the column."""
        self.faults.append(RowNote(row, cause, self.headers.get(name, name), value[:80]))


def read_table(
    cells: Iterable[Cells],
    kind: ImportKind,
    columns: Sequence[Column],
    *,
    key: Sequence[str],
    rows_most: int,
) -> Table:
    """Reads a table of a kind. Refuses with FILE_UNREADABLE one without a needed column; `key`
    names what no two rows may share."""
    table = Table()
    numbered = iter(cells)
    _, header = next(numbered, (1, ()))
    places = _places(header, kind, columns, table)
    seen: dict[tuple[Any, ...], int] = {}
    for number, row in numbered:
        table.read += 1
        if table.read > rows_most:
            raise refuse(Code.FILE_UNREADABLE, field="file", detail=f"> {rows_most} rows")
        values = _values(number, row, columns, places, table)
        if values is None:
            continue
        same = tuple(values.get(name) for name in key)
        first = seen.setdefault(same, number)
        if first != number:
            table.fault(number, Cause.SAME_ID, key[-1], f"{same[-1]} = {first}")
            continue
        table.rows.append(Row(number, values))
    return table


def _places(
    header: Sequence[str], kind: ImportKind, columns: Sequence[Column], table: Table
) -> dict[str, int]:
    """Where each field stands in a row; the first column that bears one of its names."""
    titles = [title.strip().removeprefix("\ufeff").casefold() for title in header]
    names = _shipped()[kind.value.lower()]
    places: dict[str, int] = {}
    for column in columns:
        known = [each.casefold() for each in names[column.field]]
        found = [titles.index(each) for each in known if each in titles]
        if found:
            places[column.field] = found[0]
            table.headers[column.field] = header[found[0]].strip()
        elif column.is_needed:
            raise refuse(
                Code.FILE_UNREADABLE,
                field="file",
                detail=f"{' / '.join(names[column.field])}?",
            )
    return places


def _values(
    number: int,
    row: Sequence[str],
    columns: Sequence[Column],
    places: Mapping[str, int],
    table: Table,
) -> dict[str, Any] | None:
    """The row's values, or None when one of its cells is at fault."""
    before = len(table.faults)
    values: dict[str, Any] = {}
    for column in columns:
        place = places.get(column.field, len(row))
        text = row[place].strip() if place < len(row) else ""
        if not text:
            if column.is_needed:
                table.fault(number, Cause.MISSING, column.field)
            continue
        if len(text) > column.longest:
            table.fault(number, Cause.TOO_LONG, column.field, text)
            continue
        try:
            values[column.field] = column.parse(text)
        except ValueError:
            table.fault(number, column.cause, column.field, text)
    return values if len(table.faults) == before else None


def number_within(least: float, most: float) -> Parse:
    """Cells that hold a number."""

    def parse(text: str) -> float:
        value = float(text)
        if not least <= value <= most:
            raise ValueError(text)
        return value

    return parse


def whole_within(least: int, most: int) -> Parse:
    """Cells that hold a whole number."""

    def parse(text: str) -> int:
        value = int(text)
        if not least <= value <= most:
            raise ValueError(text)
        return value

    return parse


def amount(text: str) -> Decimal:
    """Cells that hold money: up to two decimals, not less than nothing."""
    try:
        value = Decimal(text.replace(",", ""))
    except InvalidOperation:
        raise ValueError(text) from None
    if not value.is_finite() or not 0 <= value < 10**12 or value != round(value, 2):
        raise ValueError(text)
    return round(value, 2)


def day(text: str) -> date:
    """Cells that hold a day, with or without its time."""
    return date.fromisoformat(text[:10].replace("/", "-"))


def word_of(enum: Any, group: str) -> Parse:
    """Cells that hold a word of a closed list, in either language."""

    def parse(text: str) -> Any:
        return enum(_shipped()["words"][group].get(text, text.upper()))

    return parse


@cache
def _shipped() -> dict[str, Any]:
    text = files("dispatch").joinpath("data", "import_columns.toml").read_text("utf-8")
    return tomllib.loads(text)

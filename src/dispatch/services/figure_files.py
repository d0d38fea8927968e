"""Tables of figures as the bytes of files, a piece at a time."""

import csv
import io
import tempfile
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from dispatch.domain.figures.exports import harmless
from dispatch.domain.figures.figure import Unit
from dispatch.services.figure_exports import Cell, Table

_ROWS = 500
_BYTES = 64 * 1024
_IN_MEMORY = 4 * 1024 * 1024
_FORMATS = {Unit.SHARE: "0.0%", Unit.SECONDS: "[h]:mm:ss", Unit.RATIO: "0.000"}
_DAY_S = 24 * 3600


def csv_pieces(table: Table) -> Iterator[bytes]:
    """UTF-8 with a mark at its begin, by which spreadsheets read Chinese as what it is."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    yield b"\xef\xbb\xbf"
    writer.writerow(map(harmless, table.head))
    for number, row in enumerate(table.rows, start=1):
        writer.writerow([harmless(each) if isinstance(each, str) else each for each in row])
        if number % _ROWS == 0:
            yield _taken(text)
    yield _taken(text)


def _taken(text: io.StringIO) -> bytes:
    piece = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return piece


def workbook(table: Table) -> BinaryIO:
    """A workbook as an open file, read from its begin; rows leave memory as they are written.

    Durations are times of a spreadsheet (`[h]:mm:ss`), shares percentages.
    """
    # Only who exports a workbook needs the writer.
    import xlsxwriter

    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 -- read on by the caller
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True})
        formats = [
            book.add_format({"num_format": _FORMATS[unit]}) if unit and unit in _FORMATS else None
            for unit in table.units
        ]
        for column, name in enumerate(table.head):
            sheet.write_string(0, column, name, bold)
        sheet.freeze_panes(1, 0)
        for number, row in enumerate(table.rows, start=1):
            _write(sheet, number, row, table.units, formats)
    file.seek(0)
    return file  # type: ignore[return-value]


def file_pieces(file: BinaryIO) -> Iterator[bytes]:
    """A file a piece at a time; closed at its end."""
    with file:
        while piece := file.read(_BYTES):
            yield piece


def _write(
    sheet: Any,
    number: int,
    row: Sequence[Cell],
    units: Sequence[Unit | None],
    formats: Sequence[Any],
) -> None:
    for column, (cell, unit) in enumerate(zip(row, units, strict=True)):
        if isinstance(cell, str):
            sheet.write_string(number, column, cell)
        elif cell is not None:
            value = cell / _DAY_S if unit is Unit.SECONDS else cell
            sheet.write_number(number, column, value, formats[column])

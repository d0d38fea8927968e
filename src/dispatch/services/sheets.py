"""A file's table as rows of texts: CSV, or the first sheet of a workbook (INT-11)."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from typing import Any

from dispatch.domain.errors import Code, refuse

Cells = tuple[int, Sequence[str]]
"""A row with its number as a spreadsheet counts: the header is row 1."""

_ENCODINGS = ("utf-8-sig", "gb18030")
_WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")


def read_sheet(
    content: bytes,
    file_name: str,
    *,
    delimiter: str = ",",
    time_format: str = "%Y-%m-%d %H:%M:%S",
    unpacked_most: int,
) -> Iterator[Cells]:
    """The rows of a file, known by its name's end; times of a workbook in `time_format`.

    Refuses with FILE_UNREADABLE what is neither, or would unpack to more than `unpacked_most`
    bytes.
    """
    name = file_name.lower()
    if name.endswith(_WORKBOOKS):
        return _workbook(content, time_format=time_format, unpacked_most=unpacked_most)
    if name.endswith(".csv"):
        return csv_cells(_lines(content), delimiter=delimiter)
    raise refuse(
        Code.FILE_UNREADABLE,
        field="file_name",
        allowed=(".csv", *_WORKBOOKS),
        detail=file_name[-40:],
    )


def csv_cells(lines: Iterable[str], *, delimiter: str) -> Iterator[Cells]:
    """The rows of a CSV text, one by one, empty ones left out."""
    table = csv.reader(lines, delimiter=delimiter, strict=True)
    number = 0
    try:
        for cells in table:
            number += 1
            _refuse_nul(number, cells)
            if cells or number == 1:
                yield number, cells
    except (csv.Error, UnicodeDecodeError) as error:
        raise _unreadable(f"row {number + 1}: {error}") from error


def _lines(content: bytes) -> Iterable[str]:
    for encoding in _ENCODINGS:
        try:
            return io.StringIO(content.decode(encoding), newline="")
        except UnicodeDecodeError:
            continue
    raise _unreadable("UTF-8 / GB 18030")


def _workbook(content: bytes, *, time_format: str, unpacked_most: int) -> Iterator[Cells]:
    # Only who imports a workbook needs the reader.
    from python_calamine import CalamineError, CalamineWorkbook

    _refuse_bomb(content, most=unpacked_most)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (CalamineError, OSError, IndexError, ValueError) as error:
        raise _unreadable(str(error)[:200]) from error
    for number, row in enumerate(rows, start=1):
        cells = [_text(value, time_format) for value in row]
        _refuse_nul(number, cells)
        if number == 1 or any(cells):
            yield number, cells


def _refuse_bomb(content: bytes, *, most: int) -> None:
    """A workbook is a zip: a small one may unpack to more than the machine holds."""
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        size = sum(each.file_size for each in packed.infolist())
    if size > most:
        raise _unreadable(f"{size} > {most} bytes")


def _text(value: Any, time_format: str) -> str:
    """A cell as a person would write it into a CSV."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.strftime(time_format)
    if isinstance(value, date | time):
        return value.isoformat()
    return "" if value is None else str(value).strip()


def _refuse_nul(row: int, cells: Sequence[str]) -> None:
    # PostgreSQL keeps no NUL in a text.
    if any("\x00" in cell for cell in cells):
        raise _unreadable(f"row {row}: NUL")


def _unreadable(detail: str) -> Exception:
    return refuse(Code.FILE_UNREADABLE, field="file", detail=detail)

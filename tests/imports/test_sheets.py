"""Files as rows of texts."""

from __future__ import annotations

from datetime import datetime

import pytest

from dispatch.domain.errors import Code, Refused
from dispatch.services.sheets import read_sheet
from tests.imports.workbooks import workbook

MOST = 10_000_000


def rows(content: bytes, name: str) -> list[tuple[int, list[str]]]:
    read = read_sheet(content, name, time_format="%Y/%m/%d %H:%M", unpacked_most=MOST)
    return [(number, list(cells)) for number, cells in read]


@pytest.mark.rule("INT-11")
def test_a_workbook_reads_like_the_csv_a_person_would_write() -> None:
    at = datetime(2026, 11, 20, 9, 30)  # noqa: DTZ001 -- as it stands in the cell
    book = workbook(["房号", "数", "时间"], ["101", 3, at], ["", "", ""], ["1-102", 2.5, "x"])
    assert rows(book, "表.XLSX") == [
        (1, ["房号", "数", "时间"]),
        (2, ["101", "3", "2026/11/20 09:30"]),
        (4, ["1-102", "2.5", "x"]),
    ]


@pytest.mark.rule("INT-11")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_is_read_in_the_encodings_that_chinese_offices_write(encoding: str) -> None:
    content = "房号,住户\r\n101,王芳\r\n\r\n102,李雷\r\n".encode(encoding)
    assert rows(content, "a.csv") == [
        (1, ["房号", "住户"]),
        (2, ["101", "王芳"]),
        (4, ["102", "李雷"]),
    ]


@pytest.mark.rule("INT-11")
@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"a,b", "a.pdf"),
        (b"a,b", "a.xlsx"),
        (b"PK\x03\x04 torn", "a.xlsx"),
        (b"a,b\n\xff\xff", "a.csv"),
        (b'a,b\n"x', "a.csv"),
        (b"a,b\nx\x00,1", "a.csv"),
        (workbook(["x" * 100_000]), "bomb.xlsx"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(content: bytes, name: str) -> None:
    most = 50_000 if name == "bomb.xlsx" else MOST
    with pytest.raises(Refused) as error:
        list(read_sheet(content, name, unpacked_most=most))
    assert error.value.refusals[0].code is Code.FILE_UNREADABLE

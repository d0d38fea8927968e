"""Rows of a table: what is read from a good one, and every way to be bad, by number and column."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dispatch.domain.errors import Code, Refused
from dispatch.domain.tickets import Channel
from dispatch.services.import_rows import BadRow, Cause, TicketRow, read_rows
from tests.imports.tables import MAP, campus_map, rows, table

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def read(*changes: dict[str, str], text: str = MAP) -> list[TicketRow | BadRow]:
    return list(read_rows(table(rows(*changes)), campus_map(text), now=NOW))


def good(row: TicketRow | BadRow) -> TicketRow:
    assert isinstance(row, TicketRow), row
    return row


def faults(row: TicketRow | BadRow) -> list[tuple[Cause, str, str]]:
    assert isinstance(row, BadRow), row
    return [(fault.cause, fault.column, fault.value) for fault in row.faults]


def test_a_row_is_read_whole() -> None:
    row = good(read({})[0])
    assert row.row == 2
    assert row.external_ref == "C-1"
    # 09:30 in Shanghai.
    assert row.times["reported_at"] == datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
    assert row.times["closed_at"] is None
    assert (row.state, row.channel, row.category) == ("OPEN", Channel.PHONE, "tap_leak")
    assert row.texts["description"] == "Tap drips · tap"
    assert row.texts["requester_name"] is None
    assert (row.latitude, row.longitude) == (31.31, 120.61)
    assert row.warnings == ()


def test_joined_columns_do_not_repeat_themselves() -> None:
    assert good(read({"title": "tap"})[0]).texts["description"] == "tap"


@pytest.mark.parametrize(
    ("change", "cause", "column", "value"),
    [
        ({"opened": "20 Nov"}, Cause.BAD_TIME, "opened", "20 Nov"),
        ({"opened": "0001/01/01 00:00"}, Cause.BAD_TIME, "opened", "0001/01/01 00:00"),
        ({"due": "2026/02/30 10:00"}, Cause.BAD_TIME, "due", "2026/02/30 10:00"),
        ({"opened": ""}, Cause.MISSING, "opened", ""),
        ({"id": " "}, Cause.MISSING, "id", ""),
        ({"title": "", "type": ""}, Cause.MISSING, "title", ""),
        ({"type": "roof"}, Cause.UNKNOWN_WORD, "type", "roof"),
        ({"by": "pigeon"}, Cause.UNKNOWN_WORD, "by", "pigeon"),
        ({"status": "?"}, Cause.UNKNOWN_WORD, "status", "?"),
        ({"status": "done"}, Cause.CLOSED_WITHOUT_TIME, "closed", ""),
        (
            {"status": "done", "closed": "2026/11/19 10:00"},
            Cause.CLOSED_BEFORE_REPORTED,
            "closed",
            "2026-11-19T10:00:00+08:00",
        ),
        (
            {"opened": "2027/01/01 00:00"},
            Cause.REPORTED_IN_FUTURE,
            "opened",
            "2027-01-01T00:00:00+08:00",
        ),
        ({"lat": "north"}, Cause.BAD_POINT, "lat", "north, 120.61"),
        ({"lat": ""}, Cause.BAD_POINT, "lat", ", 120.61"),
        ({"lat": "91"}, Cause.BAD_POINT, "lat", "91, 120.61"),
        ({"lat": "nan"}, Cause.BAD_POINT, "lat", "nan, 120.61"),
        ({"id": "x" * 121}, Cause.TOO_LONG, "id", "x" * 40),
    ],
)
def test_each_fault_has_its_cause_and_column(
    change: dict[str, str], cause: Cause, column: str, value: str
) -> None:
    # The row before it is good and stays so.
    first, second = read({}, change)
    good(first)
    assert second.row == 3
    assert faults(second) == [(cause, column, value)]


def test_one_row_can_have_several_faults() -> None:
    causes = {cause for cause, _, _ in faults(read({"opened": "?", "type": "roof", "lat": "x"})[0])}
    assert causes == {Cause.BAD_TIME, Cause.UNKNOWN_WORD, Cause.BAD_POINT}


def test_an_id_that_stands_twice_names_the_first() -> None:
    _, second = read({"id": "A"}, {"id": "A"})
    assert faults(second) == [(Cause.SAME_ID, "id", "A = 2")]


def test_a_row_without_point_or_type_warns_only() -> None:
    no_point, no_type = read({"lat": "", "lon": ""}, {"type": ""})
    assert [note.cause for note in good(no_point).warnings] == [Cause.NO_POINT]
    assert [(note.cause, note.column) for note in good(no_type).warnings] == [
        (Cause.MISSING, "type")
    ]


def test_a_point_that_stands_for_unknown_is_none() -> None:
    row = good(read({"lat": "31.0", "lon": "120.0"})[0])
    assert row.latitude is None
    assert [note.cause for note in row.warnings] == [Cause.NO_POINT]


def test_the_map_decides_what_is_required() -> None:
    text = MAP + '\n[rows]\nrequired = ["category", "point"]\nwarned = ["location_text"]\n'
    bad, warned = read({"type": "", "lat": "", "lon": ""}, {"address": ""}, text=text)
    assert [column for _, column, _ in faults(bad)] == ["type", "lat"]
    assert [note.column for note in good(warned).warnings] == ["address"]


def test_cells_too_few_are_told() -> None:
    lines = [*table(rows({})), "C-9,2026/11/20 09:30\r\n"]
    *_, last = read_rows(lines, campus_map(), now=NOW)
    assert faults(last) == [(Cause.CELL_COUNT, "", "2 / 12")]


def test_a_cell_may_hold_lines_and_numbers_stay_those_of_a_spreadsheet() -> None:
    first, second = read({"title": "Tap\nand sink"}, {"opened": "?"})
    assert good(first).texts["description"] == "Tap\nand sink · tap"
    assert second.row == 3


def test_a_missing_column_refuses_the_table() -> None:
    lines = table(rows({}))
    lines[0] = lines[0].replace("opened", "open")
    with pytest.raises(Refused) as refused:
        list(read_rows(lines, campus_map(), now=NOW))
    assert refused.value.refusals[0].code is Code.FILE_UNREADABLE
    assert "no column opened" in refused.value.refusals[0].params["detail"]


def test_a_mark_of_byte_order_before_the_header_is_no_part_of_it() -> None:
    lines = table(rows({}))
    lines[0] = "\ufeff" + lines[0]
    good(next(read_rows(lines, campus_map(), now=NOW)))


def test_an_unclosed_quote_refuses_the_table() -> None:
    with pytest.raises(Refused) as refused:
        list(read_rows([*table(rows({})), '"C-9,2026'], campus_map(), now=NOW))
    assert refused.value.refusals[0].code is Code.FILE_UNREADABLE


def test_an_empty_table_lacks_its_columns() -> None:
    with pytest.raises(Refused) as refused:
        list(read_rows([], campus_map(), now=NOW))
    assert refused.value.refusals[0].code is Code.FILE_UNREADABLE


def test_text_that_no_database_keeps_names_its_row() -> None:
    with pytest.raises(Refused) as error:
        read({}, {"title": "tap\x00"})
    (refusal,) = error.value.refusals
    assert refusal.code is Code.FILE_UNREADABLE
    assert "row 3" in refusal.params["detail"]

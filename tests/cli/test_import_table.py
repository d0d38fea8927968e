"""`dispatch import table`, as somebody at a terminal meets it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.imports.tables import rows
from tests.imports.workbooks import workbook

HEADER = ("楼栋", "房号", "业主", "电话")


@pytest.mark.rule("INT-11")
def test_units_come_in_tried_first_then_whole(
    dispatch: Run, campus: Path, write: object, tmp_path: Path
) -> None:
    ticket = write(rows({}))  # type: ignore[operator]
    made = dispatch("import", "tickets", ticket, "--map", campus, "--site", "n", "--create-site")
    assert made.exit_code == 0, made.output
    book = tmp_path / "units.xlsx"
    book.write_bytes(workbook(HEADER, ("8 幢", "101", "王芳", "138"), ("8 幢", "", "", "")))
    command = ("import", "table", "units", book, "--site", "n")
    bad = dispatch(*command)
    assert bad.exit_code == 1
    assert "row 3 · 房号 · is empty" in bad.output
    book.write_bytes(workbook(HEADER, ("8 幢", "101", "王芳", "138"), ("8 幢", "102", "", "")))
    tried = dispatch(*command, "--dry-run")
    assert "would import 2 of 2 rows" in tried.output, tried.output
    done = dispatch(*command)
    assert "Imported into n: 2 of 2 rows" in done.output, done.output
    again = dispatch(*command)
    assert "Already there and left as they are: 2." in again.output
    other = dispatch("import", "table", "houses", book, "--site", "n")
    assert other.exit_code == 2

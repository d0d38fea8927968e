"""`dispatch import tickets`, as somebody at a terminal meets it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from dispatch.commands.imports import ranges
from dispatch.store.engine import Store
from dispatch.store.sites import Organization, Site
from dispatch.store.tickets import Ticket
from tests.cli.conftest import Run
from tests.imports.tables import rows

Write = Callable[..., Path]


async def count(url: str) -> dict[str, int]:
    store = Store(url)
    try:
        async with store.reading() as session:
            return {
                each.__tablename__: (
                    await session.execute(select(func.count()).select_from(each))
                ).scalar_one()
                for each in (Organization, Site, Ticket)
            }
    finally:
        await store.close()


def test_a_file_comes_in_whole_with_its_site_and_once(
    dispatch: Run, campus: Path, write: Write
) -> None:
    path = write(rows({}, {"lat": "", "lon": ""}, {"type": ""}, {"lat": "", "lon": ""}))
    first = dispatch("import", "tickets", path, "--map", campus, "--site", "north", "--create-site")
    assert first.exit_code == 0, first.output
    assert "Site made: north, North campus (Asia/Shanghai)" in first.output
    assert "4 of 4 rows" in first.output
    assert "2 rows · — · no point: cannot be planned until somebody sets one: 3, 5" in first.output
    assert "1 rows · type · is empty: 4" in first.output
    again = dispatch("import", "tickets", path, "--map", campus, "--site", "north")
    assert again.exit_code == 0, again.output
    assert "Nothing changed: all 4 rows are already there." in again.output


async def test_bad_rows_are_named_and_nothing_is_written(
    dispatch: Run, campus: Path, write: Write, database_url: str
) -> None:
    path = write(rows({}, {"opened": "soon"}, {"type": "roof", "lat": "x"}))
    arguments = ("import", "tickets", path, "--map", campus, "--site", "north", "--create-site")
    result = await asyncio.to_thread(dispatch, *arguments)
    assert result.exit_code == 1
    assert "row 3 · opened · is no time of the map's format: soon" in result.output
    assert "row 4 · type · the map does not know the word roof" in result.output
    assert "row 4 · lat · is no point on earth: x, 120.61" in result.output
    assert "Nothing was imported. Rows with faults: 2." in result.output
    assert "What to do:" in result.output
    assert "Traceback" not in result.output
    assert await count(database_url) == {"organization": 0, "site": 0, "ticket": 0}


async def test_a_dry_run_checks_and_writes_nothing(
    dispatch: Run, campus: Path, write: Write, database_url: str
) -> None:
    arguments = ("--map", campus, "--site", "north", "--create-site", "--dry-run")
    result = await asyncio.to_thread(dispatch, "import", "tickets", write(rows({})), *arguments)
    assert result.exit_code == 0, result.output
    assert "nothing was written. It would import 1 of 1 rows into north" in result.output
    assert await count(database_url) == {"organization": 0, "site": 0, "ticket": 0}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_missing_is_told_with_what_to_do(
    dispatch: Run, campus: Path, write: Write, tmp_path: Path
) -> None:
    path = write(rows({}))
    no_site = dispatch("import", "tickets", path, "--map", campus, "--site", "south")
    assert no_site.exit_code == 1
    assert "There is no site south" in no_site.output
    assert "--create-site" in no_site.output
    no_map = dispatch("import", "tickets", path, "--map", "nope", "--site", "south")
    assert no_map.exit_code == 1
    assert "There is no map nope. Shipped: boston311" in no_map.output
    no_file = dispatch("import", "tickets", tmp_path / "no.csv", "--map", campus, "--site", "x")
    assert no_file.exit_code == 1
    assert "no.csv" in no_file.output
    campus.write_text(campus.read_text().replace('format = "%Y', 'fromat = "%Y'))
    bad_map = dispatch("import", "tickets", path, "--map", campus, "--site", "south")
    assert bad_map.exit_code == 1
    assert "map.time.fromat" in bad_map.output
    assert "correct its spelling" in bad_map.output


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_chinese_terminal_is_answered_in_chinese(
    dispatch: Run, campus: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    path = write(rows({"opened": "soon"}))
    result = dispatch(
        "import", "tickets", path, "--map", campus, "--site", "north", "--create-site"
    )
    assert result.exit_code == 1
    assert "第 2 行 · opened · 时间不符合对照表的格式： soon" in result.output
    assert "处理办法：" in result.output


def test_numbers_are_told_in_few_characters() -> None:
    assert ranges([9, 3, 7, 8]) == "3, 7–9"
    assert ranges([]) == ""

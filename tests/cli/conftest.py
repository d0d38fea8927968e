"""The command line on a database of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from dispatch.cli import main
from tests.imports.tables import MAP, table

Run = Callable[..., Result]

SITE = """
[site]
name = "North campus"
kind = "CAMPUS"
latitude = 31.31
longitude = 120.61
"""


@pytest.fixture
def dispatch(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in English on the test's database."""
    monkeypatch.setenv("DISPATCH_DATABASE_URL", database_url)
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(main, [str(each) for each in arguments])

    return run


@pytest.fixture
def campus(tmp_path: Path) -> Path:
    """The map of a campus whose site can be made from it."""
    path = tmp_path / "campus.toml"
    path.write_text(MAP.replace("[time]", SITE + "\n[time]", 1), encoding="utf-8")
    return path


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes rows as a CSV file."""

    def to_file(given: list[dict[str, str]], name: str = "requests.csv") -> Path:
        path = tmp_path / name
        path.write_text("".join(table(given)), encoding="utf-8", newline="")
        return path

    return to_file

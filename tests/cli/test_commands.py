"""The other commands: help, database, schema, token, plan."""

from __future__ import annotations

import random
import re
import string
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from dispatch.commands.teams import draw_team, shares
from dispatch.commands.words import command_texts
from dispatch.domain.triage import Priority
from dispatch.services.import_rows import Cause
from dispatch.store.work_orders import WorkOrder
from tests.cli.conftest import Run
from tests.imports.tables import rows

Write = Callable[..., Path]
ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@ONE
def test_help_lists_every_command(dispatch: Run) -> None:
    listed = dispatch("--help").output
    for name in (
        "serve",
        "worker",
        "migrate",
        "demo",
        "import",
        "classify",
        "plan",
        "schema",
        "token",
        "version",
    ):
        assert re.search(rf"^\W*{name}\s+\w", listed, re.MULTILINE), name


@ONE
def test_an_unknown_option_is_a_wrong_usage(dispatch: Run) -> None:
    assert dispatch("plan", "--sight", "x").exit_code == 2


@ONE
def test_a_fresh_database_is_migrated(
    dispatch: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "fresh.db"
    monkeypatch.setenv("DISPATCH_DATABASE_URL", f"sqlite+aiosqlite:///{path}")
    result = dispatch("migrate")
    assert result.exit_code == 0, result.output
    assert "newest tables" in result.output
    assert path.stat().st_size > 0


@ONE
def test_a_database_out_of_reach_is_told_without_a_trace(
    dispatch: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPATCH_DATABASE_URL", "postgresql+psycopg://x:secret@127.0.0.1:1/none")
    result = dispatch("token", "desk")
    assert result.exit_code == 1
    assert "The database cannot be used" in result.output
    assert "Traceback" not in result.output
    assert "secret" not in result.output


@ONE
@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("DISPATCH_DATABASE_URL", "mysql://x:secret@nowhere/none", "must begin with sqlite"),
        ("DISPATCH_PORT", "eight", "DISPATCH_PORT: Input should be a valid integer"),
    ],
)
def test_a_wrong_setting_is_told_by_name(
    dispatch: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(name, value)
    result = dispatch("migrate")
    assert result.exit_code == 1
    assert told in result.output
    assert "Correct the environment" in result.output
    assert "secret" not in result.output


@ONE
def test_what_is_no_database_is_told(
    dispatch: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to look like one at the first glance")
    monkeypatch.setenv("DISPATCH_DATABASE_URL", f"sqlite+aiosqlite:///{path}")
    result = dispatch("migrate")
    assert result.exit_code == 1
    assert "The database cannot be used: file is not a database" in result.output


@ONE
def test_a_place_that_cannot_be_written_is_told(dispatch: Run, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("a file, not a folder")
    for command in (("demo", "--once", "--folder", taken), ("schema", "--out", taken / "sdl")):
        result = dispatch(*command)
        assert result.exit_code == 1
        assert f"{taken} cannot be used" in result.output


@ONE
def test_the_schema_is_written_and_checked(dispatch: Run, tmp_path: Path) -> None:
    path = tmp_path / "schema.graphql"
    assert dispatch("schema", "--check", "--out", path).exit_code == 1
    assert dispatch("schema", "--out", path).exit_code == 0
    assert dispatch("schema", "--check", "--out", path).exit_code == 0
    path.write_text(path.read_text().replace("type Query", "type Quest"))
    drifted = dispatch("schema", "--check", "--out", path)
    assert drifted.exit_code == 1
    assert "differs from the code" in drifted.output


@ONE
def test_a_token_needs_a_user(dispatch: Run) -> None:
    result = dispatch("token", "nobody")
    assert result.exit_code == 1
    assert "There is no user nobody." in result.output


def test_a_day_is_planned_for_a_generated_team(dispatch: Run, campus: Path, write: Write) -> None:
    changes = [{"lat": f"31.3{n}", "type": "tap" if n % 2 else "desk"} for n in range(6)]
    path = write(rows(*changes, {"lat": "", "lon": ""}))
    imported = dispatch(
        "import", "tickets", path, "--map", campus, "--site", "north", "--create-site"
    )
    assert imported.exit_code == 0, imported.output
    nobody = dispatch("plan", "--site", "north", "--day", "2026-11-20")
    assert nobody.exit_code == 1
    assert "--team" in nobody.output
    day = ("--day", "2026-11-20", "--team", 3, "--seconds", 1)
    planned = dispatch("plan", "--site", "north", *day)
    assert planned.exit_code == 0, planned.output
    assert "a team of 3 was generated (seed 1): " in planned.output
    assert "2026-11-20 is past" in planned.output
    assert "6 of 7 orders placed" in planned.output
    assert "NO_POINT" in planned.output
    again = dispatch("plan", "--site", "north", *day)
    assert "The site has 3 technicians" in again.output
    published = dispatch("plan", "--site", "north", *day, "--publish")
    assert published.exit_code == 1
    assert "This day is over" in published.output


@ONE
def test_a_plan_needs_a_site_and_a_day(dispatch: Run) -> None:
    no_site = dispatch("plan", "--site", "north")
    assert no_site.exit_code == 1
    assert "There is no site north" in no_site.output
    no_day = dispatch("plan", "--site", "north", "--day", "tomorrow")
    assert no_day.exit_code == 1
    assert "tomorrow is no day." in no_day.output


def _orders() -> list[WorkOrder]:
    rng = random.Random(5)
    trades = ["electrical"] * 30 + ["plumbing"] * 9 + ["gas"]
    return [
        WorkOrder(
            trade=trade,
            level=1 + n % 3,
            duration_s=3600,
            crew_size=1,
            priority=Priority.NORMAL,
            latitude=31 + rng.random() / 10,
            longitude=120 + rng.random() / 10,
        )
        for n, trade in enumerate(trades)
    ]


def test_a_team_mirrors_the_work() -> None:
    team = draw_team(_orders(), size=20, seed=1)
    assert Counter(member.trade for member in team) == {
        "electrical": 15,
        "plumbing": 4,
        "gas": 1,
    }
    best = {member.trade: 0 for member in team}
    for member in team:
        best[member.trade] = max(best[member.trade], member.skills[0].level)
    # Whoever is best in a trade can do its hardest order.
    assert best == {"electrical": 3, "plumbing": 3, "gas": 1}
    assert all(30.9 < member.latitude < 31.2 for member in team)


def test_a_team_is_the_same_for_the_same_seed() -> None:
    assert draw_team(_orders(), size=20, seed=1) == draw_team(_orders(), size=20, seed=1)
    assert draw_team(_orders(), size=20, seed=1) != draw_team(_orders(), size=20, seed=2)


def test_a_small_team_has_the_trades_with_most_work() -> None:
    assert shares({"a": 5.0, "b": 3.0, "c": 1.0}, 2) == {"a": 1, "b": 1}
    assert shares({}, 3) == {}
    assert sum(shares({"a": 5.0, "b": 3.0, "c": 1.0}, 50).values()) == 50


def test_every_text_is_there_in_both_languages() -> None:
    chinese, english = command_texts("zh-CN"), command_texts("en")
    for group in ("commands", "causes"):
        assert set(chinese[group]) == set(english[group])
        for name, text in english[group].items():
            assert _placeholders(text) == _placeholders(chinese[group][name]), name
    assert set(english["causes"]) == {cause.value for cause in Cause}


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}

"""The reading of docs/rules.md and the report of what tests prove."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools import rules

ROOT = Path(__file__).parents[2]
TESTS = """
import pytest

@pytest.mark.rule("GRAB-1", "GRAB-2")
def test_passes(): pass

@pytest.mark.rule("GRAB-2")
def test_fails(): raise AssertionError

@pytest.mark.rule("GRAB-3")
def test_skipped(): pytest.skip("not today")

@pytest.mark.rule("GRAB-4")
@pytest.mark.parametrize("side", ["sqlite", "postgresql"])
def test_both(side): pass

@pytest.fixture
def broken():
    yield
    raise RuntimeError("tear-down")

@pytest.mark.rule("GRAB-5")
def test_tear_down_fails(broken): pass

def test_unmarked(): pass
"""


def run_pytest(folder: Path, source: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_marked.py").write_text(source)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.support.rules_plugin"]
    command += ["-c", str(ROOT / "pyproject.toml"), "--rootdir", str(folder), str(folder)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [*command, *arguments], capture_output=True, text=True, env=environment, check=False
    )


@pytest.mark.parametrize("processes", ["0", "2"])
def test_a_rule_is_carried_by_a_passing_test_and_no_failing_one(tmp_path: Path, processes: str):
    results = tmp_path / "out" / "results.json"
    done = run_pytest(tmp_path, TESTS, "--rules-report", str(results), "-n", processes)
    assert done.returncode == 1, done.stdout + done.stderr
    found = json.loads(results.read_text())
    assert rules.carried(found) == {"GRAB-1", "GRAB-4"}
    assert len(found["GRAB-4"]["passed"]) == 2
    assert found["GRAB-3"] == {"passed": [], "failed": []}


def test_a_mark_with_an_unknown_rule_stops_the_run(tmp_path: Path):
    source = TESTS.replace("GRAB-3", "GRAB-999")
    done = run_pytest(tmp_path, source)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "GRAB-999" in done.stdout + done.stderr


def test_every_rule_of_the_page_is_read():
    found = rules.read_rules()
    rows = [line for line in rules.RULES.read_text().splitlines() if line.startswith("| ")]
    headings = [line for line in rows if line.startswith("| id ")]
    assert len(found) == len(rows) - len(headings)
    assert found["GRAB-2"].startswith("Of any number of simultaneous grabs")


def test_the_report_names_what_is_open_and_ends_with_the_sum():
    lines = rules.report({"A-1": "one", "B-2": "two " * 60, "C-3": "three"}, {"A-1"})
    assert lines[0].startswith("B-2 two two")
    assert len(lines[0]) <= rules.WIDTH
    assert lines[1:] == ["C-3 three", "covered 1 of 3"]


def test_results_are_stale_when_anything_they_speak_of_changed(tmp_path: Path):
    results, source = tmp_path / "results.json", tmp_path / "src"
    source.mkdir()
    (source / "tickets.py").touch()
    assert not rules.is_fresh(results, [source])
    results.touch()
    os.utime(source / "tickets.py", (1, 1))
    assert rules.is_fresh(results, [source])
    os.utime(results, (0, 0))
    assert not rules.is_fresh(results, [source])

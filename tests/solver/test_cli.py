"""The command, as a user runs it."""

import json
from pathlib import Path

import jsonschema
import pytest
from typer.testing import CliRunner

from dispatch_solver import schema
from dispatch_solver.cli import app
from tests.solver.days import rich_day

RUN = CliRunner()


@pytest.fixture
def problem_file(tmp_path: Path) -> Path:
    path = tmp_path / "problem.json"
    path.write_text(json.dumps(rich_day(4, 12, 1).to_json()), "utf-8")
    return path


def test_solve_then_check(problem_file: Path) -> None:
    out = problem_file.with_name("plan.json")
    args = ["solve", str(problem_file), "--seconds", "0.5", "--seed", "1", "--out", str(out)]
    result = RUN.invoke(app, args)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["seconds"] > 0
    plan = json.loads(out.read_text("utf-8"))
    jsonschema.validate(plan, schema.published("plan"))
    assert RUN.invoke(app, ["check", str(problem_file), str(out)]).exit_code == 0

    plan["routes"][0]["start"] = 0
    plan["terms"]["cost"] = 1.0
    out.write_text(json.dumps(plan), "utf-8")
    result = RUN.invoke(app, ["check", str(problem_file), str(out)])
    assert result.exit_code == 1
    assert "TERM" in {found["code"] for found in json.loads(result.stdout)}


def test_a_plan_goes_to_stdout_and_can_start_the_next(problem_file: Path) -> None:
    first = RUN.invoke(app, ["solve", str(problem_file), "--seconds", "0.3"])
    warm = problem_file.with_name("warm.json")
    warm.write_text(first.stdout, "utf-8")
    again = RUN.invoke(app, ["solve", str(problem_file), "--seconds", "0.3", "--warm", str(warm)])
    assert again.exit_code == 0
    assert json.loads(again.stdout)["routes"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"places": 1}', "\ufffd", "[" * 100_000])
def test_what_is_no_problem_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text, "utf-8")
    result = RUN.invoke(app, ["solve", str(path)])
    assert result.exit_code == 2
    assert set(json.loads(result.stderr)) & {"error", "faults"}


def test_a_missing_file_and_an_unknown_engine_are_refused(problem_file: Path) -> None:
    assert RUN.invoke(app, ["solve", "nowhere.json"]).exit_code == 2
    assert RUN.invoke(app, ["solve", str(problem_file), "--engine", "magic"]).exit_code == 2


@pytest.mark.parametrize("name", schema.NAMES)
def test_the_schemas_are_printed(name: str) -> None:
    assert json.loads(RUN.invoke(app, ["schema", name]).stdout) == schema.published(name)
    assert RUN.invoke(app, ["schema", "nothing"]).exit_code == 2

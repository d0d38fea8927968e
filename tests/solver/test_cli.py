"""The command, as a user runs it."""

import io
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from rich.console import Console
from typer.testing import CliRunner

from dispatch_solver import Place, Plan, Problem, insert, schema
from dispatch_solver.cli import app
from dispatch_solver.cli_io import table_of
from dispatch_solver.cli_live import PLACE, place_row
from dispatch_solver.compiled import available
from dispatch_solver.search.team import STEPS, STEPS_PER_PAIR
from tests.solver.days import day, rich_day

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


@pytest.mark.skipif(not available(), reason="threads are those of compiled code")
def test_threads_search_side_by_side(tmp_path: Path) -> None:
    path = tmp_path / "problem.json"
    path.write_text(json.dumps(day(2, 4, 1).to_json()), "utf-8")
    steps = []
    for threads in ("1", "2"):
        result = RUN.invoke(app, ["solve", str(path), "--seconds", "20", "--threads", threads])
        steps.append(json.loads(result.stdout)["iterations"])
    enough = STEPS + STEPS_PER_PAIR * 4**2
    assert enough <= steps[0] < 2 * enough <= steps[1]


def test_a_plan_can_say_how_far_from_the_best_it_is_at_most(problem_file: Path) -> None:
    args = ["solve", str(problem_file), "--seconds", "0.3"]
    assert "gap" not in json.loads(RUN.invoke(app, args).stdout)
    result = RUN.invoke(app, [*args, "--bound-seconds", "3"])
    assert result.exit_code == 0, result.output
    plan = json.loads(result.stdout)
    jsonschema.validate(plan, schema.published("plan"))
    assert 0.0 <= plan["gap"] <= 1.0


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


@pytest.fixture
def plan_file(problem_file: Path) -> Path:
    """A plan that leaves something out, so that there is something to ask."""
    out = problem_file.with_name("plan.json")
    args = ["solve", str(problem_file), "--seconds", "0.3", "--engine", "construct"]
    assert RUN.invoke(app, [*args, "--out", str(out)]).exit_code == 0
    return out


def answered(command: str, *args: object) -> Any:
    result = RUN.invoke(app, [command, *map(str, args)])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_insert_answers_like_the_library(problem_file: Path, plan_file: Path) -> None:
    task = Problem.from_json(json.loads(problem_file.read_text("utf-8")))
    plan = Plan.from_json(json.loads(plan_file.read_text("utf-8")))
    for visit in task.visits:
        told = answered("insert", problem_file, plan_file, visit.id, "--most", 3, "--json")
        places = insert(task, plan, visit.id, most=3)
        assert [(p["technician"], p["start"]) for p in told] == [
            (p.technician, p.start) for p in places
        ]


def test_a_caller_comes_as_a_file(problem_file: Path, plan_file: Path) -> None:
    caller = problem_file.with_name("caller.json")
    caller.write_text(json.dumps({"id": "new", "place": "p1", "duration": 600}), "utf-8")
    assert answered("insert", problem_file, plan_file, caller)
    found = answered("slots", problem_file, plan_file, caller, "--length", 3600, "--most", 50)
    spans = [(slot["window"]["start"], slot["window"]["end"]) for slot in found]
    assert len(set(spans)) == len(spans) > 3
    assert all(end - start == 3599 for start, end in spans)
    told = answered("slots", problem_file, plan_file, caller, "--window", "43200-46800")
    assert [slot["window"] for slot in told] == [{"start": 43200, "end": 46800}]

    caller.write_text(json.dumps({"id": "new", "place": "nowhere", "duration": -1}), "utf-8")
    result = RUN.invoke(app, ["insert", str(problem_file), str(plan_file), str(caller)])
    assert result.exit_code == 2
    assert "OUT_OF_RANGE" in result.stderr


def test_why_not_names_reason_and_technicians(problem_file: Path, plan_file: Path) -> None:
    task = json.loads(problem_file.read_text("utf-8"))
    task["visits"][3] |= {"needs": [{"skills": {"no such trade": 1}}], "pinned": None}
    problem_file.write_text(json.dumps(task), "utf-8")
    name = task["visits"][3]["id"]
    told = answered("why-not", problem_file, plan_file, name)
    assert (told["visit"], told["code"]) == (name, "NO_TRADE")
    result = RUN.invoke(app, ["why-not", str(problem_file), str(plan_file), "nothing"])
    assert result.exit_code == 2
    assert "nothing" in result.stderr


def test_a_plan_is_repaired(problem_file: Path, plan_file: Path) -> None:
    task = json.loads(problem_file.read_text("utf-8"))
    caller = {"id": "new", "place": "p1", "duration": 600, "priority": 4}
    task["visits"].append(caller)
    problem_file.write_text(json.dumps(task), "utf-8")
    out = plan_file.with_name("repaired.json")
    args = ["repair", str(problem_file), str(plan_file), "--seconds", "0.5", "--out", str(out)]
    assert RUN.invoke(app, args).exit_code == 0
    served = {s["visit"] for r in json.loads(out.read_text("utf-8"))["routes"] for s in r["stops"]}
    before = json.loads(plan_file.read_text("utf-8"))
    assert served >= {s["visit"] for r in before["routes"] for s in r.get("stops", [])} | {"new"}
    assert RUN.invoke(app, ["check", str(problem_file), str(out)]).exit_code == 0


def test_a_window_in_other_words_is_refused(problem_file: Path, plan_file: Path) -> None:
    args = ["slots", str(problem_file), str(plan_file), "v1", "--window", "noon"]
    result = RUN.invoke(app, args)
    assert result.exit_code == 2
    assert "START-END" in result.output


def test_a_person_at_a_terminal_gets_a_table() -> None:
    place = Place("ann", "day", 0, 34_200, 0.0, 120.0, others=(("bob", "day", 1, 34_200),))
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(table_of(PLACE, [place_row(place)], title="tap: 1 places"))
    shown = console.export_text()
    assert "ann, bob" in shown
    assert "09:30" in shown
    assert "+120" in shown

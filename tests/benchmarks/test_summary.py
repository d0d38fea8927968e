"""Medians, ratios, what is lost, and the shape of tables and files."""

import io
import json
import math
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks import record, report
from benchmarks.arenas import ARENAS, Case, one_number
from benchmarks.days import DayKind
from benchmarks.entrant import Measure
from benchmarks.isolate import Run, run
from benchmarks.run import schedule
from benchmarks.suites import SUITES
from benchmarks.summary import losses, mean_gap, pairs, rows

DAY = Case(arena="days", name="5", seconds=2.0, kind=DayKind(technicians=5))
KNOWN = Case(arena="vrptw", name="R1", seconds=5.0, best_known=100.0)


def ran(case: Case, entrant: str, seed: int, value: float, **more) -> Run:
    tiers = (0.0, 0.0, value) if case.arena == "days" else None
    measure = Measure(value, 0, tiers, more.pop("faults", ()))
    return Run(
        case=case.name, entrant=entrant, seed=seed, seconds=case.seconds, measure=measure, **more
    )


RUNS = [
    ran(DAY, "dispatch", 1, 90.0),
    ran(DAY, "vroom", 1, 100.0, blind=("balance",)),
    ran(DAY, "ortools-gls", 1, 130.0),
    ran(DAY, "dispatch", 2, 99.0),
    ran(DAY, "vroom", 2, 110.0, blind=("balance",)),
    ran(DAY, "ortools-gls", 2, 90.0),
    ran(DAY, "dispatch", 3, 50.0, ours=True, late=True, elapsed_s=4.0),
    ran(DAY, "vroom", 3, 40.0, late=True, elapsed_s=9.0),
    ran(DAY, "ortools-gls", 3, 10.0, faults=("SKILL v1: no",)),
    ran(KNOWN, "dispatch", 1, 104.0, blind=("load",)),
    ran(KNOWN, "pyvrp", 1, 101.0),
    Run(
        case="R1", entrant="vroom", seed=1, seconds=5.0, skipped=True, why="vroom is not installed"
    ),
]
CASES = [DAY, KNOWN]


def test_ratios_are_ours_over_the_best_peer_of_the_same_seed():
    found = pairs([DAY], RUNS)
    assert [(p.peer, p.ratio) for p in found] == [
        ("vroom", pytest.approx(0.9)),
        ("ortools-gls", pytest.approx(1.1)),
        ("vroom", None),
    ]
    assert [p.ahead for p in found] == [True, False, False]


def test_a_row_has_medians_of_what_counts():
    row = rows(CASES, RUNS)[0]
    assert row.cells["dispatch"].value == 94.5
    assert row.cells["dispatch"].why == "late: 4.0 s instead of 2"
    assert row.cells["vroom"].value == 100.0
    assert (row.cells["ortools-gls"].counted, row.cells["ortools-gls"].runs) == (2, 3)
    assert (row.cells["vroom"].late, row.cells["vroom"].why) == (True, None)
    assert row.cells["ortools-gls"].why == "breaks rules: SKILL v1: no"
    assert (row.best_peer, row.ratio) == ("vroom", pytest.approx(1.0))


def test_losses_come_worst_first_and_no_answer_is_the_worst():
    silent = Run(case="5", entrant="dispatch", seed=4, seconds=2.0, why="none")
    found = losses(pairs(CASES, [*RUNS, silent, ran(DAY, "vroom", 4, 70.0)]))
    assert [(p.case, p.seed, p.ratio and round(p.ratio, 2)) for p in found] == [
        ("5", 3, None),
        ("5", 4, None),
        ("5", 2, 1.1),
        ("R1", 1, 1.03),
    ]


def test_gaps_are_above_the_best_known():
    table = rows(CASES, RUNS)
    assert mean_gap(table, "dispatch") == pytest.approx(4.0)
    assert mean_gap(table, "pyvrp") == pytest.approx(1.0)
    assert mean_gap(table, "ortools-gls") is None


def test_one_number_joins_the_tiers():
    assert one_number((2.0, 30.0, 4.5)) == 2 * 3600 + 30 + 4.5


def test_the_table_names_everyone_and_every_reason():
    out = io.StringIO()
    console = Console(file=out, width=150)
    report.show(console, CASES, RUNS, rows(CASES, RUNS))
    text = out.getvalue()
    for word in ("dispatch", "vroom", "ortools-gls", "1.000", "94 (0) 2/3", "+4.00 %", "skipped"):
        assert word in text, word
    assert "vroom * does not see: balance (5)" in text
    assert "vroom † took up to 9 s (5)" in text
    assert "vroom skipped: vroom is not installed (R1)" in text
    assert "at most 0.9 of its value on 1 of 3 pairs" in text
    assert "5, seed 2: to ortools-gls, 10.0 %" in text


def test_the_file_has_all_that_is_needed_to_judge_it(tmp_path: Path):
    runs = [*RUNS, ran(KNOWN, "dispatch", 2, math.inf, faults=("one",))]
    data = record.document(
        suite="quick",
        begun=datetime(2020, 2, 3, 4, 5, tzinfo=UTC),
        seeds=[1, 2, 3],
        cases=CASES,
        runs=runs,
        table=rows(CASES, runs),
        setting=record.environment(),
    )
    first, second = record.write(tmp_path, data), record.write(tmp_path, data)
    assert (first.name, second.name) == ("2020-02-03-quick.json", "2020-02-03-quick-2.json")
    read = json.loads(first.read_text(), parse_constant=pytest.fail)
    assert read["environment"]["cores"] >= 1
    assert read["environment"]["versions"]["ortools"]
    assert read["seeds"] == [1, 2, 3]
    assert len(read["runs"]) == len(runs)
    assert read["runs"][0]["measure"]["tiers"] == [0.0, 0.0, 90.0]
    assert (read["compared"], read["within_bar"]) == (3, 1)
    assert read["cases"][1]["gap"]["dispatch"] == pytest.approx(4.0)
    assert [lost["case"] for lost in read["lost"]] == ["5", "5", "R1"]


def test_entrants_take_turns_and_in_beginning():
    order = [(e.name, seed) for _, e, seed in schedule([DAY], [1, 2], {"dispatch", "vroom"})]
    assert order == [("dispatch", 1), ("vroom", 1), ("vroom", 2), ("dispatch", 2)]


def test_names_of_cases_are_their_own_in_every_suite(tmp_path: Path):
    for suite in SUITES.values():
        names = [case.name for case in suite.cases(None)]
        assert len(names) == len(set(names))
        assert bool(names) != suite.needs_data


def test_a_run_in_its_own_process_is_measured():
    entrant = ARENAS["days"].entrants[0]
    result = run(DAY, entrant, 1)
    assert result.why is None
    assert result.measure is not None
    assert result.measure.faults == ()
    assert result.value == one_number(result.measure.tiers or (0.0, 0.0, 0.0))
    assert result.elapsed_s is not None
    assert result.peak_mb is not None
    assert result.peak_mb > 10


def test_a_failure_is_a_result():
    nowhere = Case(arena="vrptw", name="none", seconds=1.0, path=Path("there-is-no-such-file"))
    result = run(nowhere, ARENAS["vrptw"].entrants[0], 1)
    assert result.value is None
    assert result.why is not None
    assert result.why.startswith("FileNotFoundError")

"""Each reason for leaving a visit out, and the first rule that blocks each technician."""

from dataclasses import replace

import pytest

from dispatch_solver import (
    Break,
    Need,
    Pin,
    Precedence,
    Problem,
    Tie,
    Unplaced,
    Window,
    check,
)
from dispatch_solver.words import REASONS, REMEDIES
from tests.solver.build import HOUR, MINUTE, job, person, problem, quick

PAIR = (Need({"plumbing": 1}), Need({"plumbing": 1}))
BUSY = job("busy", 5, minutes=8 * 60, priority=4)


def left_out(task: Problem, name: str = "tap") -> Unplaced:
    plan = quick(task)
    assert check(task, plan) == []
    return next(left for left in plan.unplaced if left.visit == name)


@pytest.mark.parametrize(
    ("code", "task"),
    [
        ("NO_TRADE", problem([person()], [job(needs=(Need({"lift": 1}),))])),
        ("NO_TRADE", problem([person()], [job(needs=(Need({"plumbing": 3}),))])),
        ("NO_SHIFT", problem([person()], [job(windows=(Window(20 * HOUR, 21 * HOUR),))])),
        ("NO_SITE", problem([person(sites=("a",))], [job(site="b")])),
        ("REFUSED", problem([person()], [job(refused=("ann",))])),
        ("NAMED_UNAVAILABLE", problem([person(), person("bob", skills={})], [job(named=("bob",))])),
        ("NAMED_UNAVAILABLE", problem([person(), person("bob", end=9 * HOUR)], [
            job(named=("bob",), windows=(Window(10 * HOUR, 11 * HOUR),))])),
        ("CREW_TOO_SMALL", problem([person()], [job(needs=PAIR)])),
        ("NO_COMMON_TIME", problem([person("a", end=9 * HOUR), person("b", start=10 * HOUR)], [
            job(needs=PAIR)])),
        ("PIN_BLOCKED", problem([person()], [job(pinned=Pin("ann", 20 * HOUR))])),
        ("WINDOW_TOO_NARROW", problem([person()], [job(windows=(Window(9, 10),), release=11)])),
        ("NO_SHIFT", problem([person(breaks=(Break(9 * HOUR, 9 * HOUR, HOUR),))], [
            job(windows=(Window(9 * HOUR + 60, 9 * HOUR + 120),))])),
        ("WINDOW_TOO_NARROW", problem([person()], [job(windows=(Window(9 * HOUR, 10 * HOUR),)),
            job("long", minutes=180, windows=(Window(9 * HOUR, 9 * HOUR),), priority=4)])),
        ("TOO_FAR", problem([person(start=8 * HOUR, end=9 * HOUR)], [job(place=31)])),
        ("ALL_FULL", problem([person()], [BUSY, job(place=6, minutes=60)])),
        ("PRECEDENCE", problem([person()], [job(), job("first", needs=(Need({"lift": 1}),))],
            precedences=(Precedence("first", "tap"),))),
        ("PRECEDENCE", problem([person()], [job(windows=(Window(0, 9 * HOUR),)),
            job("first", windows=(Window(10 * HOUR, 11 * HOUR),), priority=4)],
            precedences=(Precedence("first", "tap"),))),
        ("TIE", problem([person()], [job(), job("twin", priority=4)],
            ties=(Tie("different", ("tap", "twin")),))),
    ],
)  # fmt: skip
def test_each_reason(code: str, task: Problem) -> None:
    left = left_out(task)
    assert left.code == code
    assert left.text
    assert "{" not in left.text


def test_the_reason_of_a_wrong_trade_names_it() -> None:
    left = left_out(problem([person()], [job(needs=(Need({"plumbing": 3}),))]))
    assert left.data == {"trade": "plumbing", "level": 3, "best_level": 2}
    assert [(b.technician, b.rule, b.by) for b in left.technicians] == [("ann", "LEVEL", 1)]


def test_each_technician_has_the_first_rule_that_blocks() -> None:
    people = [
        person("no trade", skills={"lift": 3}),
        person("junior", skills={"plumbing": 1}),
        person("refused"),
        person("elsewhere", sites=("b",)),
        person("early", end=9 * HOUR),
        person("busy"),
        person("tired", work_limit=10 * MINUTE),
    ]
    task = problem(
        people,
        [
            job(
                needs=(Need({"plumbing": 2}),),
                refused=("refused",),
                site="a",
                windows=(Window(11 * HOUR, 12 * HOUR),),
            ),
            replace(BUSY, pinned=Pin("busy", 8 * HOUR + 5 * MINUTE)),
        ],
    )
    rules = {b.technician: b.rule for b in left_out(task).technicians}
    assert rules == {
        "junior": "LEVEL",
        "refused": "REFUSED",
        "elsewhere": "SITE",
        "early": "NO_SHIFT",
        "busy": "WINDOW",
        "tired": "WORK_LIMIT",
    }


def test_overtime_is_told_in_minutes() -> None:
    left = left_out(problem([person()], [BUSY, job(place=6, minutes=60)]))
    assert left.remedy is not None
    assert left.remedy.code == "OVERTIME"
    # 6 minutes there and back, 8 h and 1 h of work, 9 h of shift.
    assert left.data["overtime_s"] == 12 * MINUTE
    assert "12 minutes" in left.text


def test_all_words_are_complete_sentences() -> None:
    assert all(text.endswith(".") for text in (REASONS | REMEDIES).values())

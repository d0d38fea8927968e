"""Each reason for leaving a visit out, and that each remedy really places it."""

from dataclasses import replace
from typing import Any

import pytest

from dispatch_solver import (
    Break,
    Need,
    Pin,
    Precedence,
    Problem,
    Remedy,
    Tie,
    Unplaced,
    Window,
    check,
    solve,
)
from dispatch_solver.words import TEXTS
from tests.solver.build import HOUR, MINUTE, job, person, problem, quick, who
from tests.solver.days import day

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


def applied(task: Problem, visit: str, remedy: Remedy) -> Problem:
    """The problem after doing what the remedy says."""
    data: dict[str, Any] = remedy.data
    if remedy.code == "OVERTIME":
        people = tuple(
            replace(
                p,
                shifts=tuple(
                    replace(s, overtime_limit=s.overtime_limit + data["seconds"])
                    if s.id == data["shift"]
                    else s
                    for s in p.shifts
                ),
            )
            if p.id == data["technician"]
            else p
            for p in task.technicians
        )
        return replace(task, technicians=people)
    visits = []
    for v in task.visits:
        if v.id == visit and remedy.code == "LATER_WINDOW":
            visits.append(replace(v, windows=(Window(data["start"], data["start"]),)))
        elif v.id == visit:
            skills = {**v.needs[0].skills, data["trade"]: data["level"]}
            visits.append(replace(v, needs=(replace(v.needs[0], skills=skills),)))
        else:
            visits.append(v)
    return replace(task, visits=tuple(visits))


def test_every_remedy_places_its_visit() -> None:
    """On full days: keep the plan, change the one thing, and the visit fits in."""
    kinds = set()
    for seed in range(6):
        task = day(3, 26, seed)
        plan = quick(task, iterations=10)
        for left in plan.unplaced:
            if left.remedy is None:
                continue
            kinds.add(left.remedy.code)
            changed = applied(task, left.visit, left.remedy)
            kept = {*who(plan), left.visit}
            alone = replace(changed, visits=tuple(v for v in changed.visits if v.id in kept))
            again = solve(alone, seconds=5, engine="construct", warm_start=plan)
            assert check(alone, again) == []
            assert left.visit in who(again), (seed, left)
    assert kinds == {"LATER_WINDOW", "OVERTIME", "LOWER_LEVEL"}


def test_overtime_is_told_in_minutes() -> None:
    left = left_out(problem([person()], [BUSY, job(place=6, minutes=60)]))
    assert left.remedy is not None
    assert left.remedy.code == "OVERTIME"
    # 6 minutes there and back, 8 h and 1 h of work, 9 h of shift.
    assert left.data["overtime_s"] == 12 * MINUTE
    assert "12 minutes" in left.text


def test_all_words_are_complete_sentences() -> None:
    assert all(text.endswith(".") for text in TEXTS.values())

"""Bad problems are refused with every fault; nothing else is ever raised."""

import copy
import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatch_solver import (
    Break,
    Fault,
    InvalidProblem,
    Need,
    Pin,
    Plan,
    Precedence,
    Problem,
    Shift,
    Started,
    Technician,
    Tie,
    TravelMatrix,
    Weights,
    Window,
    check,
    solve,
    validate,
)
from tests.solver.build import HOUR, job, person, problem
from tests.solver.days import rich_day

RIGHT = problem([person("ann"), person("bob")], [job("a"), job("b", needs=(Need(), Need()))])


def visit(**changes: Any) -> Problem:
    return replace(RIGHT, visits=(replace(RIGHT.visits[0], **changes), RIGHT.visits[1]))


def shift(**changes: Any) -> Problem:
    return replace(RIGHT, technicians=(person("ann", **changes), RIGHT.technicians[1]))


def matrix(durations: np.ndarray) -> Problem:
    return replace(RIGHT, travel={"car": TravelMatrix(durations, durations)})


FAULTS = [
    ("DUPLICATE_ID", replace(RIGHT, places=("p0", *RIGHT.places[:-1]))),
    ("DUPLICATE_ID", replace(RIGHT, visits=(RIGHT.visits[0],) * 2)),
    ("DUPLICATE_ID", replace(RIGHT, technicians=(RIGHT.technicians[0],) * 2)),
    ("DUPLICATE_ID", shift(shifts=(Shift("s", 0, 9), Shift("s", 10, 20)))),
    ("SHIFTS_OVERLAP", shift(shifts=(Shift("s", 0, 9, overtime_limit=5), Shift("t", 10, 20)))),
    ("SHIFT_EMPTY", shift(start=17 * HOUR)),
    ("UNKNOWN_PLACE", shift(from_place="moon")),
    ("UNKNOWN_PLACE", visit(place="moon")),
    ("UNKNOWN_WAY", shift(travel="rocket")),
    ("BREAK_EMPTY", shift(breaks=(Break(12 * HOUR, 11 * HOUR, 60),))),
    ("BREAK_ORDER", shift(breaks=(Break(12 * HOUR, 13 * HOUR, 9), Break(HOUR * 9, HOUR * 9, 60)))),
    ("BREAK_OUTSIDE_SHIFT", shift(breaks=(Break(17 * HOUR, 18 * HOUR, 60),))),
    ("WINDOW_EMPTY", visit(windows=(Window(2, 1),))),
    ("WINDOW_EMPTY", visit(promise=Window(2, 1))),
    ("CREW_SIZE", visit(needs=())),
    ("CREW_SIZE", visit(needs=(Need(),) * 51)),
    ("GAP_EMPTY", visit(needs=(Need(), Need({}, 2, 1)))),
    ("FIRST_GAP", visit(needs=(Need({}, 0, 1),))),
    ("UNKNOWN_PRIORITY", visit(priority=99)),
    ("UNKNOWN_PRIORITY", replace(RIGHT, weights=Weights(unserved={}))),
    ("UNKNOWN_TECHNICIAN", visit(refused=("zoe",))),
    ("UNKNOWN_TECHNICIAN", visit(pinned=Pin("zoe"))),
    ("CREW_MISMATCH", visit(pinned=Pin("ann", others=("bob",)))),
    ("CREW_MISMATCH", visit(started=Started("ann", 0, others=("bob",)))),
    ("CREW_MISMATCH", visit(needs=(Need(), Need()), pinned=Pin("ann", others=("ann",)))),
    ("STARTED_TWICE", replace(RIGHT, visits=tuple(
        job(name, started=Started("ann", 9 * HOUR)) for name in "ab"))),
    ("STARTED_OFF_DUTY", replace(shift(shifts=()), visits=(job(started=Started("ann", 0)),))),
    ("UNKNOWN_VISIT", replace(RIGHT, precedences=(Precedence("a", "z"),))),
    ("UNKNOWN_VISIT", replace(RIGHT, ties=(Tie("same", ("a", "z")),))),
    ("PRECEDENCE_CYCLE", replace(RIGHT, precedences=(Precedence("a", "b"), Precedence("b", "a")))),
    ("PRECEDENCE_CYCLE", replace(RIGHT, precedences=(Precedence("a", "a"),))),
    ("GAP_EMPTY", replace(RIGHT, precedences=(Precedence("a", "b", 2, 1),))),
    ("TIE_PAIR", replace(RIGHT, ties=(Tie("same", ("a",)),))),
    ("TIE_PAIR", replace(RIGHT, ties=(Tie("same", ("a", "a")),))),
    ("TIE_CREWS", replace(RIGHT, ties=(Tie("same", ("a", "b")),))),
    ("MATRIX_SHAPE", matrix(np.zeros((3, 3), int))),
    ("MATRIX_SHAPE", matrix(np.zeros((40, 39), int))),
    ("MATRIX_SHAPE", matrix(np.zeros(40, int))),
    ("MATRIX_VALUE", matrix(np.full((40, 40), -1))),
    ("MATRIX_VALUE", matrix(np.full((40, 40), 2**62))),
    ("MALFORMED", matrix(np.full((40, 40), math.nan))),
    ("MALFORMED", replace(RIGHT, travel=None)),
    ("MALFORMED", replace(RIGHT, visits=None)),
    ("MALFORMED", replace(RIGHT, technicians=("ann",))),
    ("MALFORMED", visit(duration="long")),
    ("MALFORMED", visit(windows=[(1, 2)])),
    ("OUT_OF_RANGE", visit(duration=-5)),
    ("OUT_OF_RANGE", visit(due=10**18)),
    ("OUT_OF_RANGE", shift(pace={"plumbing": math.inf})),
    ("OUT_OF_RANGE", shift(skills={"plumbing": 0})),
    ("OUT_OF_RANGE", replace(RIGHT, weights=Weights(imbalance=math.nan))),
    ("OUT_OF_RANGE", replace(RIGHT, weights=Weights(unserved={1: -1.0}))),
]  # fmt: skip


@pytest.mark.parametrize(("code", "broken"), FAULTS)
def test_each_fault_has_its_code(code: str, broken: Problem) -> None:
    with pytest.raises(InvalidProblem) as caught:
        solve(broken, seconds=1)
    assert code in {fault.code for fault in caught.value.faults}


def test_a_right_problem_has_none_and_all_faults_come_at_once() -> None:
    assert validate(RIGHT) == []
    broken = replace(visit(place="moon", priority=9), ties=(Tie("same", ("a",)),))
    assert {f.code for f in validate(broken)} == {"UNKNOWN_PLACE", "UNKNOWN_PRIORITY", "TIE_PAIR"}


def test_something_else_is_no_problem() -> None:
    assert [fault.code for fault in validate(None)] == ["MALFORMED"]  # type: ignore[arg-type]


@pytest.mark.parametrize("seconds", [math.nan, math.inf, -1.0])
def test_a_time_limit_is_a_number(seconds: float) -> None:
    with pytest.raises(ValueError, match="seconds"):
        solve(RIGHT, seconds=seconds)


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(ValueError, match="engine"):
        solve(RIGHT, engine="magic")


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.integers(),
    st.floats(),
    st.text(max_size=3),
    st.sampled_from(["t0", "t1", "v0", "v1", "v2", "p0", "p3", "car", "same"]),
    st.just([]),
    st.just({}),
    st.integers(0, 60_000),
)


def spots(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every path into a JSON document, one corner of each matrix only."""
    keys = (
        node.keys()
        if isinstance(node, dict)
        else range(len(node))
        if isinstance(node, list)
        else ()
    )
    found = [path] if path else []
    for key in keys:
        if "car" in path and isinstance(key, int) and key > 0:
            continue
        found += spots(node[key], (*path, key))
    return found


DOCUMENTS = [json.loads(json.dumps(rich_day(3, 7, seed).to_json())) for seed in range(4)]
SPOTS = [spots(document) for document in DOCUMENTS]


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.data())
def test_a_spoilt_document_gives_faults_or_a_right_plan(data: st.DataObject) -> None:
    which = data.draw(st.integers(0, len(DOCUMENTS) - 1))
    document = copy.deepcopy(DOCUMENTS[which])
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(SPOTS[which]))
        node, junk = document, data.draw(JUNK)
        try:
            for key in path[:-1]:
                node = node[key]
            if data.draw(st.booleans()):
                node[path[-1]] = junk
            else:
                del node[path[-1]]
        except (KeyError, IndexError, TypeError):
            continue
    faults, plan = answer(document)
    if plan is None:
        assert faults
        assert all(fault.code and fault.where and fault.cause and fault.remedy for fault in faults)
    else:
        assert check(Problem.from_json(document), plan) == []


def answer(document: Any) -> tuple[tuple[Fault, ...], Plan | None]:
    """The faults of a document, or a plan for it; any other exception is an error."""
    try:
        return (), solve(Problem.from_json(document), seconds=20, iterations=2)
    except InvalidProblem as error:
        return error.faults, None


@pytest.mark.parametrize(
    "task",
    [
        problem([], []),
        problem([], [job()]),
        problem([person()], []),
        problem([person(shifts=())], [job()]),
        Problem((), {}, (), ()),
        Problem(("x",), {"car": TravelMatrix(np.zeros((1, 1), int), np.zeros((1, 1), int))}, (
            Technician("t", (Shift("s", 0, 10),), {}),), ()),
    ],
)  # fmt: skip
def test_empty_problems_are_solved(task: Problem) -> None:
    plan = solve(task, seconds=0.2)
    assert check(task, plan) == []
    assert len(plan.unplaced) == len(task.visits)

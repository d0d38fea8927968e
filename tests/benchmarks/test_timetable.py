"""Orders of stops become plans that our checker accepts, at the least times there are."""

import numpy as np
import pytest

from benchmarks.entrant import NoAnswer
from benchmarks.peers.timetable import plan_of
from benchmarks.peers.view import View
from dispatch_solver import (
    Break,
    Need,
    Problem,
    Shift,
    Technician,
    TravelMatrix,
    Visit,
    Window,
    check,
    score,
)


def problem(*visits: Visit, breaks: tuple[Break, ...] = ()) -> Problem:
    """Two people at place 0; places lie on a line, 100 s apart."""
    line = np.abs(np.subtract.outer(np.arange(4), np.arange(4))) * 100
    people = tuple(
        Technician(name, (Shift("day", 0, 3000, "p0", "p0", breaks),), {"any": 1}) for name in "ab"
    )
    places = ("p0", "p1", "p2", "p3")
    return Problem(places, {"car": TravelMatrix(line, line * 10)}, people, visits)


def test_windows_are_waited_for_and_figures_are_true():
    task = problem(
        Visit("v", "p1", 200, windows=(Window(0, 50), Window(400, 500))),
        Visit("w", "p2", 100, setup=30),
        Visit("left", "p3", 100),
    )
    plan = plan_of(task, [[0, 1], []], engine="peer", seed=3)
    assert check(task, plan) == []
    assert [(s.arrive, s.start, s.end) for s in plan.routes[0].stops] == [
        (100, 400, 600),
        (700, 700, 830),
    ]
    assert plan.routes[0].end == 1030
    assert [left.visit for left in plan.unplaced] == ["left"]
    assert plan.terms == score(task, plan)


@pytest.mark.parametrize(
    ("rest", "end"),
    [
        # On the way, before setting out, and while waiting for the window.
        (Break(150, 250, 60), 1100 + 100),
        (Break(0, 0, 60), 1100 + 100),
        (Break(500, 900, 60), 1100 + 100),
        # Only after the work: the way home takes longer.
        (Break(1100, 1300, 60), 1100 + 60 + 100),
    ],
)
def test_rests_are_taken_where_they_cost_least(rest: Break, end: int):
    task = problem(Visit("v", "p1", 100, windows=(Window(1000, 1000),)), breaks=(rest,))
    plan = plan_of(task, [[0], []], engine="peer", seed=0)
    assert check(task, plan) == []
    assert plan.routes[0].end == end


def test_a_crew_starts_together_when_its_last_member_can():
    task = problem(
        Visit("early", "p1", 300),
        Visit("pair", "p2", 100, needs=(Need(), Need())),
        Visit("after", "p3", 50),
    )
    view = View(task)
    assert [(v.id, k) for v, k in view.jobs] == [
        ("early", 0),
        ("pair", 0),
        ("pair", 1),
        ("after", 0),
    ]
    plan = plan_of(task, [[0, 1], [2, 3]], engine="peer", seed=0)
    assert check(task, plan) == []
    assert plan.routes[0].stops[1].start == plan.routes[1].stops[0].start == 500
    assert plan.routes[1].stops[1].start == 700


def test_an_order_that_cannot_be_kept_is_no_answer():
    task = problem(
        Visit("v", "p1", 100, windows=(Window(0, 200),)),
        Visit("w", "p2", 100, windows=(Window(0, 200),)),
    )
    with pytest.raises(NoAnswer, match="a/day"):
        plan_of(task, [[0, 1], []], engine="peer", seed=0)


def test_half_a_crew_is_no_answer():
    task = problem(Visit("pair", "p2", 100, needs=(Need(), Need())))
    with pytest.raises(NoAnswer, match="without crew member 1"):
        plan_of(task, [[0], []], engine="peer", seed=0)

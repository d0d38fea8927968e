"""The schedule of one route is the earliest there is: compared with a walk minute by minute."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch_solver import Break, Need, Problem, Shift, Technician, TravelMatrix, Visit, Window
from dispatch_solver.model import FOREVER, compile_problem
from dispatch_solver.schedule import latest_starts, time_route, unfold

HORIZON = 34


@st.composite
def small_days(draw: st.DrawFn) -> Problem:
    """One technician, up to three visits, up to two breaks; times are a few units."""
    number = st.integers
    size = draw(number(1, 3)) + 1
    travel = np.array(
        [[0 if a == b else draw(number(0, 4)) for b in range(size)] for a in range(size)]
    )
    breaks, moment = [], 0
    for _ in range(draw(number(0, 2))):
        earliest = moment + draw(number(0, 8))
        length = draw(number(1, 4))
        breaks.append(Break(earliest, earliest + draw(number(0, 6)), length))
        moment = earliest + length
    visits = []
    for i in range(1, size):
        windows, opens = [], 0
        for _ in range(draw(number(0, 2))):
            opens += draw(number(0, 10))
            closes = opens + draw(number(0, 6))
            windows.append(Window(opens, closes))
            opens = closes + 1
        place = f"p{draw(number(1, size - 1))}"
        visits.append(Visit(f"v{i}", place, draw(number(0, 4)), draw(number(0, 2)), tuple(windows)))
    shift = Shift("s", draw(number(0, 3)), HORIZON - 4, "p0", "p0", tuple(breaks))
    return Problem(
        tuple(f"p{i}" for i in range(size)),
        {"car": TravelMatrix(travel, travel)},
        (Technician("t", (shift,), {}),),
        tuple(visits),
    )


def earliest_end_by_walking(problem: Problem) -> int | None:
    """Try all there is to do in each unit of time: travel, wait, rest or work."""
    shift = problem.technicians[0].shifts[0]
    matrix = problem.travel["car"].durations
    path = [0, *(int(visit.place[1:]) for visit in problem.visits), 0]
    legs = [int(matrix[a, b]) for a, b in pairwise(path)]

    @cache
    def best(now: int, stop: int, way_left: int, rested: int) -> int:
        if now > HORIZON:
            return FOREVER
        options = [best(now + 1, stop, max(0, way_left - 1), rested)]
        if way_left > 0:
            options.append(best(now + 1, stop, way_left - 1, rested))
        if rested < len(shift.breaks):
            rest = shift.breaks[rested]
            if rest.earliest <= now <= rest.latest:
                options.append(best(now + rest.duration, stop, way_left, rested + 1))
        if way_left == 0:
            if stop == len(problem.visits):
                if rested == len(shift.breaks):
                    return now
            else:
                visit = problem.visits[stop]
                if not visit.windows or any(w.start <= now <= w.end for w in visit.windows):
                    setup = 0 if stop and path[stop] == path[stop + 1] else visit.setup
                    done = now + visit.duration + setup
                    options.append(best(done, stop + 1, legs[stop + 1], rested))
        return min(options)

    found = best(shift.start, 0, legs[0], 0)
    return found if found <= shift.end else None


@given(small_days())
def test_earliest_times_are_those_of_a_walk_through_time(problem: Problem) -> None:
    model = compile_problem(problem)
    tasks = list(range(len(problem.visits)))
    timing = time_route(model, 0, tasks, [model.tasks[t].windows for t in tasks])
    expected = earliest_end_by_walking(problem)
    if expected is None:
        assert not timing.feasible
        return
    assert timing.feasible
    assert timing.end == expected
    _, moments, rests = unfold(model, 0, timing)
    assert len(rests) == len(problem.technicians[0].shifts[0].breaks)
    assert all(a.end <= b.arrive for a, b in pairwise(moments))


@given(small_days(), st.integers(0, 2), st.integers(0, HORIZON))
def test_latest_starts_are_exact(problem: Problem, which: int, start: int) -> None:
    """A stop can start at a moment exactly when it lies between earliest and latest start."""
    model = compile_problem(problem)
    tasks = list(range(len(problem.visits)))
    windows = [model.tasks[t].windows for t in tasks]
    timing = time_route(model, 0, tasks, windows)
    if not timing.feasible or which >= len(tasks):
        return
    if not any(a <= start <= b for a, b in windows[which]):
        return
    latest = latest_starts(model, 0, timing, windows, model.shifts[0].limit)
    with_setup, without = latest[which]
    states = without if timing.setups[which] == 0 else with_setup
    fits = any(
        timing.depart[which + 1][k] - timing.onsite[which] <= start <= bound
        for k, bound in enumerate(states)
    )
    exactly = [*windows[:which], ((start, start),), *windows[which + 1 :]]
    assert time_route(model, 0, tasks, exactly).feasible == fits


@pytest.mark.rule("DSP-2")
def test_a_break_is_taken_under_way_when_that_is_earliest() -> None:
    matrix = np.array([[0, 100], [100, 0]])
    shift = Shift("s", 0, 1000, "p0", "p0", (Break(50, 60, 30),))
    problem = Problem(
        ("p0", "p1"),
        {"car": TravelMatrix(matrix, matrix)},
        (Technician("t", (shift,), {}),),
        (Visit("v", "p1", 10, needs=(Need(),)),),
    )
    model = compile_problem(problem)
    timing = time_route(model, 0, [0], [model.tasks[0].windows])
    start, moments, rests = unfold(model, 0, timing)
    assert (start, timing.end) == (0, 240)
    assert rests == [(60, 90, 0)]
    assert (moments[0].arrive, moments[0].start, moments[0].end) == (130, 130, 140)

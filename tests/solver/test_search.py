"""What the compiled search keeps from step to step is what counting anew gives."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace

import numpy as np
import pytest

from dispatch_solver import Problem, clock
from dispatch_solver.clock import Clock
from dispatch_solver.compiled import available
from dispatch_solver.model import compile_problem
from dispatch_solver.search import scratch as x
from dispatch_solver.search.search import Search
from dispatch_solver.search.team import Team
from dispatch_solver.search.work import TAKE_OVER
from tests.solver.days import TRADES, day, rich_day

pytestmark = pytest.mark.skipif(not available(), reason="nothing can be compiled here")

HEAT = 600.0


def all_round(people: int, visits: int, seed: int) -> Problem:
    """A day on which anybody may do anything at any time."""
    problem = day(people, visits, seed, lunch=False, imbalance=0.0, overtime_second=0.0)
    technicians = (replace(t, skills=dict.fromkeys(TRADES, 3)) for t in problem.technicians)
    visits_ = (replace(visit, windows=()) for visit in problem.visits)
    return replace(problem, technicians=tuple(technicians), visits=tuple(visits_))


def search_of(problem: Problem) -> Search:
    """A search with its first plan, ready to anneal."""
    team = Team(compile_problem(problem), Clock(60.0), 1)
    team.construct()
    team.make_ready()
    return team.searches[0]


@pytest.mark.parametrize(
    "problem",
    [day(4, 20, 1), day(3, 30, 2, side=2.0, lunch=False), rich_day(5, 24, 3)],
    ids=["lunch", "long routes", "rich"],
)
def test_times_set_in_part_are_those_of_whole_routes(problem: Problem) -> None:
    search = search_of(problem)
    tour = search.tour
    for round_ in range(40):
        search.run(7, hot=HEAT, cold=HEAT, seed=round_)
        kept = [table.copy() for table in (tour.leg, tour.leave, tour.late, tour.onsite)]
        figures, ends = tour.figure.copy(), tour.length.copy()
        assert search._work(TAKE_OVER)
        assert (tour.length == ends).all()
        for mine, anew in zip(kept, (tour.leg, tour.leave, tour.late, tour.onsite), strict=True):
            for s, count in enumerate(ends):
                # Legs and times run to one more than there are stops.
                last = count + (mine.shape[1] > tour.onsite.shape[1])
                assert np.array_equal(mine[s, :last], anew[s, :last])
        assert figures == pytest.approx(tour.figure)


def test_remembered_prices_are_those_of_the_routes_as_they_stand() -> None:
    search = search_of(all_round(8, 40, 4))
    search.run(600, hot=1.0, cold=1.0, seed=5)
    tour, shifts = search.tour, len(search.tour.length)
    routes = [tour.stop[s, :n].tolist() for s, n in enumerate(tour.length)]
    now = [search.cost_of(s) for s in range(shifts)]
    known = search.scratch.known
    told = known[known[:, x.VERSION] == tour.version[known[:, x.KEY].astype(int) % shifts]]
    seen = 0
    for key, _, cost, where in told[told[:, x.KEY] >= 0].tolist():
        t, s = int(key) // shifts // 2, int(key) % shifts
        if t in routes[s]:
            continue
        prices = [
            price - now[s]
            for p in range(len(routes[s]) + 1)
            if (price := search.measure(s, [*routes[s][:p], t, *routes[s][p:]])) is not None
        ]
        if where >= 0:
            seen += 1
            assert cost == pytest.approx(min(prices))
        else:
            assert all(price >= cost - 1e-6 for price in prices)
        assert search.measure(s, routes[s]) is not None
    assert seen > 5


def test_a_route_that_was_put_back_is_the_same_version() -> None:
    search = search_of(day(6, 30, 6))
    before = search.tour.version.copy()
    routes = [search.tour.stop[s, :n].tolist() for s, n in enumerate(search.tour.length)]
    # So cold that nothing worse is accepted, and few steps.
    search.run(5, hot=1e-9, cold=1e-9, seed=1)
    assert search.tour.version[-1] > before[-1]
    same = [
        s for s, route in enumerate(routes) if search.tour.stop[s, : len(route)].tolist() == route
    ]
    assert any(search.tour.version[s] == before[s] for s in same)


def test_tails_are_exchanged_whole_and_undone_whole() -> None:
    """Step by step in plain Python, where each function of the search can be called alone."""
    program = dedent("""
        import numpy as np
        from dispatch_solver.search.scratch import forget, undo
        from dispatch_solver.search.tails import swap_tails
        from tests.solver.test_search import all_round, search_of

        np.random.seed(1)
        search = search_of(all_round(4, 14, 3))
        tour, scratch = search.tour, search.scratch
        read = lambda: [tour.stop[s, :n].tolist() for s, n in enumerate(tour.length)]
        exchanged = broken = cut = 0
        for step in range(150):
            before, t = read(), int(np.random.randint(14))
            done = swap_tails(search.instance, tour, scratch, t)
            after = read()
            assert sorted(sum(before, [])) == sorted(sum(after, []))
            if after != before:
                s = next(s for s, route in enumerate(before) if t in route)
                assert after[s][: before[s].index(t) + 1] == before[s][: before[s].index(t) + 1]
                assert sum(one != other for one, other in zip(before, after)) == 2
                exchanged += done
                broken += not done
                cut += any(not one and other for one, other in zip(before, after))
            if not done or step % 3:
                undo(search.instance, tour, scratch)
                assert read() == before
            forget(scratch)
        assert exchanged > 5 and cut > 0, (exchanged, broken, cut)
    """)
    root = Path(__file__).parents[2]
    paths = [str(root), str(root / "src"), str(root / "solver/src")]
    told = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        cwd=root,
        check=False,
    )
    assert told.returncode == 0, told.stderr


def test_a_repair_keeps_time_back_for_what_comes_after_its_search(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clock, "time", SimpleNamespace(monotonic=lambda: 100.0))
    usual, repairing = Clock(2.0, _begun=99.5), Clock(2.0, closing=0.8, _begun=99.5)
    for each in (usual, repairing):
        each.keep_back()
    assert usual.reserve == pytest.approx(0.15)
    assert repairing.reserve == pytest.approx(0.4)
    late = Clock(2.0, _begun=98.1)
    late.keep_back()
    assert late.reserve == pytest.approx(0.2)


def test_who_is_left_out_makes_for_more_turning_over() -> None:
    def hottest(problem: Problem) -> float:
        team = Team(compile_problem(problem), Clock(60.0), 1)
        team.construct()
        cooling = team.cooling(warm=False)
        return cooling.hot / cooling.cold

    assert hottest(day(2, 40, 1)) > hottest(day(6, 6, 1))

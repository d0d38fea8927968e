"""The bound: never above a plan, equal to the optimum where it must be, and proven otherwise."""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from dispatch_solver import (
    Current,
    Need,
    Plan,
    Problem,
    Started,
    TravelMatrix,
    Weights,
    Window,
    check,
)
from dispatch_solver.bound import Bound, bound, proven, verify_bound
from dispatch_solver.bound.generation import Generation
from dispatch_solver.bound.rates import rates_of
from dispatch_solver.bound.verify import TooLarge
from dispatch_solver.cli import app
from dispatch_solver.faults import InvalidPlan, InvalidProblem
from dispatch_solver.model import compile_problem
from tests.solver.build import HOUR, MINUTE, job, person, problem, quick
from tests.solver.days import day, rich_day

SOME = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])

WASTE = 300  # ann is one level above what a job asks for


def bounded(task: Problem, plan: Plan | None = None, *, seconds: float = 20.0) -> Bound:
    return bound(task, seconds=seconds, plan=plan or quick(task, iterations=60))


def crooked(task: Problem, seed: int) -> Problem:
    """The same with travel at random: the way by another stop is often the shorter one."""
    rng = np.random.default_rng(seed)
    size = len(task.places)
    seconds = rng.integers(60, 3600, (size, size))
    np.fill_diagonal(seconds, 0)
    return replace(task, travel={"car": TravelMatrix(seconds, 10 * seconds)})


@st.composite
def rich_problems(draw: st.DrawFn) -> Problem:
    seed = draw(st.integers(0, 10_000))
    task = rich_day(draw(st.integers(1, 3)), draw(st.integers(1, 5)), seed)
    if draw(st.booleans()):
        task = crooked(task, seed)
    capacity = draw(st.sampled_from([None, 2, 3]))
    people = tuple(
        replace(p, shifts=tuple(replace(s, capacity=capacity) for s in p.shifts))
        for p in task.technicians
    )
    weights = replace(task.weights, late_second=draw(st.sampled_from([0.0, 2.0])))
    visits = tuple(replace(v, load=1) for v in task.visits)
    return replace(task, technicians=people, visits=visits, weights=weights)


@SOME
@given(rich_problems())
def test_no_plan_is_below_the_bound_and_the_certificate_says_the_same(task: Problem) -> None:
    plan = quick(task, iterations=40)
    found = bounded(task, plan)
    assert check(task, plan) == []
    worth = found.rates.value(plan.terms)
    assert found.value <= worth + 1e-3
    assert found.tier1 <= plan.terms.tier1 + 1e-6
    proven = verify_bound(task, found)
    assert proven.value >= found.value - 1e-3
    assert proven.value == pytest.approx(found.value, rel=1e-3, abs=1.0)
    assert proven.tier1 >= found.tier1 - 1e-6


@SOME
@given(st.integers(0, 10_000), st.booleans(), st.booleans())
def test_one_shift_without_links_is_solved_to_the_optimum(
    seed: int, lunch: bool, warped: bool
) -> None:
    """With one route to choose the relaxation has no fractions, so the bound is the optimum."""
    task = day(1, 5, seed, lunch=lunch)
    task = crooked(task, seed) if warped else task
    found = bounded(task)
    assert found.value == pytest.approx(best_single_route(task), rel=1e-4, abs=1e-2)
    assert found.plan_value is not None
    assert found.gap == pytest.approx(1 - found.value / found.plan_value, abs=1e-9)


def best_single_route(task: Problem) -> float:
    """The least value over every order of every subset, by the search's own schedule."""
    from itertools import permutations

    from dispatch_solver.model import compile_problem
    from dispatch_solver.objective import RouteTiers
    from dispatch_solver.schedule import breaks_of, starts_of, time_route

    model, rates = compile_problem(task), rates_of(task.weights, None)
    best = float("inf")
    count = len(model.tasks)
    for size in range(count + 1):
        for order in permutations(range(count), size):
            if not all(model.can(0, t) for t in order):
                continue
            timing = time_route(model, 0, list(order), [model.tasks[t].windows for t in order])
            if timing.feasible:
                starts = starts_of(timing, len(breaks_of(model, 0)))
                second, third = RouteTiers(model)(0, timing, starts)
                lost = float(np.delete(model.unserved, list(order)).sum())
                best = min(best, rates.tier1 * lost + rates.tier2 * second + third)
    return best


@pytest.mark.parametrize("seed", range(4))
def test_the_optimum_of_small_days_is_never_undercut(seed: int) -> None:
    from tests.solver.test_exact import best_by_enumeration

    task = day(2, 6, seed, lunch=seed % 2 > 0)
    found = bounded(task)
    tier1, tier2, tier3 = best_by_enumeration(task)
    best = found.rates.tier1 * tier1 + found.rates.tier2 * tier2 + tier3
    assert found.value <= best + 1e-3
    assert found.value >= 0.9 * best
    assert found.tier1 <= tier1 + 1e-6


def test_a_false_price_is_found_out() -> None:
    task = day(2, 5, 3, imbalance=0.0)
    found = bounded(task)
    free = replace(found.certificate, tasks=(0.0,) * len(task.visits))
    assert verify_bound(task, replace(found, certificate=free)).value < found.value - 100


def test_cuts_are_part_of_the_certificate() -> None:
    """Three visits, any two of which fit one route: fractions of routes do better than whole ones.

    Three people could each do half of every pair; the cut over the three visits forbids it.
    """
    people = [person(name, start=8 * HOUR, end=10 * HOUR) for name in "abc"]
    people = [
        replace(p, shifts=(replace(p.shifts[0], end=9 * HOUR + 40 * MINUTE),)) for p in people
    ]
    visits = [job(name, place=8, minutes=40) for name in "xyz"]
    task = problem(people, visits, weights=Weights(technician_used=5000.0))
    found = bounded(task)
    assert found.cuts > 0
    assert found.certificate.cuts
    assert found.gap == pytest.approx(0.0, abs=1e-4)
    proven = verify_bound(task, found)
    assert proven.value == pytest.approx(found.value, rel=1e-4)
    bare = replace(found, certificate=replace(found.certificate, cuts=()))
    assert verify_bound(task, bare).value != pytest.approx(found.value, rel=1e-3)


def test_what_nobody_can_do_is_proven_in_tier_one() -> None:
    visits = [job("tap"), job("roof", needs=(Need({"roofing": 1}),), priority=3)]
    found = bounded(problem([person()], visits))
    assert found.tier1 == 10.0
    assert found.tier1_certificate is None
    assert found.value >= found.rates.tier1 * 10.0
    assert found.remainder(10.0) == pytest.approx(10 * MINUTE + WASTE)


def test_too_much_work_is_proven_in_tier_one() -> None:
    """Each visit fits by itself, all of them cannot: routes alone prove how many stay."""
    visits = [job(f"v{i}", minutes=200) for i in range(4)]
    plan = quick(problem([person()], visits))
    found = bounded(problem([person()], visits), plan)
    assert found.tier1 == plan.terms.tier1 == 2.0
    assert found.tier1_certificate is not None
    assert verify_bound(problem([person()], visits), found).tier1 >= 1.0


def test_a_promise_may_be_broken_by_coming_early() -> None:
    """A plan may start before its promise; the bound must not take waiting for granted."""
    early = job("tap", promise=Window(9 * HOUR, 10 * HOUR))
    task = problem([person(end=9 * HOUR)], [early])
    found = bound(task, seconds=60, plan=quick(task), unserved_seconds=1e6)
    assert found.value == pytest.approx(found.rates.tier2 * 7200.0 + 10 * MINUTE + WASTE)


def test_a_held_time_may_be_kept_by_waiting() -> None:
    held = job("tap", current=Current("ann", 12 * HOUR))
    task = problem([person()], [held])
    found = bounded(task, quick(task))
    assert found.value == pytest.approx(10 * MINUTE + WASTE)


def test_begun_work_stands_alone() -> None:
    begun = job("tap", minutes=600, started=Started("ann", 7 * HOUR))
    task = problem([person()], [begun])
    found = bounded(task)
    assert found.gap == pytest.approx(0.0, abs=1e-6)


def test_alike_people_are_priced_once_and_counted_twice() -> None:
    visits = [job(f"v{i}", minutes=240) for i in range(3)]
    one, two = problem([person()], visits), problem([person(), person("bob")], visits)
    assert bounded(one).tier1 == 1.0
    assert bounded(two).tier1 == 0.0


def test_no_technicians_and_no_visits() -> None:
    assert bounded(problem([], [job()])).tier1 == 1.0
    found = bound(problem([person()], []), seconds=1)
    assert (found.value, found.gap) == (0.0, 0.0)


def test_the_rate_of_tier_one_can_be_given() -> None:
    task = problem([], [job()])
    assert bound(task, seconds=1, unserved_seconds=500.0).value == 500.0


def test_more_time_is_never_worse() -> None:
    task = day(6, 40, 2)
    plan = quick(task, iterations=100)
    told: list[float] = []
    found = bound(task, seconds=15, plan=plan, on_progress=lambda step: told.append(step.value))
    assert told == sorted(told)
    assert found.value == told[-1] > 0
    assert found.value <= found.rates.value(plan.terms)


def test_the_limit_is_kept_and_stop_is_heard() -> None:
    task = day(25, 180, 1, lunch=True)
    plan = quick(task, iterations=1)
    bound(day(2, 5, 1), seconds=2)  # compiled before the clock runs
    began = time.monotonic()  # far above what it takes: a busy machine proves nothing
    found = bound(task, seconds=2.0, plan=plan)
    assert time.monotonic() - began < 30.0
    assert 0 <= found.value <= found.rates.value(plan.terms)
    began = time.monotonic()
    bound(task, seconds=60.0, plan=plan, should_stop=lambda: time.monotonic() - began > 1.0)
    assert time.monotonic() - began < 30.0


def test_what_is_met_on_the_way_is_a_plan_and_no_worse() -> None:
    task = day(3, 15, 4)
    weak = quick(task, iterations=1)
    # It ends when all is proven, long before.
    found = bound(task, seconds=60, plan=weak, improve=True, unserved_seconds=3600.0)
    assert found.plan is not None
    assert check(task, found.plan) == []
    assert found.plan_value == pytest.approx(found.rates.value(weak.terms))
    assert found.rates.value(found.plan.terms) < found.rates.value(weak.terms)
    assert found.value <= found.rates.value(found.plan.terms) + 1e-3
    better = proven(weak, found)
    assert better.gap == pytest.approx(found.gap_of(better))
    assert (better.terms.tier1, better.terms.tier3) <= (weak.terms.tier1, weak.terms.tier3)
    assert Plan.from_json(json.loads(json.dumps(better.to_json()))) == better
    kept = bound(task, seconds=2, plan=weak)
    assert kept.plan is None
    assert proven(weak, kept).routes == weak.routes


@pytest.mark.parametrize("seed", range(3))
def test_quick_pricing_gives_true_routes(seed: int) -> None:
    """Columns cost no less than their legs say, cuts and repeats or not."""
    task = day(3, 15, seed)
    model = compile_problem(task)
    rates = rates_of(task.weights, 3600.0)
    rounds: list[int] = []
    run = Generation(model, rates, [], left=lambda: 60.0, told=lambda: rounds.append(1))
    try:
        run.run(float("inf"), until=lambda: len(rounds) > 15)
        picked, _ = run.dive()
    finally:
        run.close()
    assert len(run.master.columns) > 10
    for column in run.master.columns:
        graph = run.graphs[column.group]
        node = {int(t): j for j, t in enumerate(graph.tasks)}
        path = [graph.size, *(node[t] for t in column.tasks), graph.size]
        legs = float(graph.cost[path[:-1], path[1:]].sum())
        assert column.cost + graph.empty >= graph.fixed + legs - 1e-3
    served = [t for column in picked for t in column.tasks]
    assert len(served) == len(set(served)) > 0


def test_bad_input_is_refused() -> None:
    task = problem([person()], [job()])
    with pytest.raises(ValueError, match="seconds"):
        bound(task, seconds=float("nan"))
    with pytest.raises(InvalidProblem):
        bound(problem([person()], [job(place=3), job(place=4)]))
    with pytest.raises(InvalidPlan, match="SKILL"):
        bound(problem([person(skills={})], [job()]), plan=quick(task))
    large = day(1, 12, 1, lunch=False)
    found = bound(large, seconds=1, plan=quick(large, iterations=1))
    with pytest.raises(TooLarge):
        verify_bound(large, found)


def test_without_compiling_the_number_is_the_same() -> None:
    task = day(2, 6, 5)
    script = (
        "import json,sys;from dispatch_solver import Problem\n"
        "from dispatch_solver.bound import bound\n"
        "found=bound(Problem.from_json(json.load(sys.stdin)),seconds=20);print(found.value)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=json.dumps(task.to_json()),
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "DISPATCH_SOLVER_COMPILE": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert float(done.stdout) == pytest.approx(bounded(task).value, rel=1e-6)


def test_the_command_tells_people_and_programs(tmp_path: Path) -> None:
    task = day(2, 6, 5)
    paths = tmp_path / "problem.json", tmp_path / "plan.json"
    paths[0].write_text(json.dumps(task.to_json()), "utf-8")
    paths[1].write_text(json.dumps(quick(task).to_json()), "utf-8")
    args = ["bound", str(paths[0]), "--plan", str(paths[1]), "--seconds", "5"]
    told = CliRunner().invoke(app, args)
    assert told.exit_code == 0
    assert "above the best possible" in told.stdout
    figures = json.loads(CliRunner().invoke(app, [*args, "--json"]).stdout)
    assert figures["value"] <= figures["plan_value"] + 1e-3
    assert len(figures["certificate"]["tasks"]) == len(task.visits)
    paths[1].write_text("{}", "utf-8")
    assert CliRunner().invoke(app, args).exit_code == 2

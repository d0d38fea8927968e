"""What can be relied on: right plans, the best of small problems, an answer to any input."""

import copy
import gc
import json
import os
import random
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dispatch_solver import (
    InvalidPlan,
    InvalidProblem,
    Plan,
    Problem,
    Technician,
    Visit,
    check,
    solve,
)
from dispatch_solver.search.engines import ENGINES
from tests.solver.build import quick
from tests.solver.days import laden_day, loose_day, rich_day
from tests.solver.exhaust import Tiers, best
from tests.solver.spoil import spoilt, spoilt_plan

pytestmark = pytest.mark.rule("DSP-2")
slow = pytest.mark.slow


def tiers(plan: Plan) -> Tiers:
    return plan.terms.tier1, plan.terms.tier2, plan.terms.tier3


def no_worse(one: Tiers, other: Tiers) -> bool:
    """Tier by tier; figures that differ by rounding alone are equal."""
    for mine, theirs in zip(one, other, strict=True):
        if mine != pytest.approx(theirs, rel=1e-9, abs=1e-3):
            return mine < theirs
    return True


def several(fast: int, many: int) -> pytest.MarkDecorator:
    """Seeds: the first few in every run, the rest in the long one."""
    rest = [pytest.param(seed, marks=slow) for seed in range(fast, many)]
    return pytest.mark.parametrize("seed", [*range(fast), *rest])


# Every plan of every engine passes the check.

# One turn of OR-Tools ends with its time, not with its steps.
SECONDS = dict.fromkeys(ENGINES, 30.0) | {"routing": 0.6}


@pytest.mark.parametrize("engine", sorted(ENGINES))
@several(6, 150)
def test_every_plan_of_every_engine_passes_the_check(engine: str, seed: int) -> None:
    rng = random.Random(f"{engine} {seed}")
    make = laden_day if seed % 3 else rich_day
    problem = make(rng.randint(1, 7), rng.randint(0, 26), seed)
    steps = rng.randint(0, 12)
    first = solve(problem, seconds=SECONDS[engine], engine=engine, iterations=steps, seed=seed)
    assert check(problem, first) == []
    assert len(first.unplaced) == first.terms.unserved
    again = quick(problem, iterations=3, seed=seed + 1, warm_start=first)
    assert check(problem, again) == []
    assert no_worse(tiers(again), tiers(first))


# Small problems: the enumerator tries everything.


def small(seed: int, most: int) -> Problem:
    rng = random.Random(seed)
    people = rng.randint(1, 3)
    return loose_day(people, rng.randint(1, most - (people == 3)), seed)


def assert_best(problem: Problem, plan: Plan) -> None:
    assert check(problem, plan) == []
    assert tiers(plan) == pytest.approx(best(problem), rel=1e-9, abs=1e-3)


@several(12, 40)
def test_the_best_plan_of_a_small_problem_is_found(seed: int) -> None:
    problem = small(seed, 5)
    assert_best(problem, quick(problem, iterations=150, seed=seed))


@slow
def test_no_plan_of_seven_visits_beats_the_best_and_most_are_the_best() -> None:
    reached, seeds = 0, range(100, 220)
    for seed in seeds:
        problem = loose_day(1 + seed % 2, 7, seed)
        plan, least = quick(problem, iterations=2000, seed=seed), best(problem)
        assert check(problem, plan) == [], seed
        assert no_worse(least, tiers(plan)), seed
        reached += no_worse(tiers(plan), least)
    print(f"{reached} of {len(seeds)} are the best there is")
    assert reached >= 0.95 * len(seeds)


# A problem with a rule relaxed has no worse plan.


def _visits(change: Callable[[Visit], dict[str, Any]]) -> Callable[[Problem], Problem]:
    return lambda problem: replace(
        problem, visits=tuple(replace(visit, **change(visit)) for visit in problem.visits)
    )


def _shifts(**changes: Any) -> Callable[[Problem], Problem]:
    def relax(problem: Problem) -> Problem:
        people = tuple(
            replace(p, shifts=tuple(replace(shift, **changes) for shift in p.shifts))
            for p in problem.technicians
        )
        return replace(problem, technicians=people)

    return relax


def _one_more(problem: Problem) -> Problem:
    """One more technician, for whom no fair share makes staying at home cost anything."""
    first = problem.technicians[0]
    shifts = tuple(replace(shift, fair_share=None) for shift in first.shifts)
    more = Technician("more", shifts, first.skills, first.travel)
    return replace(problem, technicians=(*problem.technicians, more))


def _wider(visit: Visit) -> dict[str, Any]:
    return {"windows": tuple(replace(w, end=w.end + 3600) for w in visit.windows)}


def _any_position(visit: Visit) -> dict[str, Any]:
    # The pin itself is no restriction alone: it stands above trade, level and names.
    return {"pinned": visit.pinned and replace(visit.pinned, position=None)}


RELAXATIONS: dict[str, Callable[[Problem], Problem]] = {
    "wider windows": _visits(_wider),
    "no refusals": _visits(lambda _: {"refused": ()}),
    "nobody named": _visits(lambda _: {"named": ()}),
    "any site": _visits(lambda _: {"site": None}),
    "no release": _visits(lambda _: {"release": 0}),
    "no load": _visits(lambda _: {"load": 0}),
    "pinned at any position": _visits(_any_position),
    "more overtime": _shifts(overtime_limit=2 * 3600),
    "no work limit": _shifts(work_limit=None),
    "no capacity": _shifts(capacity=None),
    "no breaks": _shifts(breaks=()),
    "one more technician": _one_more,
}


@pytest.mark.parametrize("name", RELAXATIONS)
@several(3, 25)
def test_a_relaxed_problem_is_never_worse(name: str, seed: int) -> None:
    problem = loose_day(2, 4, 1000 + seed)
    relaxed = RELAXATIONS[name](problem)
    plan = quick(relaxed, iterations=150, seed=seed)
    assert check(relaxed, plan) == []
    assert no_worse(tiers(plan), best(problem))


# Any input gets an answer: every fault, or a right plan.

DOCUMENTS = [json.loads(json.dumps(laden_day(3, 7, seed).to_json())) for seed in range(8)]


def answer(document: Any) -> None:
    """Listed faults, each complete, or a plan that passes the check; nothing else is raised."""
    try:
        problem = Problem.from_json(document)
        plan = solve(problem, seconds=20, iterations=2)
    except InvalidProblem as error:
        faults = error.faults
    else:
        assert check(problem, plan) == []
        return
    assert faults
    for fault in faults:
        assert fault.code
        assert fault.where
        assert fault.cause
        assert fault.remedy


@several(6, 200)
def test_a_bad_problem_gets_faults_or_a_right_plan(seed: int) -> None:
    """Fifty problems a seed: 300 in every run, 10,000 in the long one."""
    for number in range(50 * seed, 50 * seed + 50):
        rng = random.Random(number)
        document = spoilt(rng, copy.deepcopy(DOCUMENTS[number % len(DOCUMENTS)]))
        try:
            answer(document)
        except Exception as error:
            raise AssertionError(f"problem {number}: {error!r}") from error


@several(4, 60)
def test_a_bad_plan_is_judged_and_makes_no_harm_as_a_start(seed: int) -> None:
    """What can be read gets violations or none, and the search takes over what holds of it."""
    problem = laden_day(3, 8, seed)
    right = quick(problem, iterations=2, seed=seed)
    text = json.dumps(right.to_json())
    for number in range(25 * seed, 25 * seed + 25):
        try:
            plan = Plan.from_json(spoilt_plan(random.Random(number), json.loads(text)))
        except InvalidPlan:
            continue
        for violation in check(problem, plan):
            assert violation.code, number
            assert violation.detail, number
        again = quick(problem, iterations=1, warm_start=plan)
        assert check(problem, again) == [], number


# Memory stays flat.

WARM_UP_S, MOST_GROWTH_KB = 20.0, 12_000


def resident_kb() -> int:
    """What this process holds of the machine's memory."""
    for line in Path("/proc/self/status").read_text("utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise AssertionError("no VmRSS")


@slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_memory_stays_flat() -> None:
    """Problem after problem; DISPATCH_MEMORY_SECONDS says for how long (an hour is 3600)."""
    seconds = float(os.environ.get("DISPATCH_MEMORY_SECONDS", "120"))
    # The first search of a machine waits for the compiler.
    quick(laden_day(3, 9, 0), iterations=10)
    begun, settled, count = time.monotonic(), None, 0
    while (elapsed := time.monotonic() - begun) < WARM_UP_S + seconds:
        count += 1
        problem = laden_day(2 + count % 5, 5 + count % 23, count % 40)
        plan = quick(problem, iterations=10, seed=count)
        assert check(problem, plan) == []
        if elapsed >= WARM_UP_S and settled is None:
            gc.collect()
            settled = resident_kb()
    gc.collect()
    assert settled is not None
    grown = resident_kb() - settled
    print(f"{count} problems, {settled} kB, grown by {grown} kB")
    assert grown <= MOST_GROWTH_KB

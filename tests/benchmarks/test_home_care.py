"""The reader, cost and checker of home care instances, on an instance made up here."""

import json
import os
from dataclasses import replace
from itertools import permutations, product
from pathlib import Path
from typing import Any

import pytest

from benchmarks import home_care
from dispatch_solver import check, solve, validate


def data() -> dict[str, Any]:
    """Two single visits, one by two people at once, one by two people with a gap of 5 to 20."""
    one = {"required_caregivers": [{"service": "s1", "duration": 10.0}]}
    two = {
        "required_caregivers": [
            {"service": "s1", "duration": 10.0},
            {"service": "s2", "duration": 15.0},
        ]
    }
    return {
        "patients": [
            {"id": "a", "time_window": [0.0, 10.0], **one},
            {"id": "b", "time_window": [30.0, 40.0], **one},
            {
                "id": "c",
                "time_window": [0.0, 60.0],
                **two,
                "synchronization": {"type": "simultaneous"},
            },
            {
                "id": "d",
                "time_window": [0.0, 200.0],
                **two,
                "synchronization": {"type": "sequential", "distance": [5, 20]},
            },
        ],
        "caregivers": [
            {"id": "x", "abilities": ["s1", "s2"]},
            {"id": "y", "abilities": ["s2", "s1"]},
            {"id": "z", "abilities": ["s1"]},
        ],
        "distances": [[abs(i - j) * 7.125 for j in range(5)] for i in range(5)],
    }


@pytest.fixture
def small(tmp_path: Path) -> home_care.Instance:
    path = tmp_path / "small.json"
    path.write_text(json.dumps(data()))
    return home_care.read(path)


# Patients 0 and 1 singly, 2 together, 3 one after the other.
GOOD: list[list[home_care.Task]] = [[(0, 0), (2, 0), (3, 0)], [(2, 1), (3, 1)], [(1, 0)]]


def test_the_instance_is_read_in_thousandths(small: home_care.Instance):
    assert small.distance[0, 1] == 7125
    assert small.patients[3].gap == (5000, 20000)
    assert small.patients[2].gap == (0, 0)
    assert small.caregivers[2] == frozenset({"s1"})


def test_starts_keep_orders_and_gaps(small: home_care.Instance):
    at = home_care.starts(small, GOOD)
    assert at is not None
    # x: 7.125 to a, 10 there, 14.25 to c: 31.375. y comes at 21.375 and waits for x.
    assert at[0, 0] == 7125
    assert at[2, 0] == at[2, 1] == 31375
    # x leaves c at 41.375 and comes to d at 48.5; y stays until 46.375, so comes at 53.5: the
    # earliest, 5 after x.
    assert (at[3, 0], at[3, 1]) == (48500, 53500)


def test_cost_is_a_third_of_distance_and_tardiness(small: home_care.Instance):
    routes: list[list[home_care.Task]] = [
        [(1, 0), (0, 0), (2, 0), (3, 0)],
        [(2, 1), (3, 1)],
        [],
    ]
    # b at 30, a at 47.125 (37.125 late), c at 71.375 (11.375 late, both services).
    cost = home_care.cost(small, routes)
    assert cost.total_tardiness == pytest.approx(37.125 + 2 * 11.375)
    assert cost.max_tardiness == pytest.approx(37.125)
    legs = 7.125 * (2 + 1 + 2 + 1 + 4) + 7.125 * (3 + 1 + 4)
    assert cost.distance == pytest.approx(legs)
    assert cost.total == pytest.approx((legs + 37.125 + 22.75 + 37.125) / 3)


@pytest.mark.parametrize(
    ("routes", "fault"),
    [
        ([[(0, 0)], [], []], "1 of 6 services, 1 stops"),
        ([[(0, 0), (2, 0), (3, 0)], [], [(1, 0), (2, 1), (3, 1)]], "does not offer service 1"),
        ([[(0, 0), (2, 0), (2, 1), (3, 0)], [(3, 1)], [(1, 0)]], "both services of a patient"),
        ([[(2, 0), (3, 0), (0, 0)], [(3, 1), (2, 1)], [(1, 0)]], "contradict each other"),
    ],
)
def test_every_broken_rule_is_told(
    small: home_care.Instance, routes: list[list[home_care.Task]], fault: str
):
    assert any(fault in told for told in home_care.faults(small, routes))


def test_what_is_no_instance_is_refused(tmp_path: Path):
    path = tmp_path / "bad.json"
    for text in ("[]", "{}", "no json", json.dumps(data() | {"distances": [[0.0]]})):
        path.write_text(text)
        with pytest.raises(home_care.UnreadableInstance, match=r"bad\.json"):
            home_care.read(path)


def every_solution(instance: home_care.Instance):
    """All assignments and orders of the small instance."""
    tasks = [(p, s) for p, pa in enumerate(instance.patients) for s in range(len(pa.services))]
    for owners in product(range(len(instance.caregivers)), repeat=len(tasks)):
        mine = [
            [t for t, c in zip(tasks, owners, strict=True) if c == k]
            for k in range(len(instance.caregivers))
        ]
        for routes in product(*(permutations(own) for own in mine)):
            yield [list(route) for route in routes]


def test_our_plan_is_a_solution_and_its_third_tier_is_the_published_cost(
    small: home_care.Instance,
):
    # Two people, and both who visit together are wanted sooner than they can come.
    soon = [replace(patient, window=(0, 20_000)) for patient in small.patients[2:]]
    small = replace(small, caregivers=small.caregivers[:2], patients=(*small.patients[:2], *soon))
    problem = home_care.to_problem(small)
    assert validate(problem) == []
    plan = solve(problem, seconds=30, iterations=40, seed=1)
    assert check(problem, plan) == []
    routes = home_care.from_plan(plan)
    assert home_care.faults(small, routes) == []
    assert (plan.terms.tier1, plan.terms.tier2) == (0, 0)
    assert plan.terms.late_s > plan.terms.worst_late_s > 0
    assert plan.terms.cost / home_care.COST_UNIT == pytest.approx(
        home_care.cost(small, routes).total
    )
    least = min(
        home_care.cost(small, routes).total
        for routes in every_solution(small)
        if not home_care.faults(small, routes)
    )
    assert home_care.cost(small, routes).total >= least - 1e-9


def test_published_instances_are_read():
    folder = os.environ.get("DISPATCH_BENCH_DATA")
    if folder is None or not (Path(folder) / "hhcrsp").is_dir():
        pytest.skip("no published instances: set DISPATCH_BENCH_DATA to their folder")
    best = home_care.best_known(Path(folder) / "hhcrsp")
    for path in sorted((Path(folder) / "hhcrsp").glob("*.json")):
        assert validate(home_care.to_problem(home_care.read(path))) == []
        assert best[path.name] > 0

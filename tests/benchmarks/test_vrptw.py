"""The reader and checker of vehicle routing instances, on an instance made up here."""

import math
import os
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import vrptw
from dispatch_solver import check, solve, validate

TEXT = """TINY

VEHICLE
NUMBER     CAPACITY
  2         10

CUSTOMER
CUST NO.  XCOORD.   YCOORD.    DEMAND   READY TIME  DUE DATE   SERVICE   TIME

    0      0         0          0          0        100          0
    1      3         4          6          0         50         10
    2      6         8          4         30         60         10
    3      1         1          5          0         20         10
"""


@pytest.fixture
def tiny(tmp_path: Path) -> vrptw.Instance:
    path = tmp_path / "tiny.txt"
    path.write_text(TEXT)
    return vrptw.read(path)


def test_figures_are_tenths_and_distances_are_cut(tiny: vrptw.Instance):
    assert (tiny.name, tiny.vehicles, tiny.capacity) == ("TINY", 2, 10)
    assert tiny.demand == (0, 6, 4, 5)
    assert tiny.windows[2] == (300, 600)
    assert tiny.service == (0, 100, 100, 100)
    # From (1, 1) to the depot: 1.414 becomes 1.4.
    assert tiny.distance[0, 3] == 14
    assert tiny.distance[1, 3] == math.floor(10 * math.sqrt(4 + 9))


def test_length_is_the_sum_of_cut_distances(tiny: vrptw.Instance):
    assert vrptw.length(tiny, [[1, 2], [3]]) == pytest.approx(5.0 + 5.0 + 10.0 + 1.4 + 1.4)
    assert vrptw.faults(tiny, [[1, 2], [3]]) == []


@pytest.mark.parametrize(
    ("routes", "fault"),
    [
        ([[1, 2]], "2 of 3 customers, 2 stops"),
        ([[1, 2], [3, 1]], "3 of 3 customers, 4 stops"),
        ([[1], [2], [3]], "3 vehicles, 2 allowed"),
        ([[3, 1], [2]], "route 0 carries 11, 10 allowed"),
        ([[2, 3], [1]], "route 0 comes too late to 3"),
    ],
)
def test_every_broken_rule_is_told(tiny: vrptw.Instance, routes: list[list[int]], fault: str):
    assert fault in vrptw.faults(tiny, routes)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no line with number of vehicles"),
        (TEXT.replace("    2      6", "    5      6"), "customer 2 is not a line of 7 numbers"),
        (TEXT.replace("    2      6", "    2      6.5"), "customer 2 has broken numbers"),
    ],
)
def test_what_is_no_instance_is_refused(tmp_path: Path, text: str, told: str):
    path = tmp_path / "bad.txt"
    path.write_text(text)
    with pytest.raises(vrptw.UnreadableInstance, match=told):
        vrptw.read(path)


def test_as_a_problem_it_is_solved_to_the_same_length(tiny: vrptw.Instance):
    problem = vrptw.to_problem(tiny)
    assert validate(problem) == []
    plan = solve(problem, seconds=0.5, engine="construct")
    assert check(problem, plan) == []
    routes = [[int(stop.visit[1:]) for stop in route.stops] for route in plan.routes]
    assert vrptw.faults(tiny, routes) == []
    assert vrptw.length(tiny, routes) == plan.terms.travel_s / 10


def test_a_plan_of_the_problem_that_carries_too_much_is_found_out(tiny: vrptw.Instance):
    problem = vrptw.to_problem(tiny)
    people = tuple(
        replace(person, shifts=(replace(person.shifts[0], capacity=None),))
        for person in problem.technicians[:1]
    )
    plan = solve(replace(problem, technicians=people), seconds=0.5, engine="construct")
    assert len(plan.routes[0].stops) == 3
    assert "CAPACITY" in {violation.code for violation in check(problem, plan)}


def test_published_instances_are_read():
    folder = os.environ.get("DISPATCH_BENCH_DATA")
    if folder is None or not (Path(folder) / "vrptw").is_dir():
        pytest.skip("no published instances: set DISPATCH_BENCH_DATA to their folder")
    best = vrptw.best_known(Path(folder) / "vrptw")
    for path in sorted((Path(folder) / "vrptw").glob("*.txt")):
        instance = vrptw.read(path)
        assert len(instance.demand) in (101, 201, 401)
        assert best[path.stem] > 0

"""What a route carries for all its stops is within the shift's capacity."""

import pytest

from dispatch_solver import Need, Started, check
from tests.solver.build import HOUR, job, person, problem, quick, who
from tests.solver.by_hand import codes, lay_out

STOPS = {"ann": [("a", 9 * HOUR), ("b", 10 * HOUR)]}


@pytest.mark.parametrize(
    ("capacity", "found"), [(10, set()), (9, {"CAPACITY"}), (0, {"CAPACITY"}), (None, set())]
)
def test_up_to_the_capacity(capacity: int | None, found: set[str]) -> None:
    task = problem([person(capacity=capacity)], [job("a", load=6), job("b", load=4)])
    assert codes(task, lay_out(task, STOPS)) == found


def test_each_crew_member_takes_the_load() -> None:
    people = [person("ann", capacity=5), person("bob", capacity=4)]
    task = problem(people, [job(needs=(Need(), Need()), load=5)])
    both = {"ann": [("tap", 9 * HOUR)], "bob": [("tap", 1, 9 * HOUR)]}
    assert codes(task, lay_out(task, both)) == {"CAPACITY"}


def test_begun_work_alone_is_a_fact() -> None:
    visits = [job("a", load=6, started=Started("ann", 9 * HOUR)), job("b", load=1)]
    task = problem([person(capacity=5)], visits)
    assert codes(task, lay_out(task, {"ann": [("a", 9 * HOUR)]})) == set()
    assert codes(task, lay_out(task, STOPS)) == {"CAPACITY"}


@pytest.mark.parametrize("engine", ["auto", "routing", "construct"])
def test_every_engine_keeps_it(engine: str) -> None:
    visits = [job(name, place, load=4) for place, name in enumerate("abcdef", start=3)]
    task = problem([person("ann", capacity=8), person("bob", capacity=13)], visits)
    plan = quick(task, engine=engine, iterations=3, seconds=1.0)
    assert check(task, plan) == []
    loads = {route.technician: 4 * len(route.stops) for route in plan.routes}
    assert loads == {"ann": 8, "bob": 12}
    assert len(who(plan)) == 5


def test_why_not_tells_how_many_units_are_missing() -> None:
    task = problem([person(capacity=9)], [job("a", load=6), job("b", load=5)])
    plan = quick(task)
    left = plan.unplaced[0]
    blocked = [(b.technician, b.rule, b.by) for b in left.technicians]
    assert blocked == [("ann", "CAPACITY", 2)]

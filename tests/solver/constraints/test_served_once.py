"""Every visit is served once or left out once; every shift has one route at most."""

from dataclasses import replace

from dispatch_solver import Unplaced
from tests.solver.build import HOUR, job, person, problem
from tests.solver.by_hand import codes, lay_out, with_figures

TASK = problem([person("ann"), person("bob")], [job("tap"), job("sink", 7)])
KEEPS = lay_out(TASK, {"ann": [("tap", 9 * HOUR)]})


def test_served_once_or_left_out_once() -> None:
    assert codes(TASK, KEEPS) == set()


def test_nobody_may_be_forgotten_or_left_out_twice() -> None:
    assert codes(TASK, replace(KEEPS, unplaced=())) == {"NOT_ACCOUNTED"}
    assert codes(TASK, replace(KEEPS, unplaced=KEEPS.unplaced * 2)) == {"NOT_ACCOUNTED"}


def test_served_and_left_out_at_once() -> None:
    both = replace(KEEPS, unplaced=(*KEEPS.unplaced, Unplaced("tap", "X")))
    assert codes(TASK, both) == {"PLACED_AND_LEFT_OUT"}


def test_served_twice() -> None:
    twice = {"ann": [("tap", 9 * HOUR)], "bob": [("tap", 9 * HOUR)]}
    assert codes(TASK, lay_out(TASK, twice)) == {"VISIT_TWICE"}


def test_two_routes_for_one_shift() -> None:
    other = lay_out(TASK, {"ann": [("sink", 12 * HOUR)]}).routes[0]
    doubled = replace(KEEPS, routes=(*KEEPS.routes, other), unplaced=())
    assert "ROUTE_TWICE" in codes(TASK, with_figures(TASK, doubled))

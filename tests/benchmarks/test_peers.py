"""Every adapter, on a day of five technicians: plans our checker accepts, reasons where none."""

import pytest

from benchmarks.arenas import ARENAS, measure_bound, measure_day
from benchmarks.days import DayKind, day
from benchmarks.entrant import Entrant
from benchmarks.features import features, missing
from benchmarks.vrptw import faults, read
from dispatch_solver import Plan, check
from dispatch_solver.bound import Bound
from tests.benchmarks.test_vrptw import TEXT

PLAIN = DayKind(technicians=5)
HARD = DayKind(technicians=5, lunch=True, crews=True, balance=True, windows=True, bursts=True)
DAYS = {entrant.name: entrant for entrant in ARENAS["days"].entrants}
VRPTW = {entrant.name: entrant for entrant in ARENAS["vrptw"].entrants}


def need(entrant: Entrant) -> None:
    if entrant.installed() is None:
        pytest.skip(f"{entrant.package} is not installed (requirements-bench.txt)")


@pytest.mark.parametrize("name", DAYS)
def test_a_plain_day_is_planned_by_every_entrant(name: str):
    entrant, problem = DAYS[name], day(PLAIN, 1)
    need(entrant)
    assert entrant.refuses(problem) is None
    assert entrant.blind(problem) == ()
    plan = entrant.solve(problem, 1.0, 1).result
    assert isinstance(plan, Plan)
    assert check(problem, plan) == []
    # Half the visits is little to ask, but nobody gets there by leaving out whatever is hard.
    assert plan.terms.unserved < len(problem.visits) / 2


@pytest.mark.parametrize("name", ["dispatch", "dispatch-routing", "ortools-gls", "ortools-ils"])
def test_a_day_with_everything_is_planned_where_it_can_be_said(name: str):
    entrant, problem = DAYS[name], day(HARD, 2)
    assert entrant.refuses(problem) is None
    plan = entrant.solve(problem, 2.0, 1).result
    assert isinstance(plan, Plan)
    assert check(problem, plan) == []
    served = {stop.visit for route in plan.routes for stop in route.stops}
    assert any(len(v.needs) > 1 and v.id in served for v in problem.visits)


def test_vroom_takes_the_break_and_says_that_it_does_not_see_balance():
    entrant = DAYS["vroom"]
    need(entrant)
    problem = day(DayKind(technicians=5, lunch=True, balance=True), 1)
    assert entrant.blind(problem) == ("balance",)
    plan = entrant.solve(problem, 1.0, 1).result
    assert isinstance(plan, Plan)
    assert check(problem, plan) == []
    assert all(len(route.breaks) == 1 for route in plan.routes if route.stops)


def test_what_a_peer_cannot_express_is_named():
    assert DAYS["pyvrp"].refuses(day(HARD, 1)) == "cannot express: breaks, crews"
    assert DAYS["vroom"].refuses(day(HARD, 1)) == "cannot express: crews"


def test_features_are_rules_and_terms():
    assert features(day(PLAIN, 1)) == {"several windows"}
    assert features(day(HARD, 1)) == {"several windows", "breaks", "crews", "balance"}
    assert missing(day(HARD, 1), frozenset({"breaks", "crews", "several windows"})) is None


def test_a_plan_that_breaks_a_rule_does_not_count():
    problem = day(PLAIN, 1)
    plan = DAYS["dispatch"].solve(problem, 1.0, 1).result
    assert isinstance(plan, Plan)
    broken = Plan(plan.routes[1:], plan.unplaced, plan.terms)
    assert measure_day(problem, plan).faults == ()
    assert measure_day(problem, broken).faults != ()


@pytest.mark.parametrize("name", VRPTW)
def test_a_small_routing_instance_is_solved_by_every_entrant(name: str, tmp_path):
    entrant = VRPTW[name]
    need(entrant)
    path = tmp_path / "tiny.txt"
    path.write_text(TEXT)
    instance = read(path)
    routes = entrant.solve(instance, 1.0, 1).result
    assert isinstance(routes, list)
    found = faults(instance, routes)
    # Loads are the one thing an entrant may say it does not see.
    assert found == [] or (entrant.blind(instance) == ("load",) and "carries" in found[0])


def test_the_bound_is_below_a_plan_that_our_checker_accepts():
    entrant, problem = ARENAS["bound"].entrants[0], day(DayKind(technicians=3), 1)
    found = entrant.solve(problem, 3.0, 1).result
    assert isinstance(found, Bound)
    measure = measure_bound(problem, found)
    assert measure.faults == ()
    assert 0.0 <= measure.value < 100.0

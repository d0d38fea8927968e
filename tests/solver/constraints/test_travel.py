"""Between two stops there is time for the way and for the rests taken on it."""

from dataclasses import replace

from dispatch_solver import Break
from tests.solver.build import HOUR, MINUTE, job, person, problem, with_route, with_stop
from tests.solver.by_hand import codes, lay_out

TASK = problem([person()], [job("near", 5), job("far", 25)])


def test_twenty_minutes_of_way_take_twenty_minutes() -> None:
    # From 9:00 to 9:30 at place 5, then 20 minutes to place 25.
    there = {"ann": [("near", 9 * HOUR), ("far", 9 * HOUR + 50 * MINUTE)]}
    assert codes(TASK, lay_out(TASK, there)) == set()
    soon = {"ann": [("near", 9 * HOUR), ("far", 9 * HOUR + 50 * MINUTE - 1)]}
    assert codes(TASK, lay_out(TASK, soon)) == {"TRAVEL_TIME", "ARRIVAL"}


def test_a_rest_on_the_way_takes_its_time_too() -> None:
    rest = Break(9 * HOUR, 10 * HOUR, 15 * MINUTE)
    task = problem([person(breaks=(rest,))], TASK.visits)
    taken = {"ann": [(9 * HOUR + 30 * MINUTE, 9 * HOUR + 45 * MINUTE, 1)]}
    for wait, found in ((0, set()), (-1, {"TRAVEL_TIME"})):
        far = 9 * HOUR + (30 + 20 + 15) * MINUTE + wait
        plan = lay_out(task, {"ann": [("near", 9 * HOUR), ("far", far)]}, rests=taken)
        assert codes(task, plan) == found


def test_arrival_lies_between_the_way_and_the_start() -> None:
    plan = lay_out(TASK, {"ann": [("near", 9 * HOUR)]})
    for arrive in (8 * HOUR + 5 * MINUTE, 9 * HOUR):
        assert codes(TASK, with_stop(plan, "near", arrive=arrive)) == set()
    for arrive in (8 * HOUR + 5 * MINUTE - 1, 9 * HOUR + 1):
        assert codes(TASK, with_stop(plan, "near", arrive=arrive)) == {"ARRIVAL"}


def test_the_way_back_counts() -> None:
    plan = lay_out(TASK, {"ann": [("far", 9 * HOUR)]})
    home = with_route(plan, 0, replace(plan.routes[0], end=plan.routes[0].end - 1))
    assert codes(TASK, home) == {"TRAVEL_TIME"}

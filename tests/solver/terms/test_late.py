"""Lateness weighed against travel, counted for every crew member."""

from dispatch_solver import Need
from tests.solver.build import HOUR, MINUTE, job, person, problem
from tests.solver.counted import counted, only


def test_every_crew_member_is_late() -> None:
    # Both come at 8:05, five minutes late; the first goes on to what is due a minute before 8:35.
    crew = (Need(), Need())
    visits = [job(due=8 * HOUR, needs=crew), job("sink", 5, due=8 * HOUR + 34 * MINUTE)]
    weights = only(late_second=0.5)
    task = problem([person("ann"), person("bob")], visits, weights=weights)
    terms = counted(task, {"ann": ["tap", "sink"], "bob": [("tap", 1)]})
    assert (terms.late_s, terms.tier2, terms.tier3) == (11 * MINUTE, 0.0, 330.0)
    assert terms.lateness == 6 * MINUTE

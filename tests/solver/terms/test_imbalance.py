"""Unequal work: squared hours from the fair share, of every shift that has one."""

import pytest

from tests.solver.build import HOUR, job, person, problem
from tests.solver.counted import counted, only

WEIGHTS = only(imbalance=100.0)


def test_squared_hours_from_the_fair_share() -> None:
    # ann: 10 min of travel, 110 of work and one hour before: 3 h against 2; bob: none against 2;
    # eve is not balanced.
    people = [
        person("ann", fair_share=2 * HOUR, used_work=HOUR),
        person("bob", fair_share=2 * HOUR),
        person("eve"),
    ]
    task = problem(people, [job(minutes=110), job("b")], weights=WEIGHTS)
    terms = counted(task, {"ann": ["tap"], "eve": ["b"]})
    assert terms.imbalance == pytest.approx(1.0 + 4.0)
    assert terms.tier3 == pytest.approx(500.0)


def test_waiting_is_no_work() -> None:
    late = job(minutes=110, release=14 * HOUR)
    task = problem([person(fair_share=2 * HOUR)], [late], weights=WEIGHTS)
    assert counted(task, {"ann": ["tap"]}).imbalance == 0.0

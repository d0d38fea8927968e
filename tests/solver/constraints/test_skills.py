"""Everybody has every trade their part of the visit needs, at its least level."""

import pytest

from dispatch_solver import Need, Pin
from tests.solver.build import HOUR, job, person, problem
from tests.solver.by_hand import codes, lay_out


@pytest.mark.parametrize(
    ("skills", "found"),
    [
        ({"plumbing": 2, "gas": 1}, set()),
        ({"plumbing": 3, "gas": 3}, set()),
        ({"plumbing": 1, "gas": 1}, {"SKILL"}),
        ({"plumbing": 2}, {"SKILL"}),
        ({}, {"SKILL"}),
    ],
)
def test_every_trade_at_its_least_level(skills: dict[str, int], found: set[str]) -> None:
    task = problem([person(skills=skills)], [job(needs=(Need({"plumbing": 2, "gas": 1}),))])
    assert codes(task, lay_out(task, {"ann": [("tap", 9 * HOUR)]})) == found


def test_a_pin_stands_above_it() -> None:
    task = problem([person(skills={})], [job(pinned=Pin("ann"))])
    assert codes(task, lay_out(task, {"ann": [("tap", 9 * HOUR)]})) == set()

"""Two visits that are tied are served by the same technicians, or by nobody in common."""

from typing import Literal

import pytest

from dispatch_solver import Started, Tie
from tests.solver.build import HOUR, job, person, problem
from tests.solver.by_hand import At, codes, lay_out

ONE: dict[str, list[At]] = {"ann": [("a", 9 * HOUR), ("b", 10 * HOUR)]}
TWO: dict[str, list[At]] = {"ann": [("a", 9 * HOUR)], "bob": [("b", 10 * HOUR)]}
HALF: dict[str, list[At]] = {"ann": [("a", 9 * HOUR)]}


@pytest.mark.parametrize(
    ("kind", "routes", "found"),
    [
        ("same", ONE, set()),
        ("same", TWO, {"TIE"}),
        ("same", HALF, set()),
        ("different", ONE, {"TIE"}),
        ("different", TWO, set()),
        ("different", HALF, set()),
    ],
)
def test_same_and_different_people(
    kind: Literal["same", "different"], routes: dict[str, list[At]], found: set[str]
) -> None:
    visits = [job("a"), job("b")]
    task = problem([person("ann"), person("bob")], visits, ties=(Tie(kind, ("a", "b")),))
    assert codes(task, lay_out(task, routes)) == found


def test_who_began_both_is_a_fact() -> None:
    visits = [
        job(name, started=Started(who, 9 * HOUR)) for name, who in (("a", "ann"), ("b", "bob"))
    ]
    people, same = [person("ann"), person("bob")], (Tie("same", ("a", "b")),)
    begun = {"ann": [("a", 9 * HOUR)], "bob": [("b", 9 * HOUR)]}
    task = problem(people, visits, ties=same)
    assert codes(task, lay_out(task, begun)) == set()
    task = problem(people, [visits[0], job("b")], ties=same)
    assert codes(task, lay_out(task, begun)) == {"TIE"}

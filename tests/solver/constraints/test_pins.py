"""A pinned visit is served as a person decided, or left out."""

import pytest

from dispatch_solver import Need, Pin
from tests.solver.build import HOUR, job, person, problem
from tests.solver.by_hand import At, codes, lay_out

PEOPLE = [person("ann"), person("bob")]
SECOND: list[At] = [("other", 9 * HOUR), ("tap", 10 * HOUR)]


@pytest.mark.parametrize(
    ("pin", "found"),
    [
        (Pin("ann"), set()),
        (Pin("ann", 10 * HOUR), set()),
        (Pin("ann", position=1), set()),
        (Pin("bob"), {"PINNED"}),
        (Pin("ann", 10 * HOUR + 1), {"PINNED"}),
        (Pin("ann", position=0), {"PINNED"}),
    ],
)
def test_by_whom_when_and_where(pin: Pin, found: set[str]) -> None:
    task = problem(PEOPLE, [job("other"), job("tap", pinned=pin)])
    assert codes(task, lay_out(task, {"ann": SECOND})) == found
    assert codes(task, lay_out(task, {})) == set()


def test_the_others_of_a_crew_are_pinned_too() -> None:
    crew = (Need(), Need())
    task = problem(PEOPLE, [job(needs=crew, pinned=Pin("ann", others=("bob",)))])
    right = {"ann": [("tap", 0, 9 * HOUR)], "bob": [("tap", 1, 9 * HOUR)]}
    assert codes(task, lay_out(task, right)) == set()
    crossed = {"ann": [("tap", 1, 9 * HOUR)], "bob": [("tap", 0, 9 * HOUR)]}
    assert codes(task, lay_out(task, crossed)) == {"PINNED"}

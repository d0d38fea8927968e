"""A visit starts within one of its windows, both ends included."""

import pytest

from dispatch_solver import Pin, Window
from tests.solver.build import HOUR, job, person, problem
from tests.solver.by_hand import codes, lay_out

WINDOWS = (Window(9 * HOUR, 10 * HOUR), Window(14 * HOUR, 15 * HOUR))


@pytest.mark.parametrize(
    ("start", "found"),
    [
        (9 * HOUR, set()),
        (10 * HOUR, set()),
        (15 * HOUR, set()),
        (9 * HOUR - 1, {"WINDOW"}),
        (10 * HOUR + 1, {"WINDOW"}),
        (15 * HOUR + 1, {"WINDOW"}),
    ],
)
def test_starts_in_and_outside_of_windows(start: int, found: set[str]) -> None:
    task = problem([person()], [job(windows=WINDOWS)])
    assert codes(task, lay_out(task, {"ann": [("tap", start)]})) == found


def test_a_pinned_start_stands_above_them() -> None:
    task = problem([person()], [job(windows=WINDOWS, pinned=Pin("ann", 12 * HOUR))])
    assert codes(task, lay_out(task, {"ann": [("tap", 12 * HOUR)]})) == set()

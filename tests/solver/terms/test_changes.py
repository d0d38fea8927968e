"""Changes against the plan in force: other people, or the same person at another time."""

import pytest

from dispatch_solver import Current, Need
from tests.solver.build import HOUR, MINUTE, job, person, problem
from tests.solver.counted import counted, only

WEIGHTS = only(change=5.0, change_seconds=600)
# The earliest start at place 5.
START = 8 * HOUR + 5 * MINUTE


@pytest.mark.parametrize(
    ("current", "changes"),
    [
        (None, 0),
        (Current("ann"), 0),
        (Current("ann", START), 0),
        (Current("ann", START + 600), 0),
        (Current("ann", START + 601), 1),
        (Current("ann", START - 601), 1),
        (Current("bob"), 1),
        # Who comes new is not late for what somebody else had planned.
        (Current("bob", START + 5 * HOUR), 1),
    ],
)
def test_one_visit(current: Current | None, changes: int) -> None:
    task = problem([person("ann"), person("bob")], [job(current=current)], weights=WEIGHTS)
    terms = counted(task, {"ann": ["tap"]})
    assert (terms.changes, terms.tier3) == (changes, 5.0 * changes)


def test_each_crew_member_counts() -> None:
    held = Current("bob", START, others=("ann",))
    task = problem(
        [person("ann"), person("bob")], [job(current=held, needs=(Need(), Need()))], weights=WEIGHTS
    )
    assert counted(task, {"ann": ["tap"], "bob": [("tap", 1)]}).changes == 2
    assert counted(task, {"bob": ["tap"], "ann": [("tap", 1)]}).changes == 0

"""What waits for another visit starts when all its crew have ended it, and never without it."""

import pytest

from dispatch_solver import Need, Precedence, Started
from tests.solver.build import HOUR, MINUTE, job, person, problem
from tests.solver.by_hand import codes, lay_out

# The second crew member needs an hour: it ends at 10:00, half an hour after the first.
BEFORE = job("before", needs=(Need(), Need({}, 0, 0, HOUR)))
LINK = Precedence("before", "after", 10 * MINUTE, 20 * MINUTE)
PEOPLE = [person("ann"), person("bob")]
TASK = problem(PEOPLE, [BEFORE, job("after")], precedences=(LINK,))


@pytest.mark.parametrize(
    ("minutes", "found"),
    [(10, set()), (20, set()), (9, {"PRECEDENCE"}), (21, {"PRECEDENCE"}), (-20, {"PRECEDENCE"})],
)
def test_the_gap_counts_from_the_last_end(minutes: int, found: set[str]) -> None:
    crew = {
        "ann": [("before", 9 * HOUR), ("after", 10 * HOUR + minutes * MINUTE)],
        "bob": [("before", 1, 9 * HOUR)],
    }
    assert codes(TASK, lay_out(TASK, crew)) == found


def test_never_without_it() -> None:
    assert codes(TASK, lay_out(TASK, {"ann": [("after", 12 * HOUR)]})) == {"PRECEDENCE"}


def test_what_has_begun_waits_no_longer() -> None:
    begun = job("after", started=Started("ann", 12 * HOUR))
    task = problem(PEOPLE, [BEFORE, begun], precedences=(LINK,))
    assert codes(task, lay_out(task, {"ann": [("after", 12 * HOUR)]})) == set()

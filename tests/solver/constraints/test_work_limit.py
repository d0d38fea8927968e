"""Travel and work on site, with what was done before, stay within the shift's work limit."""

from dispatch_solver import Started
from tests.solver.build import HOUR, MINUTE, job, person, problem
from tests.solver.by_hand import codes, lay_out

# Five minutes out, half an hour of work, five minutes back; the wait until 12 is no work.
WORK = 40 * MINUTE


def found(limit: int, used: int = 0) -> set[str]:
    task = problem([person(work_limit=limit, used_work=used)], [job()])
    return codes(task, lay_out(task, {"ann": [("tap", 12 * HOUR)]}))


def test_up_to_the_limit_and_not_beyond() -> None:
    assert found(WORK) == set()
    assert found(WORK - 1) == {"WORK_LIMIT"}


def test_work_done_before_counts() -> None:
    assert found(WORK + HOUR, HOUR) == set()
    assert found(WORK + HOUR, HOUR + 1) == {"WORK_LIMIT"}


def test_begun_work_alone_is_a_fact() -> None:
    task = problem([person(work_limit=60)], [job(started=Started("ann", 9 * HOUR))])
    assert codes(task, lay_out(task, {"ann": [("tap", 9 * HOUR)]})) == set()

"""A visit does not start before it is released."""

from tests.solver.build import HOUR, job, person, problem
from tests.solver.by_hand import codes, lay_out

TASK = problem([person()], [job(release=10 * HOUR)])


def test_not_before_the_release() -> None:
    assert codes(TASK, lay_out(TASK, {"ann": [("tap", 10 * HOUR)]})) == set()
    assert codes(TASK, lay_out(TASK, {"ann": [("tap", 10 * HOUR - 1)]})) == {"RELEASE"}

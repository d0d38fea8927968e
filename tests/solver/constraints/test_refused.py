"""Nobody goes to a visit from which they are refused."""

from tests.solver.build import HOUR, job, person, problem
from tests.solver.by_hand import codes, lay_out

TASK = problem([person("ann"), person("bob")], [job(refused=("bob",))])


def test_who_is_refused_stays_away() -> None:
    assert codes(TASK, lay_out(TASK, {"ann": [("tap", 9 * HOUR)]})) == set()
    assert codes(TASK, lay_out(TASK, {"bob": [("tap", 9 * HOUR)]})) == {"REFUSED"}

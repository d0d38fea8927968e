"""Where technicians are named, one of them leads the visit; who helps need not be named."""

from dispatch_solver import Need
from tests.solver.build import HOUR, job, person, problem
from tests.solver.by_hand import codes, lay_out

TASK = problem([person("ann"), person("bob")], [job(needs=(Need(), Need()), named=("ann",))])


def test_one_of_the_named_leads() -> None:
    led = {"ann": [("tap", 0, 9 * HOUR)], "bob": [("tap", 1, 9 * HOUR)]}
    assert codes(TASK, lay_out(TASK, led)) == set()
    helped = {"ann": [("tap", 1, 9 * HOUR)], "bob": [("tap", 0, 9 * HOUR)]}
    assert codes(TASK, lay_out(TASK, helped)) == {"NAMED"}

"""Visits left out, each at the weight of its priority."""

from dispatch_solver import Weights
from tests.solver.build import job, person, problem
from tests.solver.counted import counted

TASK = problem(
    [person()],
    [job("tap", priority=1), job("boiler", priority=2), job("gas", priority=2)],
    weights=Weights(unserved={1: 1.5, 2: 10.0}),
)


def test_each_at_its_weight() -> None:
    terms = counted(TASK, {"ann": ["boiler"]})
    assert (terms.unserved, terms.tier1) == (2, 11.5)
    terms = counted(TASK, {"ann": ["boiler", "gas", "tap"]})
    assert (terms.unserved, terms.tier1) == (0, 0.0)

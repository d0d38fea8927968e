"""Distance travelled, the ways out and back included."""

from tests.solver.build import job, person, problem
from tests.solver.counted import counted, only


def test_out_along_and_back() -> None:
    # Half a kilometre a step: 5 steps out, 7 on, 12 back.
    weights = only(travel_metre=0.1)
    task = problem([person()], [job("near", 5), job("far", 12)], weights=weights)
    terms = counted(task, {"ann": ["near", "far"]})
    assert (terms.travel_m, terms.tier3) == (12_000, 1200.0)

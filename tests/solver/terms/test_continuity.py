"""Continuity: a visit that has preferred technicians is made by somebody else."""

from dispatch_solver import Need
from tests.solver.build import job, person, problem
from tests.solver.counted import counted, only

WEIGHTS = only(continuity=7.0)


def test_each_stop_by_somebody_else() -> None:
    visits = [
        job("tap", preferred=("ann",)),
        job("sink", preferred=("bob", "eve")),
        job("free"),
        job("door", preferred=("ann",), needs=(Need(), Need())),
    ]
    people = [person("ann"), person("bob"), person("eve")]
    task = problem(people, visits, weights=WEIGHTS)
    terms = counted(task, {"ann": ["tap", "sink", "free", "door"], "bob": [("door", 1)]})
    assert (terms.continuity, terms.tier3) == (2, 14.0)

"""Technicians used: shifts that have at least one stop."""

from tests.solver.build import job, person, problem
from tests.solver.counted import counted, only


def test_shifts_with_a_stop() -> None:
    people = [person(name) for name in ("ann", "bob", "eve")]
    weights = only(technician_used=40.0)
    task = problem(people, [job("a"), job("b"), job("c")], weights=weights)
    terms = counted(task, {"ann": ["a", "b"], "eve": ["c"]})
    assert (terms.technicians_used, terms.tier3) == (2, 80.0)

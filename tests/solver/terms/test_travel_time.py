"""Time under way, the ways out and back included."""

from dispatch_solver import Started
from tests.solver.build import HOUR, MINUTE, job, person, problem
from tests.solver.counted import counted, only

ONLY = only(travel_second=2.0)


def test_out_along_and_back() -> None:
    # 5 minutes out, 7 on, 12 back.
    task = problem([person()], [job("near", 5), job("far", 12)], weights=ONLY)
    terms = counted(task, {"ann": ["near", "far"]})
    assert (terms.travel_s, terms.tier3) == (24 * MINUTE, 2 * 24 * 60.0)


def test_open_ends_and_begun_work_need_no_way() -> None:
    jobs = [job("near", 5), job("far", 12)]
    open_ends = problem([person(from_place=None, to_place=None)], jobs)
    assert counted(open_ends, {"ann": ["near", "far"]}).travel_s == 7 * MINUTE
    begun = problem([person()], [job("near", 5, started=Started("ann", 9 * HOUR)), jobs[1]])
    assert counted(begun, {"ann": ["near", "far"]}).travel_s == 19 * MINUTE

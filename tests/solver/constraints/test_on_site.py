"""The time on site: the duration at the person's pace, and set-up on coming from elsewhere."""

from dispatch_solver import Need
from dispatch_solver.constraints import Facts
from dispatch_solver.constraints.on_site import CONSTRAINT
from tests.solver.build import HOUR, MINUTE, job, person, problem, with_stop
from tests.solver.by_hand import codes, lay_out

# Thirty minutes at a pace of 1.5: the slower of the two trades needed counts.
SLOW = person(skills={"plumbing": 1, "gas": 1}, pace={"plumbing": 1.5, "gas": 1.2, "lift": 9.0})
TASK = problem(
    [SLOW],
    [job(name, setup=10 * MINUTE, needs=(Need({"plumbing": 1, "gas": 1}),)) for name in "ab"],
)
KEEPS = lay_out(TASK, {"ann": [("a", 9 * HOUR), ("b", 10 * HOUR)]})


def found(**changes: int) -> set[str]:
    facts = Facts.of(TASK, with_stop(KEEPS, "b", **changes))
    return {violation.code for violation in CONSTRAINT.check(facts)}


def test_pace_and_one_set_up_per_place() -> None:
    assert codes(TASK, KEEPS) == set()
    lengths = [stop.end - stop.start for stop in KEEPS.routes[0].stops]
    assert lengths == [55 * MINUTE, 45 * MINUTE]


def test_work_cut_short_or_set_up_made_up() -> None:
    assert found(end=10 * HOUR + 45 * MINUTE - 1) == {"ON_SITE_TIME"}
    assert found(end=10 * HOUR + 45 * MINUTE + 1) == {"ON_SITE_TIME"}
    assert found(setup_s=60) == {"SETUP"}

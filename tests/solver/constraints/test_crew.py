"""A crew comes whole, of different people, within the gaps of their starts."""

from dispatch_solver import Need
from tests.solver.build import HOUR, MINUTE, job, person, problem
from tests.solver.by_hand import codes, lay_out

PAIR = job("door", needs=(Need({"plumbing": 1}), Need({}, 10 * MINUTE, 20 * MINUTE)))
TASK = problem([person("ann"), person("bob")], [PAIR])


def with_second_at(minutes: int) -> set[str]:
    second = 9 * HOUR + minutes * MINUTE
    return codes(TASK, lay_out(TASK, {"ann": [("door", 9 * HOUR)], "bob": [("door", 1, second)]}))


def test_the_second_member_keeps_its_gap() -> None:
    assert with_second_at(10) == with_second_at(20) == set()
    assert with_second_at(9) == with_second_at(21) == {"CREW_GAP"}


def test_half_a_crew_is_none() -> None:
    assert codes(TASK, lay_out(TASK, {"ann": [("door", 9 * HOUR)]})) == {"CREW_INCOMPLETE"}


def test_nobody_is_two_people() -> None:
    both = [("door", 9 * HOUR), ("door", 1, 9 * HOUR + 30 * MINUTE)]
    task = problem([person()], [job("door", needs=(Need(), Need({}, 0, HOUR)), minutes=30)])
    assert codes(task, lay_out(task, {"ann": both})) == {"CREW_SAME_PERSON"}

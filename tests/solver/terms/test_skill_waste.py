"""Skill waste: levels above the least needed, over the trades needed."""

from dispatch_solver import Need
from tests.solver.build import job, person, problem
from tests.solver.counted import counted, only

WEIGHTS = only(skill_waste_level=10.0)


def test_levels_above_what_is_needed() -> None:
    senior = person(skills={"plumbing": 3, "gas": 2, "lift": 3})
    visits = [
        job("tap", needs=(Need({"plumbing": 1}),)),
        job("boiler", needs=(Need({"plumbing": 3, "gas": 1}),)),
        job("errand", needs=(Need(),)),
    ]
    terms = counted(
        problem([senior], visits, weights=WEIGHTS), {"ann": ["tap", "boiler", "errand"]}
    )
    assert (terms.skill_waste, terms.tier3) == (2 + 1, 30.0)

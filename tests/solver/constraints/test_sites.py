"""Who serves some sites only goes to no other."""

import pytest

from tests.solver.build import HOUR, job, person, problem
from tests.solver.by_hand import codes, lay_out


@pytest.mark.parametrize(
    ("served", "site", "found"),
    [
        (("north", "east"), "north", set()),
        (("south",), "north", {"SITE"}),
        ((), "north", set()),
        (("south",), None, set()),
    ],
)
def test_sites_served(served: tuple[str, ...], site: str | None, found: set[str]) -> None:
    task = problem([person(sites=served)], [job(site=site)])
    assert codes(task, lay_out(task, {"ann": [("tap", 9 * HOUR)]})) == found

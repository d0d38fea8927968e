"""Home care by our own engines; the published best values take the place of peers."""

from functools import partial

from benchmarks.entrant import Answer, Entrant
from benchmarks.home_care import Instance, from_plan, to_problem
from dispatch_solver import make_ready, solve


def _solve(instance: Instance, seconds: float, seed: int, *, engine: str) -> Answer:
    plan = solve(to_problem(instance), seconds=seconds, seed=seed, engine=engine)
    return Answer(from_plan(plan))


DISPATCH, DISPATCH_ROUTING = (
    Entrant(
        name=name,
        package="dispatch-solver",
        ours=True,
        prepare=make_ready,
        solve=partial(_solve, engine=engine),
    )
    for name, engine in (("dispatch", "auto"), ("dispatch-routing", "routing"))
)

"""Our own optimizer, by each of its engines."""

from functools import partial

from benchmarks.entrant import Answer, Entrant
from benchmarks.peers.view import SECONDS_PER_UNSERVED
from dispatch_solver import Problem, make_ready, solve
from dispatch_solver.bound import bound


def _solve(problem: Problem, seconds: float, seed: int, *, engine: str) -> Answer:
    plan = solve(
        problem,
        seconds=seconds,
        seed=seed,
        engine=engine,
        unserved_seconds=SECONDS_PER_UNSERVED,
    )
    complete = plan.history[0].elapsed_s if plan.history else None
    return Answer(plan, first_s=complete)


DISPATCH = Entrant(
    name="dispatch",
    package="dispatch-solver",
    ours=True,
    prepare=make_ready,
    solve=partial(_solve, engine="auto"),
)
DISPATCH_ROUTING = Entrant(
    name="dispatch-routing",
    package="dispatch-solver",
    ours=True,
    solve=partial(_solve, engine="routing"),
)


def _bound(problem: Problem, seconds: float, seed: int) -> Answer:
    del seed  # the day's own; the bound takes none
    return Answer(bound(problem, seconds=seconds, unserved_seconds=SECONDS_PER_UNSERVED))


BOUND = Entrant(
    name="dispatch",
    package="dispatch-solver",
    ours=True,
    prepare=make_ready,
    solve=_bound,
)

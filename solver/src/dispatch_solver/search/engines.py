"""The engines: each improves a state until the clock says stop, and answers with its steps."""

from collections.abc import Callable

import numpy as np

from dispatch_solver.clock import Clock
from dispatch_solver.search.partition import recombine
from dispatch_solver.search.pool import Pool
from dispatch_solver.search.ruin import Cooling, Ruin
from dispatch_solver.state import State

Engine = Callable[[State, Clock, int, int | None], int]

RECOMBINE_AT = (0.4, 0.7, 0.93)
LONGEST_RECOMBINATION = 6.0


def construct_only(state: State, clock: Clock, seed: int, iterations: int | None) -> int:
    """The first plan as it is."""
    del state, clock, seed, iterations
    return 0


def automatic(state: State, clock: Clock, seed: int, iterations: int | None) -> int:
    """Ruin and recreate; set partitioning over the routes met, thrice on the way."""
    pool = Pool()
    pool.add_state(state)
    search = Ruin(state, clock, np.random.default_rng(seed), pool, most=iterations)
    cooling = Cooling(first=300.0, last=5.0)
    for share in (*RECOMBINE_AT, 1.0):
        search.run(cooling, until=share)
        if share == 1.0 or clock.over() or clock.best is None:
            break
        state.load(clock.best)
        seconds = min(LONGEST_RECOMBINATION, 0.1 * clock.seconds, 0.6 * clock.left())
        if recombine(state, pool, seconds=seconds, seed=seed):
            clock.better(state.snapshot(), "set partitioning")
    return search.iterations


ENGINES: dict[str, Engine] = {"auto": automatic, "construct": construct_only}

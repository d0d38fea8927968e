"""The engines: each improves a state until the clock says stop, and answers with its steps."""

from collections.abc import Callable

import numpy as np

from dispatch_solver.clock import Clock
from dispatch_solver.search.partition import recombine
from dispatch_solver.search.plain import Cooling, Ruin
from dispatch_solver.search.pool import Pool
from dispatch_solver.search.routing import group_around, improve
from dispatch_solver.state import State

Engine = Callable[[State, Clock, int, int | None], int]

RECOMBINE_AT = (0.4, 0.7, 0.93)
LONGEST_RECOMBINATION = 6.0
WHOLE_TASKS = 250
GROUP_SHIFTS = 8
GROUP_TASKS = 70
LONGEST_TURN = 30.0
GROUP_TURN = 1.0


def construct_only(state: State, clock: Clock, seed: int, iterations: int | None) -> int:
    """The first plan as it is."""
    del state, clock, seed, iterations
    return 0


def automatic(state: State, clock: Clock, seed: int, iterations: int | None) -> int:
    """Ruin and recreate; set partitioning over the routes met, thrice on the way."""
    if not state.routes or not state.model.tasks:
        return 0
    pool = Pool()
    pool.add_state(state)
    search = Ruin(state, clock, np.random.default_rng(seed), pool, most=iterations)
    cooling = Cooling(first=300.0, last=5.0)
    for share in (*RECOMBINE_AT, 1.0):
        search.run(cooling, until=share)
        if share == 1.0 or clock.over() or clock.best is None or search.settled():
            break
        state.load(clock.best)
        seconds = min(LONGEST_RECOMBINATION, 0.1 * clock.seconds, 0.6 * clock.left())
        if recombine(state, pool, seconds=seconds, seed=seed):
            clock.better(state.snapshot(), "set partitioning")
    return search.iterations


def routing(state: State, clock: Clock, seed: int, iterations: int | None) -> int:
    """OR-Tools routing: the whole plan where it is small, else groups of near shifts in turn."""
    shifts, tasks = len(state.routes), len(state.model.tasks)
    rng = np.random.default_rng(seed)
    steps, extra = 0, 0.0
    while shifts and tasks and not clock.over() and (iterations is None or steps < iterations):
        steps += 1
        whole = tasks <= WHOLE_TASKS and steps == 1
        group = group_around(
            state,
            int(rng.integers(shifts)),
            most_shifts=shifts if whole else GROUP_SHIFTS,
            most_tasks=tasks if whole else GROUP_TASKS,
        )
        # Short turns keep the limit and the progress reports: a solve cannot be interrupted.
        turn = min(0.5 * clock.left(), LONGEST_TURN if whole else GROUP_TURN)
        before = clock.elapsed()
        if turn < 0.05 or clock.left() < extra:
            break
        if improve(state, group, seconds=turn, stop=clock.over):
            clock.better(state.snapshot(), "routing")
        extra = max(extra, clock.elapsed() - before - turn)
    return steps


ENGINES: dict[str, Engine] = {"auto": automatic, "routing": routing, "construct": construct_only}

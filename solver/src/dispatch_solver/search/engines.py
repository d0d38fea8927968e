"""The other engines: each improves a state until the clock says stop, and answers with its steps.

The leading engine, "auto", is not among them: `solve` itself says how it goes.
"""

from collections.abc import Callable

import numpy as np

from dispatch_solver.clock import Clock
from dispatch_solver.construct import fill
from dispatch_solver.search.plain import Cooling, Ruin
from dispatch_solver.search.routing import group_around, improve
from dispatch_solver.state import State

Engine = Callable[[State, Clock, int, int | None], int]

WHOLE_TASKS = 250
GROUP_SHIFTS = 8
GROUP_TASKS = 70
LONGEST_TURN = 30.0
GROUP_TURN = 1.0


def construct_only(state: State, clock: Clock, seed: int, iterations: int | None) -> int:
    """The first plan as it is, by regret insertion."""
    del seed, iterations
    fill(state, sorted(state.missing), stop=clock.over)
    clock.better(state.snapshot(), "construction")
    clock.keep_back()
    return 0


def plain(state: State, clock: Clock, seed: int, iterations: int | None) -> int:
    """Ruin and recreate on numpy arrays, without compiled code."""
    construct_only(state, clock, seed, iterations)
    if not state.routes or not state.model.tasks:
        return 0
    search = Ruin(state, clock, np.random.default_rng(seed), most=iterations)
    search.run(Cooling(first=300.0, last=5.0))
    _settle(state, clock)
    return search.iterations


def routing(state: State, clock: Clock, seed: int, iterations: int | None) -> int:
    """OR-Tools routing: the whole plan where it is small, else groups of near shifts in turn."""
    construct_only(state, clock, seed, iterations)
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
    _settle(state, clock)
    return steps


def _settle(state: State, clock: Clock) -> None:
    """Go back to the best plan found, and add what still fits into it."""
    if clock.best is not None and state.worth() != clock.best.worth:
        state.load(clock.best)
    fill(state, sorted(state.missing), stop=lambda: clock.elapsed() >= clock.seconds)
    clock.better(state.snapshot(), "last insertions")
    if clock.best is not None and state.worth() > clock.best.worth:
        state.load(clock.best)


AUTO, PLAIN = "auto", "plain"
OTHERS: dict[str, Engine] = {PLAIN: plain, "routing": routing, "construct": construct_only}
ENGINES = (AUTO, *OTHERS)

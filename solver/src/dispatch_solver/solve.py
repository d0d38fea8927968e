"""From a problem to a plan, anytime: the first plan is at hand at once and only gets better."""

from collections.abc import Callable

from dispatch_solver.assemble import finish, settle
from dispatch_solver.clock import Clock, Progress
from dispatch_solver.construct import fill
from dispatch_solver.model import compile_problem
from dispatch_solver.plan import Plan
from dispatch_solver.problem import Problem
from dispatch_solver.search.engines import ENGINES
from dispatch_solver.state import State
from dispatch_solver.validate import ensure_valid
from dispatch_solver.warm import state_of


def solve(
    problem: Problem,
    *,
    seconds: float = 10.0,
    seed: int = 0,
    engine: str = "auto",
    warm_start: Plan | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    iterations: int | None = None,
) -> Plan:
    """The best plan found within `seconds`; it always passes `check`.

    `engine`: "auto" (ruin and recreate, then set partitioning), "routing" (OR-Tools routing) or
    "construct" (the first plan only). `warm_start`: a plan to start from; what no longer holds
    is planned anew. `on_progress` is called at least about twice a second; when `should_stop`
    answers True the best plan so far is returned. A small problem ends before its time, when
    nothing better has come for long. With `iterations` the search ends after so
    many steps: the same problem, seed and iterations then give the same plan.

    Raises InvalidProblem (with every fault) and ValueError for an unknown engine.
    """
    if engine not in ENGINES:
        raise ValueError(f"engine must be one of {', '.join(ENGINES)}")
    clock = Clock(seconds, on_progress, should_stop)
    ensure_valid(problem)
    model = compile_problem(problem)
    state = State(model) if warm_start is None else state_of(model, warm_start)
    fill(state, sorted(state.missing), stop=clock.over)
    clock.better(state.snapshot(), "construction" if warm_start is None else "warm start")
    clock.keep_back()
    steps = ENGINES[engine](state, clock, seed, iterations)
    settle(state, clock)
    return finish(state, clock, seed=seed, engine=engine, iterations=steps)

"""From a problem to a plan, anytime: the first plan is at hand at once and only gets better."""

from collections.abc import Callable

from dispatch_solver.assemble import finish
from dispatch_solver.clock import Clock, Progress
from dispatch_solver.compiled import available
from dispatch_solver.model import compile_problem
from dispatch_solver.plan import Plan
from dispatch_solver.problem import Problem
from dispatch_solver.search.engines import AUTO, ENGINES, OTHERS, PLAIN
from dispatch_solver.search.team import Team
from dispatch_solver.stand import Standing, keep_what_stands
from dispatch_solver.state import State
from dispatch_solver.validate import ensure_valid
from dispatch_solver.warm import state_of

# Set partitioning needs routes of the quality it is to make a plan of: not too early.
RECOMBINE_AT = (0.5, 0.75, 0.95)


def solve(
    problem: Problem,
    *,
    seconds: float = 10.0,
    seed: int = 0,
    engine: str = "auto",
    warm_start: Plan | None = None,
    stands: bool = False,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    iterations: int | None = None,
    threads: int = 1,
    unserved_seconds: float | None = None,
) -> Plan:
    """The best plan found within `seconds`; it always passes `check`.

    `engine`: "auto" (compiled ruin and recreate, and set partitioning), "plain" (ruin and recreate
    without compiled code, some hundred times slower; what "auto" does where nothing can be
    compiled, and `engine` of the plan says so), "routing" (OR-Tools routing) or "construct" (the
    first plan only). `warm_start`: a plan to start from; what no longer holds is planned anew. With
    `stands` it is in force, and "auto" leaves it only where the gain is worth the changes, even in
    lateness.
    `on_progress` is called at least about twice a second; when `should_stop` answers True the best
    plan so far is returned. A small problem ends before its time, when nothing better can be
    expected. `threads` of "auto" search side by side and exchange routes. With `iterations` each
    takes so many steps: the same problem, seed, iterations and threads then give the same plan.
    `unserved_seconds` lets "auto" weigh leaving out against the rest: a unit of tier 1 is worth so
    many units of tier 3; None: tier 1 outranks whatever the others hold, as plans are compared.

    Raises InvalidProblem (with every fault) and ValueError for an unknown engine.
    """
    if engine not in ENGINES:
        raise ValueError(f"engine must be one of {', '.join(ENGINES)}")
    if engine == AUTO and not available():
        engine = PLAIN
    clock = Clock(seconds, on_progress, should_stop)
    ensure_valid(problem)
    model = compile_problem(problem)
    warm = None if warm_start is None else state_of(model, warm_start)
    if engine == AUTO:
        team = Team(model, clock, seed, threads, iterations, unserved_seconds)
        if warm is None:
            state, steps = search(team, None)
        else:
            state, steps = _search_from(team, warm, stands=stands)
    else:
        state = warm or State(model)
        steps = OTHERS[engine](state, clock, seed, iterations)
    return finish(state, clock, seed=seed, engine=engine, iterations=steps)


def _search_from(team: Team, warm: State, *, stands: bool) -> tuple[State, int]:
    """`search` from a plan taken over, or from nothing where that serves more."""
    team.construct(warm)
    standing = Standing.of(warm, team.best()) if stands else None
    team.construct_afresh()
    state, steps = _improve(team, warm, is_warm=True)
    if standing is not None:
        keep_what_stands(state, standing)
    return state, steps


def search(team: Team, warm: State | None) -> tuple[State, int]:
    """The algorithm: a first plan, then annealing with set partitioning in between.

    Answers with the best plan as a state, and the number of steps.
    """
    team.construct(warm)
    return _improve(team, warm or State(team.model), is_warm=warm is not None)


def _improve(team: Team, state: State, *, is_warm: bool) -> tuple[State, int]:
    team.clock.keep_back()
    team.make_ready()
    cooling = team.cooling(warm=is_warm)
    for share in RECOMBINE_AT:
        team.anneal(cooling, until=share)
        team.recombine()
    team.anneal(cooling, until=1.0)
    state.load(team.best())
    return state, team.steps()

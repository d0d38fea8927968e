"""After a change: the plan in force again, with as few visits as possible in other hands or at
other times.

Plans compare by what is left out, by promises and lateness, by the number of changes against the
plan in force, and then by cost: see `held` for how a change gets its price.
"""

from dataclasses import replace

from dispatch_solver.assemble import finish
from dispatch_solver.clock import Clock
from dispatch_solver.compiled import available
from dispatch_solver.construct import topological, urgency
from dispatch_solver.held import Held
from dispatch_solver.insert import best_shifts, put_in
from dispatch_solver.model import Model, compile_problem
from dispatch_solver.plan import Plan
from dispatch_solver.problem import Problem
from dispatch_solver.routes import Routes
from dispatch_solver.search.engines import OTHERS, PLAIN
from dispatch_solver.search.team import Team
from dispatch_solver.solve import search
from dispatch_solver.state import State
from dispatch_solver.timetable import candidate
from dispatch_solver.trial import ADDED2, ADDED3, AT
from dispatch_solver.validate import ensure_valid
from dispatch_solver.warm import state_of

# A repair compiles the problem once more at its end: that takes about as long as to begin.
CLOSING = 0.8


def repair(
    problem: Problem,
    plan: Plan,
    *,
    seconds: float = 2.0,
    seed: int = 0,
    iterations: int | None = None,
    explained: bool = True,
) -> Plan:
    """The plan in force, fitted to a problem that has changed since it was made.

    People who fell ill, delays, new and cancelled visits, other durations: whatever `problem` now
    says holds. As much of `plan` as does is kept. A change is a crew member taken from a visit, or
    a visit that stays with its people but starts earlier or later by more than
    `weights.change_seconds`. With `iterations` the same input gives the same plan. Without
    `explained` no time is spent on the reasons for what is left out.

    Raises InvalidProblem with every fault.
    """
    clock = Clock(seconds, closing=CLOSING)
    ensure_valid(problem)
    held = Held.of(problem, plan)
    state = state_of(held.model, plan)
    _put_in_quietly(state, held, clock)
    if available():
        state, steps = search(
            Team(held.model, clock, seed, threads=1, iterations=iterations), state
        )
    else:
        steps = OTHERS[PLAIN](state, clock, seed, iterations)
    _move_up(state, held, clock)
    found = _as_asked(problem, held, state)
    return finish(found, clock, seed=seed, engine="repair", iterations=steps, explained=explained)


def _put_in_quietly(state: State, held: Held, clock: Clock) -> None:
    """Put in what is left out where that changes least, the most urgent first."""
    _forget_missing(state, held)
    routes = Routes(state)
    for visit in _by_urgency(state):
        if clock.over():
            return
        if state.model.linked[state.model.tasks_of[visit][0]]:
            if put_in(state, visit) is not None:
                routes.follow(range(len(state.routes)))
            continue
        answers = routes.best(candidate(state.model, state.model.problem.visits[visit]))
        for s in best_shifts(routes, answers)[:1]:
            _insert(state, visit, s, int(answers[s, AT]))
            routes.follow([s])


def _forget_missing(state: State, held: Held) -> None:
    """What lost its place has no time to keep: it may start whenever the problem allows."""
    held.forget(t for v in state.missing for t in state.model.tasks_of[v])


def _by_urgency(state: State) -> list[int]:
    missing = topological(state.model, sorted(state.missing))
    weight = urgency(state.model, missing)
    return sorted(missing, key=lambda v: -weight[v])


def _insert(state: State, visit: int, shift: int, at: int) -> None:
    if not state.insert(state.model.tasks_of[visit][0], shift, at):
        raise AssertionError("a place that was timed must hold")
    state.missing.discard(visit)


def _move_up(state: State, held: Held, clock: Clock) -> None:
    """Place what is still left out where stops of one route may start earlier than planned."""
    plain = [v for v in _by_urgency(state) if not state.model.linked[state.model.tasks_of[v][0]]]
    if not plain or not held.free or clock.elapsed() > clock.seconds:
        return
    # The search may have left out what had a place before it.
    _forget_missing(state, held)
    now, early = Routes(state), Routes(_let_go(state, held))
    for visit in plain:
        if clock.elapsed() > clock.seconds:
            return
        answers = early.best(candidate(state.model, state.model.problem.visits[visit]))
        # What is added counts from the plan as it is, where nobody has moved up yet.
        moved = early.table.figure - now.table.figure
        answers[:, ADDED2] += moved[:, 0]
        answers[:, ADDED3] += moved[:, 1]
        for s in best_shifts(early, answers)[:1]:
            held.let_go(state.routes[s])
            _insert(state, visit, s, int(answers[s, AT]))
            _hold_back(state, held, s)
            now.follow([s])
            _insert(early.state, visit, s, int(answers[s, AT]))
            early.follow([s])


def _let_go(state: State, held: Held) -> State:
    """The same routes with nothing held at its start."""
    held.let_go(held.free)
    model = _copied(held.model)
    held.hold(held.planned)
    early = State(model)
    early.load(state.snapshot())
    return early


def _copied(model: Model) -> Model:
    """A model whose windows can be changed without those of the other."""
    return replace(
        model,
        tasks=list(model.tasks),
        window_start=model.window_start.copy(),
        window_end=model.window_end.copy(),
    )


def _hold_back(state: State, held: Held, shift: int) -> None:
    """Hold again whatever need not have moved up, the last stop first."""
    for t in reversed(state.routes[shift]):
        held.hold([t])
        if not state.set_route(shift, state.routes[shift]):
            held.let_go([t])
            state.set_route(shift, state.routes[shift])


def _as_asked(problem: Problem, held: Held, state: State) -> State:
    """The routes and starts found, by the weights and holders of the problem as it was given."""
    model = compile_problem(problem)
    for t, task in enumerate(model.tasks):
        if state.route_of[t] >= 0:
            spans = held.model.tasks[t].windows
            model.tasks[t] = replace(task, windows=spans)
            model.window_start[t] = held.model.window_start[t]
            model.window_end[t] = held.model.window_end[t]
    found = State(model)
    found.load(state.snapshot())
    return found

"""From the routes of a dive to a plan: the search goes on from them, and meets the best columns."""

from collections.abc import Callable, Sequence

import numpy as np

from dispatch_solver.assemble import finish
from dispatch_solver.bound.column import Column
from dispatch_solver.bound.graph import ShiftGraph
from dispatch_solver.clock import Clock
from dispatch_solver.model import Model
from dispatch_solver.plan import Plan
from dispatch_solver.search.search import Search
from dispatch_solver.search.team import Team
from dispatch_solver.solve import search
from dispatch_solver.state import State


def state_of_routes(model: Model, graphs: Sequence[ShiftGraph], picked: list[Column]) -> State:
    """The routes as a state of the search; linked tasks are left out, the search puts them in."""
    state = State(model)
    free = [list(graph.shifts) for graph in graphs]
    for column in picked:
        plain = [t for t in column.tasks if not model.linked[t]]
        if plain and free[column.group] and state.set_route(free[column.group].pop(), plain):
            state.missing -= {model.tasks[t].visit for t in plain}
    return state


def polished(
    state: State,
    *,
    columns: Sequence[Column],
    graphs: Sequence[ShiftGraph],
    seconds: float,
    threads: int,
    seed: int,
    unserved_seconds: float | None,
    should_stop: Callable[[], bool] | None,
) -> tuple[Plan, list[Search]]:
    """The best plan the search finds from here; `columns` take part in its set partitioning."""
    clock = Clock(seconds, None, should_stop)
    team = Team(state.model, clock, seed=seed, threads=threads, unserved_seconds=unserved_seconds)
    _recall(team.searches[0], columns, graphs)
    state, steps = search(team, state)
    return finish(state, clock, seed=seed, engine="auto", iterations=steps), team.searches


def _recall(one: Search, columns: Sequence[Column], graphs: Sequence[ShiftGraph]) -> None:
    """Let a search remember these routes as if it had met them."""
    memory = one.memory
    for column in columns:
        if len(column.tasks) > memory.stop.shape[1]:
            continue
        at = int(memory.next[0]) % len(memory.length)
        graph = graphs[column.group]
        memory.next[0] += 1
        memory.hash[at] = np.uint64(0)
        memory.stop[at, : len(column.tasks)] = column.tasks
        memory.length[at] = len(column.tasks)
        memory.shift[at] = graph.shifts[0]
        memory.cost[at] = column.cost + graph.empty

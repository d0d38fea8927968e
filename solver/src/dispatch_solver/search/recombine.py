"""From the routes that searches remember to a better plan, by set partitioning."""

import numpy as np

from dispatch_solver.search import arrays as a
from dispatch_solver.search.partition import MOST_COLUMNS, Column, Master, choose
from dispatch_solver.search.search import Search

# Of routes with linked visits so many are timed anew: their times hang on other routes.
MOST_TIMED = 1500


def recombine(
    searches: list[Search], *, seconds: float, seed: int, repeatable: bool = False
) -> bool:
    """Put the routes of all searches together anew in the first one; True if that is better."""
    lead = searches[0]
    lead.back_to_best()
    master = _master(lead, searches)
    mine = sum(column.mine for column in master.columns)
    if len(master.columns) == mine:
        return False
    chosen = choose(master, seconds=seconds, seed=seed, repeatable=repeatable)
    if chosen is None:
        return False
    return lead.enter(_assign(lead, chosen))


def _master(lead: Search, searches: list[Search]) -> Master:
    """Columns that fit what is linked as it stands: linked tasks stay with their shift."""
    instance = lead.instance
    linked = instance.task[:, a.LINKED] > 0
    kind = instance.shift[:, a.ROUTE_CLASS]
    routes = lead.routes()
    columns = [
        Column(s, int(kind[s]), tuple(route), lead.cost_of(s), mine=True)
        for s, route in enumerate(routes)
        if route or instance.shift[s, a.BALANCED]
    ]
    # An empty route has a price of its own where work is balanced.
    columns += [
        Column(s, int(kind[s]), (), lead.cost_empty(s), mine=False)
        for s, route in enumerate(routes)
        if route and instance.shift[s, a.BALANCED] and instance.shift[s, a.STARTED] < 0
    ]
    linked_at = [frozenset(t for t in route if linked[t]) for route in routes]
    known = {(column.kind, frozenset(column.tasks)) for column in columns}
    timed = 0
    for search in searches:
        for s, tasks, cost in _newest(search, MOST_COLUMNS // len(searches)):
            key = int(kind[s]), frozenset(tasks)
            if key in known:
                continue
            known.add(key)
            here = frozenset(t for t in tasks if linked[t])
            price: float | None = cost
            if here != linked_at[s]:
                continue
            if here:
                timed += 1
                price = lead.measure(s, tasks) if timed <= MOST_TIMED else None
            if price is not None:
                columns.append(Column(s, key[0], tuple(tasks), price, mine=False))
    if timed:
        lead.back_to_best()
    first = instance.crew[:, 0]
    penalty = {
        int(t): float(instance.penalty[v])
        for v, t in enumerate(first)
        if not linked[t] and not instance.task[t, a.FIXED]
    }
    classes, counts = np.unique(kind, return_counts=True)
    return Master(columns, dict(zip(classes.tolist(), counts.tolist(), strict=True)), penalty)


def _newest(search: Search, most: int) -> list[tuple[int, list[int], float]]:
    """The routes remembered last: shift, tasks, cost."""
    memory = search.memory
    end, size = int(memory.next[0]), len(memory.length)
    first = max(0, end - min(most, size))
    index = np.arange(first, end) % size
    return [
        (int(memory.shift[i]), memory.stop[i, : memory.length[i]].tolist(), float(memory.cost[i]))
        for i in index.tolist()
    ]


def _assign(lead: Search, chosen: list[Column]) -> dict[int, list[int]]:
    """Chosen columns to shifts: those of the plan and those with linked tasks keep theirs."""
    instance = lead.instance
    linked = instance.task[:, a.LINKED] > 0
    kind = instance.shift[:, a.ROUTE_CLASS].tolist()
    routes: dict[int, list[int]] = {s: [] for s in range(len(kind))}
    taken: set[int] = set()
    rest = []
    for column in chosen:
        if column.mine or any(linked[t] for t in column.tasks):
            routes[column.shift] = list(column.tasks)
            taken.add(column.shift)
        else:
            rest.append(column)
    free: dict[int, list[int]] = {}
    for s in range(len(kind) - 1, -1, -1):
        if s not in taken:
            free.setdefault(kind[s], []).append(s)
    for column in rest:
        routes[free[column.kind].pop()] = list(column.tasks)
    now = lead.routes()
    return {s: route for s, route in routes.items() if route != now[s]}

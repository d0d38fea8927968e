"""Placing and removing visits that are linked with others: crews, precedences, ties."""

import numpy as np

from dispatch_solver.board import Items, items_of, pick
from dispatch_solver.eligibility import Ints, Span
from dispatch_solver.insertion import price
from dispatch_solver.model import FOREVER, clip
from dispatch_solver.state import State

MOST_TIMES = 32


def place_linked(state: State, visit: int) -> bool:
    """Put all crew members of a linked visit into routes at the cheapest time that was tried."""
    spans = allowed_spans(state, visit)
    if not spans:
        return False
    tasks = state.model.tasks_of[visit]
    rows = np.arange(len(state.model.shifts))
    items = items_of(state.model, tasks)
    items.can = items.can & _tied_shifts(state, visit)[:, None]
    earlier = _freeze_earlier(state, visit)
    placed = (
        _place_one(state, visit, items, spans, rows)
        if len(tasks) == 1
        else _place_crew(state, visit, items, spans, rows)
    )
    state.release(("frozen", visit))
    if placed:
        state.missing.discard(visit)
        earlier |= _hold_links(state, visit)
    for s in earlier:
        if not state.set_route(s, state.routes[s]):
            raise AssertionError("a hold must allow the start it was made from")
    return placed


def _freeze_earlier(state: State, visit: int) -> set[int]:
    """Hold what must come before at its present start, so that placing does not move it."""
    model = state.model
    bounds: dict[int, Span] = {}
    for i in model.befores.get(visit, ()):
        before = model.visit_index[model.problem.precedences[i].before]
        for t in model.tasks_of[before]:
            start = state.start_of(t)
            bounds[t] = (start, start)
    shifts = {state.route_of[t] for t in bounds}
    if bounds:
        state.hold(("frozen", visit), bounds)
        for s in shifts:
            state.set_route(s, state.routes[s])
    return shifts


def allowed_spans(state: State, visit: int) -> list[Span]:
    """When the first crew member may start: its windows, after what must come before it."""
    model = state.model
    spans = list(model.tasks[model.tasks_of[visit][0]].windows)
    for i in model.befores.get(visit, ()):
        link = model.problem.precedences[i]
        before = model.visit_index[link.before]
        if before in state.missing:
            return []
        full, bare = _ends(state, before)
        most = FOREVER if link.most_gap is None else bare + link.most_gap
        spans = clip(spans, full + link.least_gap, most)
    return spans


def _ends(state: State, visit: int) -> tuple[int, int]:
    """The end of a placed visit, with set-up for all of its crew and without."""
    model = state.model
    full = bare = -FOREVER
    for t in model.tasks_of[visit]:
        end = state.start_of(t) + model.service(state.route_of[t], t)
        full, bare = max(full, end + model.tasks[t].setup), max(bare, end)
    return full, bare


def people_fit(state: State, visit: int) -> bool:
    """Whether the crew of a placed visit are different people and keep the visit's ties."""
    model = state.model
    shifts = [state.route_of[t] for t in model.tasks_of[visit]]
    crew = {model.shifts[s].technician for s in shifts}
    return len(crew) == len(shifts) and bool(_tied_shifts(state, visit)[shifts].all())


def hold_placed(state: State, visit: int) -> None:
    """Hold a visit that is in the routes already, at its present starts."""
    model = state.model
    tasks = model.tasks_of[visit]
    if len(tasks) > 1:
        starts = {t: state.start_of(t) for t in tasks}
        state.hold(("crew", visit), {t: (start, start) for t, start in starts.items()})
    for s in _hold_links(state, visit):
        state.set_route(s, state.routes[s])


def _tied_shifts(state: State, visit: int) -> np.ndarray:
    """By shift: whether the ties with placed visits allow its technician."""
    model = state.model
    owner = np.array([shift.technician for shift in model.shifts], np.int64)
    allowed = np.ones(len(owner), bool)
    for i in model.ties.get(visit, ()):
        tie = model.problem.ties[i]
        other = next((o for o in map(model.visit_index.get, tie.visits) if o != visit), None)
        if other is None or other in state.missing:
            continue
        theirs = [owner[state.route_of[t]] for t in model.tasks_of[other]]
        mask = np.isin(owner, theirs)
        allowed &= mask if tie.kind == "same" else ~mask
    return allowed


def _set_spans(items: Items, spans_of: list[list[Span]]) -> None:
    width = max(len(spans) for spans in spans_of)
    items.window_start = np.full((len(spans_of), width), FOREVER, np.int64)
    items.window_end = np.full((len(spans_of), width), -FOREVER, np.int64)
    for i, spans in enumerate(spans_of):
        for w, (a, b) in enumerate(spans):
            items.window_start[i, w], items.window_end[i, w] = a, b


def _place_one(state: State, visit: int, items: Items, spans: list[Span], rows: Ints) -> bool:
    _set_spans(items, [spans])
    prices = price(state.model, state.board, rows, items)
    cost = prices.cost[:, 0].copy()
    if visit in state.model.afters:
        # What others wait for had better be done early.
        cost += 0.1 * prices.start[:, 0]
    task = int(items.tasks[0])
    key = ("spans", visit)
    for s in np.argsort(cost, kind="stable"):
        if not np.isfinite(cost[s]):
            return False
        state.hold(key, {task: (spans[0][0], spans[-1][1])})
        done = state.insert(task, int(s), int(prices.position[s, 0]))
        state.release(key)
        if done:
            return True
    return False


def _place_crew(state: State, visit: int, items: Items, spans: list[Span], rows: Ints) -> bool:
    model = state.model
    needs = model.problem.visits[visit].needs
    size = len(needs)
    gaps = [(0, 0), *((need.gap_least, need.gap_most) for need in needs[1:])]
    if model.problem.visits[visit].started is not None:
        return False
    _set_spans(items, [[(a + low, b + high) for a, b in spans] for low, high in gaps])
    prices = price(model, state.board, rows, items)
    times = _candidate_times(prices.cost, prices.start, gaps, spans)
    if not times:
        return False
    trial = pick(items, [k for _ in times for k in range(size)])
    _set_spans(trial, [[(time + low, time + high)] for time in times for low, high in gaps])
    prices = price(model, state.board, rows, trial)
    owner = [shift.technician for shift in model.shifts]
    options = []
    for i, time in enumerate(times):
        block = prices.cost[:, i * size : (i + 1) * size]
        choice = _distinct(block, owner)
        if choice is not None:
            options.append((choice[0], time, i, choice[1]))
    for _, time, i, chosen in sorted(options):
        bounds = {
            int(items.tasks[k]): (time + low, time + high) for k, (low, high) in enumerate(gaps)
        }
        state.hold(("crew", visit), bounds)
        positions = [int(prices.position[s, i * size + k]) for k, s in enumerate(chosen)]
        if _insert_crew(state, items, chosen, positions):
            return True
        state.release(("crew", visit))
    return False


def _insert_crew(state: State, items: Items, chosen: list[int], positions: list[int]) -> bool:
    before = [(s, state.routes[s]) for s in chosen]
    for k, (s, position) in enumerate(zip(chosen, positions, strict=True)):
        if not state.insert(int(items.tasks[k]), s, position):
            for shift, route in before[:k]:
                state.set_route(shift, route)
            return False
    return True


def _candidate_times(
    cost: np.ndarray, start: Ints, gaps: list[Span], spans: list[Span]
) -> list[int]:
    """Starts of the first member worth trying: where some member would be earliest."""
    times: set[int] = {a for a, _ in spans}
    for k, (low, _) in enumerate(gaps):
        found = start[np.isfinite(cost[:, k]), k]
        times.update(int(moment) - low for moment in found)
    fitting = sorted(time for time in times if clip(spans, time, time))
    if len(fitting) > MOST_TIMES:
        chosen = np.linspace(0, len(fitting) - 1, MOST_TIMES).astype(int)
        fitting = [fitting[i] for i in chosen]
    return fitting


def _distinct(cost: np.ndarray, owner: list[int]) -> tuple[float, list[int]] | None:
    """The cheapest choice of one route per crew member by different technicians."""
    size = cost.shape[1]
    ranked = [
        [int(s) for s in np.argsort(cost[:, k], kind="stable")[: 4 * size] if cost[s, k] < np.inf]
        for k in range(size)
    ]
    best: tuple[float, list[int]] | None = None
    budget = [2000]

    def extend(k: int, chosen: list[int], total: float) -> None:
        nonlocal best
        budget[0] -= 1
        if budget[0] < 0 or (best is not None and total >= best[0]):
            return
        if k == size:
            best = (total, list(chosen))
            return
        taken = {owner[s] for s in chosen}
        for s in ranked[k]:
            if owner[s] not in taken:
                extend(k + 1, [*chosen, s], total + float(cost[s, k]))

    extend(0, [], 0.0)
    return best


def _hold_links(state: State, visit: int) -> set[int]:
    """Bound a visit just placed, and those before it, so that every link stays true.

    Answers with the shifts whose routes have to be entered anew.
    """
    model = state.model
    lead = model.tasks_of[visit][0]
    start = state.start_of(lead)
    touched = {state.route_of[t] for t in model.tasks_of[visit]}
    for i in model.befores.get(visit, ()):
        link = model.problem.precedences[i]
        before = model.tasks_of[model.visit_index[link.before]]
        bounds: dict[int, Span] = {}
        last, latest_end = before[0], -FOREVER
        for t in before:
            bare = model.service(state.route_of[t], t)
            most = start - link.least_gap - bare - model.tasks[t].setup
            bounds[t] = (-FOREVER, most)
            if state.start_of(t) + bare > latest_end:
                last, latest_end = t, state.start_of(t) + bare
            touched.add(state.route_of[t])
        if link.most_gap is None:
            bounds[lead] = (start, FOREVER)
        else:
            bare = model.service(state.route_of[last], last)
            bounds[last] = (start - link.most_gap - bare, bounds[last][1])
            bounds[lead] = (start, start)
        state.hold(("precedence", i), bounds)
    return touched


def remove_visits(state: State, visits: list[int]) -> bool:
    """Take visits out, and what cannot stay without them; False: nothing was changed."""
    gone = with_dependents(state, visits)
    model = state.model
    by_shift: dict[int, set[int]] = {}
    for v in gone:
        if model.problem.visits[v].started is not None:
            return False
        for t in model.tasks_of[v]:
            by_shift.setdefault(state.route_of[t], set()).add(t)
    for s, tasks in by_shift.items():
        rest = [t for t in state.routes[s] if t not in tasks]
        if not state.try_route(s, rest).feasible:
            return False
    for s, tasks in by_shift.items():
        if not state.set_route(s, [t for t in state.routes[s] if t not in tasks]):
            raise AssertionError("a route that was tried must be accepted")
    for v in gone:
        state.missing.add(v)
        state.release(("crew", v))
        for i in (*model.befores.get(v, ()), *model.afters.get(v, ())):
            state.release(("precedence", i))
    return True


def with_dependents(state: State, visits: list[int]) -> list[int]:
    """The placed visits among these, and all placed visits that wait for them."""
    model = state.model
    gone: list[int] = []
    stack = [v for v in visits if v not in state.missing]
    while stack:
        v = stack.pop()
        if v in gone:
            continue
        gone.append(v)
        for i in model.afters.get(v, ()):
            after = model.visit_index[model.problem.precedences[i].after]
            if after not in state.missing:
                stack.append(after)
    return gone

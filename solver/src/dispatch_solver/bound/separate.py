"""Find what a fractional solution violates: visits that repeat, and subset-row cuts."""

from collections import defaultdict
from itertools import combinations

from dispatch_solver.bound.column import Column
from dispatch_solver.bound.cuts import Cut
from dispatch_solver.model import Model

LEAST_VIOLATION = 0.05
MOST_CUTS = 150
MOST_PER_TASK = 8

Chosen = list[tuple[Column, float]]


def repeats(model: Model, chosen: Chosen) -> dict[int, set[tuple[int, int]]]:
    """By class the pairs (task, earlier task) such that remembering forbids a repeated visit."""
    found: dict[int, set[tuple[int, int]]] = defaultdict(set)
    for column, _ in chosen:
        seen: dict[int, int] = {}
        for position, task in enumerate(column.tasks):
            visit = model.tasks[task].visit
            if visit in seen:
                earlier = column.tasks[seen[visit]]
                between = column.tasks[seen[visit] + 1 : position]
                found[column.group] |= {(t, earlier) for t in between}
            seen[visit] = position
    return found


def violated(model: Model, chosen: Chosen, known: list[Cut]) -> list[Cut]:
    """The most violated subset-row cuts over three tasks, not too many on any one task."""
    pair: dict[tuple[int, int], float] = defaultdict(float)
    triple: dict[tuple[int, int, int], float] = defaultdict(float)
    near: dict[int, set[int]] = defaultdict(set)
    for column, share in chosen:
        tasks = sorted(set(column.tasks))
        for a, b in combinations(tasks, 2):
            pair[a, b] += share
            near[a].add(b)
            near[b].add(a)
        for abc in combinations(tasks, 3):
            triple[abc] += share
    seen: set[tuple[int, int, int]] = set()
    ranked: list[tuple[float, tuple[int, int, int]]] = []
    for (a, b), share in pair.items():
        if share > 1 - LEAST_VIOLATION:
            continue
        for c in near[a] | near[b]:
            if c in {a, b}:
                continue
            x, y, z = sorted((a, b, c))
            if (x, y, z) in seen:
                continue
            seen.add((x, y, z))
            served = pair.get((x, y), 0.0) + pair.get((x, z), 0.0) + pair.get((y, z), 0.0)
            excess = served - 2 * triple.get((x, y, z), 0.0) - 1
            if excess > LEAST_VIOLATION and _of_three_visits(model, (x, y, z)):
                ranked.append((excess, (x, y, z)))
    ranked.sort(reverse=True)
    return _chosen_cuts(ranked, chosen, known)


def _of_three_visits(model: Model, tasks: tuple[int, int, int]) -> bool:
    return len({model.tasks[t].visit for t in tasks}) == 3


def _chosen_cuts(
    ranked: list[tuple[float, tuple[int, int, int]]], chosen: Chosen, known: list[Cut]
) -> list[Cut]:
    old = set(known)
    load: dict[int, int] = defaultdict(int)
    cuts: list[Cut] = []
    for _, tasks in ranked:
        if len(cuts) >= MOST_CUTS:
            break
        if any(load[t] >= MOST_PER_TASK for t in tasks):
            continue
        cut = Cut(tasks, _memory(tasks, chosen))
        if cut in old:
            continue
        for t in tasks:
            load[t] += 1
        cuts.append(cut)
    return cuts


def _memory(tasks: tuple[int, int, int], chosen: Chosen) -> frozenset[int]:
    """The tasks between two of the three on routes of the solution: no more is to be kept."""
    memory: set[int] = set()
    for column, _ in chosen:
        at = [i for i, t in enumerate(column.tasks) if t in tasks]
        if len(at) > 1:
            memory.update(column.tasks[at[0] : at[-1]])
    return frozenset(memory - set(tasks))

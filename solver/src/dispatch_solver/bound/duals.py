"""Dual prices: what a master pays for each task, where to begin, and how to mix two of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dispatch_solver.bound.column import Column
from dispatch_solver.bound.graph import ShiftGraph
from dispatch_solver.eligibility import Floats
from dispatch_solver.model import Model


@dataclass(frozen=True, slots=True)
class Duals:
    """What the master pays: per task, per class of shifts (at most 0), per cut (at most 0)."""

    tasks: Floats
    classes: Floats
    cuts: Floats


def blend(old: Duals, new: Duals, share: float) -> Duals:
    """This share of the old and the rest of the new; cuts the old did not know count 0 there."""
    cuts = np.zeros(len(new.cuts))
    cuts[: len(old.cuts)] = old.cuts
    return Duals(
        share * old.tasks + (1 - share) * new.tasks,
        share * old.classes + (1 - share) * new.classes,
        share * cuts + (1 - share) * new.cuts,
    )


def first_duals(
    model: Model, graphs: Sequence[ShiftGraph], routes: Sequence[Column], penalty: Floats
) -> Duals:
    """Prices that share each route's cost among its tasks, by the travel to and from them.

    Where routes overlap the last one counts.
    """
    tasks = np.zeros(len(model.tasks))
    for v, members in enumerate(model.tasks_of):
        tasks[members] = penalty[v] / len(members)
    for route in routes:
        graph = graphs[route.group]
        node = {int(t): j for j, t in enumerate(graph.tasks)}
        path = [graph.size, *(node[t] for t in route.tasks), graph.size]
        legs = graph.cost[path[:-1], path[1:]]
        weight = legs[:-1] + legs[1:] + 1.0
        tasks[list(route.tasks)] = route.cost * weight / weight.sum()
    return Duals(tasks, np.zeros(len(graphs)), np.zeros(0))

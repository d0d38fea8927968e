"""The bound that any duals give: no plan can cost less.

Every plan serves each task once or leaves its visit out, has at most one route per shift, and
keeps every cut. Adding these rows, each times its dual, to a plan's cost leaves the reduced costs
of its routes and of what it leaves out; put the least possible for each, and nothing can be below.
"""

import math
from collections.abc import Sequence

from dispatch_solver.bound.duals import Duals
from dispatch_solver.eligibility import Floats
from dispatch_solver.model import Model


def lagrangian(
    model: Model, penalty: Floats, duals: Duals, sizes: Sequence[int], least: Sequence[float]
) -> float:
    """The bound without the cost of empty shifts; `least` has the least reduced cost by class."""
    parts = [*duals.tasks.tolist(), *duals.cuts.tolist()]
    for v, tasks in enumerate(model.tasks_of):
        if model.problem.visits[v].started is None:
            parts.append(min(0.0, float(penalty[v]) - math.fsum(duals.tasks[tasks].tolist())))
    parts += [size * min(0.0, value) for size, value in zip(sizes, least, strict=True)]
    return math.fsum(parts)

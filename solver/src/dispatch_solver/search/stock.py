"""Compiled: take over a plan that was written into the arrays from outside, and add it up."""

from dispatch_solver.compiled import inner
from dispatch_solver.model import FOREVER
from dispatch_solver.search import arrays as a
from dispatch_solver.search import scratch as x
from dispatch_solver.search.arrays import Instance, Tour
from dispatch_solver.search.bonds import is_placed, set_bounds
from dispatch_solver.search.scratch import Scratch, leave_out
from dispatch_solver.search.timing import retime


@inner
def take_stock(
    instance: Instance, tour: Tour, scratch: Scratch, tiers: a.Floats, bind: bool
) -> bool:
    """Everything that follows from stops and lengths; False if a route breaks a rule.

    `bind`: meetings and cuts are new, too, and the bounds are to follow from them. The tiers go to
    the first row of `tiers`.
    """
    for t in range(len(tour.route_of)):
        tour.route_of[t] = -1
    if bind:
        for t in range(len(tour.route_of)):
            tour.bound[t, 0], tour.bound[t, 1] = -FOREVER, FOREVER
    feasible = _retime_all(instance, tour)
    if bind:
        _bind_all(instance, tour, scratch)
        scratch.tally[x.BONDS] = 0
        feasible = _retime_all(instance, tour)
    scratch.tally[x.LEFT] = 0
    for v in range(len(instance.crew)):
        scratch.is_left[v] = -1
        if not is_placed(instance, tour, v):
            leave_out(scratch, v)
    scratch.worst[0] = scratch.worst[1] = worst_late(instance, tour)
    add_up(instance, tour, tiers)
    return feasible


@inner
def _retime_all(instance: Instance, tour: Tour) -> bool:
    feasible = True
    for s in range(len(instance.shift)):
        feasible = retime(instance, tour, s) and feasible
    return feasible


@inner
def worst_late(instance: Instance, tour: Tour) -> float:
    """The latest start after due of all stops, in seconds."""
    worst = 0.0
    if instance.weight[a.WORST_LATE] > 0:
        for s in range(len(instance.shift)):
            worst = max(worst, tour.figure[s, a.LATEST_START])
    return worst


@inner
def add_up(instance: Instance, tour: Tour, tiers: a.Floats) -> None:
    """Write the three tiers of a plan into the first row."""
    first = second = third = 0.0
    for v in range(len(instance.crew)):
        if not is_placed(instance, tour, v):
            first += instance.lost[v]
            third += instance.toll[v]
    for s in range(len(instance.shift)):
        second += tour.figure[s, a.COST2]
        third += tour.figure[s, a.COST3]
    third += instance.weight[a.WORST_LATE] * worst_late(instance, tour)
    tiers[0, 0], tiers[0, 1], tiers[0, 2] = first, second, third


@inner
def _bind_all(instance: Instance, tour: Tour, scratch: Scratch) -> None:
    """Bounds of all linked visits from their meetings and cuts."""
    for v in range(len(instance.crew)):
        if instance.task[instance.crew[v, 0], a.LINKED]:
            set_bounds(instance, tour, scratch, v)

"""Compiled: the small steps that table and labels share. The rules are those of `schedule`."""

from dispatch_solver.bound.arrays import EARLIEST, LATEST, LENGTH, NEVER, Net
from dispatch_solver.compiled import spliced


@spliced
def rest(net: Net, ready: int, leave: int, index: int) -> tuple[int, int]:
    """One more break on a leg left at `leave`: when work can start, and when the break is over."""
    if leave > net.rest[index, LATEST]:
        return NEVER, NEVER
    earliest, length = net.rest[index, EARLIEST], net.rest[index, LENGTH]
    return max(ready, earliest) + length, max(leave, earliest) + length


@spliced
def home_at(net: Net, i: int, leave: int, taken: int) -> int:
    """When the route ends that leaves node i now, with all breaks; NEVER when they don't fit."""
    ready, rested = leave + net.travel[i, len(net.due)], leave
    for index in range(taken, len(net.rest)):
        ready, rested = rest(net, ready, rested, index)
        if ready >= NEVER:
            break
    return ready


@spliced
def start_cost(net: Net, j: int, w: int, begin: int) -> float:
    """What it costs to start j in its span w then."""
    return net.span_cost[j, w] + net.late_rate[j] * max(0, begin - net.due[j])

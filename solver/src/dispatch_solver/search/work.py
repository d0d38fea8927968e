"""The one door to the compiled search, so that it is compiled once and as a whole."""

import numpy as np

from dispatch_solver.compiled import entry
from dispatch_solver.search import arrays as a
from dispatch_solver.search.anneal import anneal, construct, keep
from dispatch_solver.search.arrays import Instance, Tour
from dispatch_solver.search.memory import Memory
from dispatch_solver.search.scratch import Scratch
from dispatch_solver.search.stock import add_up, take_stock
from dispatch_solver.search.timing import retime

TAKE_OVER, BIND, CONSTRUCT, ANNEAL, BACK, RETIME = range(6)


@entry
def work(
    instance: Instance,
    tour: Tour,
    best: Tour,
    scratch: Scratch,
    memory: Memory,
    tiers: a.Floats,
    what: int,
    steps: int,
    hot: float,
    cold: float,
    seed: int,
) -> int:
    """TAKE_OVER a plan from stops, meetings and cuts (0: it breaks a rule), its bounds, too (BIND),
    CONSTRUCT, ANNEAL (answers how often a better plan was found), go BACK to the best, or RETIME
    the route of the shift `steps`.
    """
    np.random.seed(seed)
    answer = 1
    if what in (TAKE_OVER, BIND):
        answer = int(take_stock(instance, tour, scratch, tiers, what == BIND))
    elif what == CONSTRUCT:
        construct(instance, tour, scratch)
        add_up(instance, tour, tiers)
    elif what == ANNEAL:
        add_up(instance, tour, tiers)
        answer = anneal(instance, tour, best, scratch, memory, tiers, steps, hot, cold)
    elif what == BACK:
        keep(best, tour)
        answer = int(take_stock(instance, tour, scratch, tiers, a.NO))
    elif what == RETIME:
        answer = int(retime(instance, tour, steps))
    return answer

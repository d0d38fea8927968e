"""What one step of the search writes down, so that it can be undone, and its own short lists."""

from typing import NamedTuple

import numpy as np

from dispatch_solver.compiled import inner
from dispatch_solver.search import arrays as a
from dispatch_solver.search.arrays import Floats, Instance, Ints, Tour
from dispatch_solver.search.timing import retime

# Entries of Scratch.tally
TOUCHED, REMOVED, WAITING, LEFT, BONDS, STAMP = range(6)
# Columns of Scratch.crew: the best choice so far, the cheapest at one time, the one being tried
CHOSEN, CHOSEN_AT, CHOICE, CHOICE_AT, PICK = range(5)
# Columns of Scratch.known: which task, route and mood; version of the route; cost, position
KEY, VERSION, COST, WHERE = range(4)
MOST_KNOWN = 1 << 21
MOST_TIMES = 10
MOST_NEIGHBOURS = 50
# What Scratch.bond remembers: a crew's meeting, a link's cut, the bounds of a task
MEETING, CUT, BOUND = range(3)


class Scratch(NamedTuple):
    """Lists with their lengths in `tally`."""

    tally: Ints
    touched: Ints  # shifts changed in this step
    is_touched: Ints  # by shift: index in `touched`, or -1
    stops: Ints  # routes as they were, one row per touched shift
    lengths: Ints
    cost: Floats  # of the touched shifts before: tier 2, tier 3
    version: Ints  # of the touched shifts before
    removed: Ints  # tasks taken out in this step
    marked: Ints  # by task: in `removed`
    waiting: Ints  # visits to be put in
    old: Ints  # by visit: was left out before this step
    left: Ints  # visits left out
    is_left: Ints  # by visit: index in `left`, or -1
    bond: Ints  # x 4: journal of what was changed for linked visits: what, where, values before
    key: Floats
    worst: Floats  # latest start after due of all routes: as it was, as it would be
    change: Floats  # of the three tiers by the step
    stamp: Ints  # by route class: last insertion that tried an empty route of it
    known: Floats  # x 4: what insertions cost, see the columns below
    routes: Ints  # shifts worth trying for a visit
    seen: Ints  # by shift: last search that listed it in `routes`
    time: Ints  # starts worth trying for a crew
    time_cost: Floats
    offer: Floats  # crew member x best routes: cost
    offer_at: Ints  # the same x 2: shift, position
    crew: Ints  # crew member x 5: see the columns below


def scratch_of(instance: Instance, tour: Tour) -> Scratch:
    shifts, tasks, visits = len(instance.shift), len(instance.task), len(instance.crew)
    crew = int(instance.crew[:, 1].max(initial=1))
    bonds = 16 * (tasks + len(instance.link)) + 64
    return Scratch(
        tally=np.zeros(6, np.int64),
        touched=np.zeros(shifts, np.int64),
        is_touched=np.full(shifts, -1, np.int64),
        stops=np.zeros_like(tour.stop),
        lengths=np.zeros(shifts, np.int64),
        cost=np.zeros((shifts, 2)),
        version=np.zeros(shifts, np.int64),
        removed=np.zeros(tasks, np.int64),
        marked=np.zeros(tasks, np.int64),
        waiting=np.zeros(visits, np.int64),
        old=np.zeros(visits, np.int64),
        left=np.zeros(visits, np.int64),
        is_left=np.full(visits, -1, np.int64),
        bond=np.zeros((bonds, 4), np.int64),
        key=np.zeros(visits),
        worst=np.zeros(2),
        change=np.zeros(3),
        stamp=np.zeros(int(instance.shift[:, a.ROUTE_CLASS].max(initial=0)) + 1, np.int64),
        known=np.full((min(MOST_KNOWN, 2 * shifts * tasks + 1), 4), -1.0),
        routes=np.zeros(shifts, np.int64),
        seen=np.zeros(shifts, np.int64),
        time=np.zeros(MOST_TIMES, np.int64),
        time_cost=np.zeros(MOST_TIMES),
        offer=np.zeros((crew, crew + 2)),
        offer_at=np.zeros((crew, crew + 2, 2), np.int64),
        crew=np.zeros((crew, 5), np.int64),
    )


@inner
def leave_out(scratch: Scratch, v: int) -> None:
    """Write a visit on the list of those left out."""
    if scratch.is_left[v] < 0:
        scratch.is_left[v] = scratch.tally[LEFT]
        scratch.left[scratch.tally[LEFT]] = v
        scratch.tally[LEFT] += 1


@inner
def bring_in(scratch: Scratch, v: int) -> None:
    """Strike a visit off that list."""
    at = scratch.is_left[v]
    if at >= 0:
        scratch.tally[LEFT] -= 1
        moved = scratch.left[scratch.tally[LEFT]]
        scratch.left[at] = moved
        scratch.is_left[moved] = at
        scratch.is_left[v] = -1


@inner
def touch(tour: Tour, scratch: Scratch, s: int) -> None:
    """Remember a route before it is changed for the first time."""
    if scratch.is_touched[s] >= 0:
        return
    i = scratch.tally[TOUCHED]
    scratch.is_touched[s] = i
    scratch.touched[i] = s
    scratch.lengths[i] = tour.length[s]
    for p in range(tour.length[s]):
        scratch.stops[i, p] = tour.stop[s, p]
    scratch.cost[i, 0] = tour.figure[s, a.COST2]
    scratch.cost[i, 1] = tour.figure[s, a.COST3]
    scratch.version[i] = tour.version[s]
    scratch.tally[TOUCHED] += 1


@inner
def note_bond(tour: Tour, scratch: Scratch, what: int, where: int) -> None:
    """Remember a meeting, a cut or bounds before they are changed."""
    i = scratch.tally[BONDS]
    scratch.bond[i, 0], scratch.bond[i, 1] = what, where
    if what == MEETING:
        scratch.bond[i, 2] = tour.meeting[where]
    elif what == CUT:
        scratch.bond[i, 2], scratch.bond[i, 3] = tour.cut[where, 0], tour.cut[where, 1]
    else:
        scratch.bond[i, 2], scratch.bond[i, 3] = tour.bound[where, 0], tour.bound[where, 1]
    scratch.tally[BONDS] += 1


@inner
def undo(instance: Instance, tour: Tour, scratch: Scratch) -> None:
    """Put everything back as it was before the step."""
    touched = scratch.tally[TOUCHED]
    for i in range(touched):
        s = scratch.touched[i]
        for p in range(tour.length[s]):
            tour.route_of[tour.stop[s, p]] = -1
    for i in range(scratch.tally[BONDS] - 1, -1, -1):
        what, where = scratch.bond[i, 0], scratch.bond[i, 1]
        if what == MEETING:
            tour.meeting[where] = scratch.bond[i, 2]
        elif what == CUT:
            tour.cut[where, 0], tour.cut[where, 1] = scratch.bond[i, 2], scratch.bond[i, 3]
        else:
            tour.bound[where, 0], tour.bound[where, 1] = scratch.bond[i, 2], scratch.bond[i, 3]
    for i in range(touched):
        s = scratch.touched[i]
        tour.length[s] = scratch.lengths[i]
        for p in range(scratch.lengths[i]):
            tour.stop[s, p] = scratch.stops[i, p]
        retime(instance, tour, s)
        tour.version[s] = scratch.version[i]


@inner
def forget(scratch: Scratch) -> None:
    """Make the lists ready for the next step."""
    for i in range(scratch.tally[TOUCHED]):
        scratch.is_touched[scratch.touched[i]] = -1
    for i in range(scratch.tally[REMOVED]):
        scratch.marked[scratch.removed[i]] = 0
    for i in range(scratch.tally[WAITING]):
        scratch.old[scratch.waiting[i]] = 0
    scratch.tally[TOUCHED] = scratch.tally[REMOVED] = 0
    scratch.tally[WAITING] = scratch.tally[BONDS] = 0

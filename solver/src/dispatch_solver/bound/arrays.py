"""What the compiled pricing works on, as tuples of arrays. Nothing is allocated while it runs."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Ints32 = NDArray[np.int32]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Words = NDArray[np.uint64]

INFINITE = 1e18
NEVER = 1 << 30

# Columns of `Net.rest`.
EARLIEST, LATEST, LENGTH = 0, 1, 2
# Columns of `Store.label`.
NODE, TAKEN, LEAVE, WORK, LOAD, BEFORE, STOPS, DEAD, QUEUED, LISTED = range(10)
# Entries of `Store.counted` and of `Store.tally`.
LABELS, COMPARED = 0, 1
LOWEST, UNEXPLORED = range(2)


class Net(NamedTuple):
    """One shift: nodes 0..n-1 are tasks, n its start and end. See `graph.ShiftGraph`."""

    travel: Ints32  # (n+1) x (n+1)
    onsite: Ints32  # (n+1) x n: time at j after i, set-up included where it is due
    quickest: Ints32  # n: the least of it
    load: Ints
    first: Ints  # n x W
    last: Ints
    last_end: Ints
    span_cost: Floats
    due: Ints
    late_rate: Floats
    rest: Ints  # B x 3
    least_home: Ints
    element: Ints  # node to the number of its visit here
    start: int
    end: int
    limit: int
    capacity: int  # -1: never reached
    work_limit: int
    overtime_rate: float
    curve: float
    fair: float
    fixed: float


class Rules(NamedTuple):
    """What one pricing asks: arc costs less duals, memory, cuts, and how far to look."""

    reduced: Floats  # (n+1) x (n+1)
    ng: Words  # node x words: the visits it remembers
    remembers: Flags  # node j x node i: j remembers the visit of i
    member: Words  # node x cut words
    keep: Words
    penalty: Floats  # by cut
    threshold: float
    quick: bool  # labels are compared by time and price alone: finds routes, proves nothing
    most_labels: int
    most_comparisons: int


class Table(NamedTuple):
    """Least cost of the rest of a route, by tangent, breaks taken, node and grain of time."""

    best: Floats
    after: Ints32  # the node that follows in the best
    second: Floats  # the best by another visit
    arc: Floats  # by tangent, (n+1) x (n+1): arc costs, and what the work on the arc adds
    tangent: Floats  # points of work
    shift: int  # a grain is two to this many seconds; -1: there is no table
    stride: int  # grains that every leg with its stop takes at least


class Store(NamedTuple):
    """The labels, and lists over them by time."""

    label: Ints
    price: Floats
    memory: Words
    halves: Words
    mine: Words  # what a label about to be made remembers
    filled: Words
    queue: Ints32  # by slot of time: labels still to follow
    lists: Ints32  # node x span of slots: labels that live
    cheapest: Floats  # node x span
    best_end: Floats  # node: the best route that ends there
    best_label: Ints32
    counted: Ints
    tally: Floats
    shift: int  # a slot is two to this many seconds
    span: int  # a span is two to this many slots

"""When a task may start, cut into spans of constant cost.

Within one span the earliest start is never worse than a later one: lateness only grows. So a
route needs to try the first start of each span, and a later span only where it costs less.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from dispatch_solver.bound.rates import Rates
from dispatch_solver.eligibility import Floats, Ints, Span
from dispatch_solver.model import FOREVER, Model, clip
from dispatch_solver.problem import MOST_SECONDS, Visit


@dataclass(frozen=True, slots=True)
class Starts:
    """Spans by task (T x W): first and last second and what starting there costs.

    Two sets of costs: `cost` for most people, `kept_cost` for the one who holds the visit now and
    is also asked to keep its time. Unused spans end before every time.
    """

    first: Ints
    last: Ints
    cost: Floats
    kept_cost: Floats


def starts_of(model: Model, rates: Rates) -> Starts:
    """The spans of all tasks, by the rules a plan is checked by.

    Not the windows the search uses: it never comes before a promise when it can wait, a plan may.
    """
    rows = [_spans(model, t, rates) for t in range(len(model.tasks))]
    width = max((len(row) for row in rows), default=1) or 1
    shape = (len(rows), width)
    first, last = np.full(shape, FOREVER, np.int64), np.full(shape, -FOREVER, np.int64)
    cost, kept_cost = np.zeros(shape), np.zeros(shape)
    for t, row in enumerate(rows):
        for w, ((a, b), plain, kept) in enumerate(row):
            first[t, w], last[t, w], cost[t, w], kept_cost[t, w] = a, b, plain, kept
    return Starts(first, last, cost, kept_cost)


def _spans(model: Model, task: int, rates: Rates) -> list[tuple[Span, float, float]]:
    data, weights = model.tasks[task], model.problem.weights
    visit = model.problem.visits[data.visit]
    cuts: set[int] = set()
    if data.promise is not None:
        cuts |= {data.promise[0], data.promise[1] + 1}
    if data.moved_from is not None:
        cuts |= {data.moved_from - weights.change_seconds}
        cuts |= {data.moved_from + weights.change_seconds + 1}
    out: list[tuple[Span, float, float]] = []
    for a, b in allowed_spans(visit, data.need):
        edges = [a, *sorted(cut for cut in cuts if a < cut <= b), b + 1]
        for start, end in pairwise(edges):
            broken = data.promise is not None and not data.promise[0] <= start <= data.promise[1]
            moved = (
                data.moved_from is not None
                and abs(start - data.moved_from) > weights.change_seconds
            )
            plain = rates.tier2 * weights.promise_broken * broken
            out.append(((start, end - 1), plain, plain + rates.tier3 * weights.change * moved))
    return out


def allowed_spans(visit: Visit, need: int) -> list[Span]:
    """All starts a plan may have, whatever they cost; a crew member follows the lead's spans."""
    if visit.started is not None:
        return [(visit.started.start, visit.started.start)]
    if visit.pinned is not None and visit.pinned.start is not None:
        spans = [(visit.pinned.start, visit.pinned.start)]
    else:
        given = [(w.start, w.end) for w in visit.windows] or [(0, MOST_SECONDS)]
        spans = clip(merged(given), visit.release, FOREVER)
    gap = visit.needs[need]
    if need > 0:
        spans = merged([(a + gap.gap_least, b + gap.gap_most) for a, b in spans])
    return spans


def merged(spans: list[Span]) -> list[Span]:
    """The same seconds as disjoint spans in order."""
    out: list[Span] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1] + 1:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        elif start <= end:
            out.append((start, end))
    return out

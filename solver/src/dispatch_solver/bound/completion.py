"""Compiled: what the rest of a route costs at least, by node, breaks taken and time.

The rest of a route may repeat visits here, only not at once go back to where it came from. So the
table is filled backward in time by dynamic programming, and a partial route that costs more than
the table can give back is dropped at once (completion bounds, as in Baldacci, Mingozzi & Roberti
2011). The cost of imbalance is convex in the work done; a tangent to it is additive and never
above it, so the table is made once per tangent.
"""

from dispatch_solver.bound.arrays import INFINITE, NEVER, Net, Rules, Table
from dispatch_solver.bound.steps import home_at, rest, start_cost
from dispatch_solver.compiled import entry, spliced


@entry
def complete(net: Net, rules: Rules, table: Table, p: int) -> None:
    """Fill the table of tangent p, which comes filled with INFINITE.

    An entry holds for every departure from its grain's first second on, so it is a lower bound
    for later ones. Every leg with its stop takes at least `table.stride` grains, so these many do
    not depend on each other, and an arc is looked at for all of them together.
    """
    n = len(net.due)
    above = table.best.shape[3]
    while above > 0:
        below = max(0, above - table.stride)
        for i in range(n if below else n + 1):
            first, last = _open(net, table, i, below, above)
            for grain in range(first, last):
                for taken in range(len(net.rest) + 1):
                    _end(net, table, (p, taken, i, grain))
            for j in range(n):
                if (
                    j == i
                    or net.start + (first << table.shift) + net.travel[i, j] > net.last_end[j]
                ):
                    continue
                for grain in range(first, last):
                    for taken in range(len(net.rest) + 1):
                        cell = (p, taken, i, grain)
                        value = table.arc[p, i, j] + _onward(net, rules, table, cell, j)
                        _offer(net, table, cell, j, value)
        above = below


@spliced
def _open(net: Net, table: Table, i: int, below: int, above: int) -> tuple[int, int]:
    """The grains in which somebody may leave node i at all, within [below, above)."""
    if i == len(net.due):
        return 0, 1
    first = (net.first[i, 0] + net.quickest[i] - net.start) >> table.shift
    last = ((net.limit - net.least_home[i] - net.start) >> table.shift) + 1
    return max(below, first), min(above, last)


@spliced
def _end(net: Net, table: Table, cell: tuple[int, int, int, int]) -> None:
    """Offer the end of the route."""
    p, taken, i, grain = cell
    n = len(net.due)
    end = home_at(net, i, net.start + (grain << table.shift), taken)
    if i < n and end <= net.limit:
        value = table.arc[p, i, n] + net.overtime_rate * max(0, end - net.end)
        _offer(net, table, cell, n, value)


@spliced
def _offer(net: Net, table: Table, cell: tuple[int, int, int, int], j: int, value: float) -> None:
    """Keep the best value, and the best by another visit than that."""
    p, taken, i, grain = cell
    if value >= table.second[p, taken, i, grain]:
        return
    low, where = table.best[p, taken, i, grain], table.after[p, taken, i, grain]
    n = len(net.due)
    same = 0 <= where < n and j < n and net.element[where] == net.element[j]
    if value < low:
        if not same:
            table.second[p, taken, i, grain] = low
        table.best[p, taken, i, grain] = value
        table.after[p, taken, i, grain] = j
    elif not same:
        table.second[p, taken, i, grain] = value


@spliced
def _onward(net: Net, rules: Rules, table: Table, cell: tuple[int, int, int, int], j: int) -> float:
    """The least that starting at j and all that follows costs, over breaks and spans."""
    p, taken, i, grain = cell
    n = len(net.due)
    rested = net.start + (grain << table.shift)
    ready = rested + net.travel[i, j]
    onsite = net.onsite[i, j]
    least = INFINITE
    for after in range(taken, len(net.rest) + 1):
        if after > taken:
            ready, rested = rest(net, ready, rested, after - 1)
            if ready >= NEVER:
                break
        cheapest = INFINITE
        for w in range(net.first.shape[1]):
            begin = max(ready, net.first[j, w])
            if begin > net.last[j, w]:
                continue
            if begin + onsite > net.limit:
                break
            extra = start_cost(net, j, w, begin)
            if extra >= cheapest:
                continue
            cheapest = extra
            at = (begin + onsite - net.start) >> table.shift
            value = table.best[p, after, j, at]
            if i < n and rules.remembers[j, i]:
                follows = table.after[p, after, j, at]
                if 0 <= follows < n and net.element[follows] == net.element[i]:
                    value = table.second[p, after, j, at]
            least = min(least, extra + value)
    return least

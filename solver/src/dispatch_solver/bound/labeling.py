"""Compiled: the cheapest routes of one shift by labeling.

A label is a partial route: node, breaks taken, departure, work, load, reduced cost, the visits it
remembers (ng-routes: Baldacci, Mingozzi & Roberti 2011) and the cuts it has half filled
(subset-row cuts: Jepsen et al. 2008, with the limited memory of Pecin et al. 2017). Labels are
followed in order of time; one that another beats in everything is dropped, and so is one that the
completion table shows to end too dear.
"""

import numpy as np

from dispatch_solver.bound.arrays import (
    BEFORE,
    COMPARED,
    DEAD,
    INFINITE,
    LABELS,
    LEAVE,
    LISTED,
    LOAD,
    LOWEST,
    NEVER,
    NODE,
    QUEUED,
    STOPS,
    TAKEN,
    UNEXPLORED,
    WORK,
    Net,
    Rules,
    Store,
    Table,
)
from dispatch_solver.bound.dominance import beaten, drop_beaten
from dispatch_solver.bound.steps import home_at, rest, start_cost
from dispatch_solver.compiled import entry, spliced

SLACK = 1e-9


@entry
def label_routes(net: Net, rules: Rules, table: Table, store: Store) -> None:
    """Follow all labels; the routes are then in `best_end`, `best_label` and the labels.

    `tally[LOWEST]` and `tally[UNEXPLORED]` together are a lower bound of the reduced cost of
    every elementary route, never above the threshold. When
    `most_labels` are made or `most_comparisons` done no more are entered; what they could lead to
    by the table counts as unexplored.
    """
    n = len(net.due)
    store.label[0, NODE], store.label[0, LEAVE] = n, net.start
    for column in (TAKEN, WORK, LOAD, STOPS, DEAD):
        store.label[0, column] = 0
    store.label[0, BEFORE] = -1
    store.price[0] = net.fixed
    store.memory[0, :] = 0
    store.halves[0, :] = 0
    store.counted[LABELS], store.counted[COMPARED] = 1, 0
    store.tally[LOWEST] = rules.threshold
    store.tally[UNEXPLORED] = INFINITE
    _follow(net, rules, table, store, 0)
    for slot in range(len(store.queue)):
        while store.queue[slot] >= 0:
            current = store.queue[slot]
            store.queue[slot] = store.label[current, QUEUED]
            if store.label[current, DEAD] == 0:
                _follow(net, rules, table, store, current)


@spliced
def _follow(net: Net, rules: Rules, table: Table, store: Store, current: int) -> None:
    """Extend a label to every node it can go to."""
    i = store.label[current, NODE]
    leave, work = store.label[current, LEAVE], store.label[current, WORK]
    for j in range(len(net.due)):
        if j == i or rules.reduced[i, j] >= INFINITE:
            continue
        word, bit = net.element[j] >> 6, np.uint64(1) << np.uint64(net.element[j] & 63)
        if store.memory[current, word] & bit:
            continue
        ready, onsite = leave + net.travel[i, j], net.onsite[i, j]
        if ready > net.last_end[j] or ready + onsite + net.least_home[j] > net.limit:
            continue
        if work + net.travel[i, j] + onsite > net.work_limit:
            continue
        if 0 <= net.capacity < store.label[current, LOAD] + net.load[j]:
            continue
        if store.label[current, STOPS] < len(net.due):
            _visit(net, rules, table, store, (current, j))


@spliced
def _visit(net: Net, rules: Rules, table: Table, store: Store, step: tuple[int, int]) -> None:
    """Enter a label per number of breaks taken on the leg and span worth starting in."""
    current, j = step
    i, rested = store.label[current, NODE], store.label[current, LEAVE]
    ready, onsite = rested + net.travel[i, j], net.onsite[i, j]
    taken = store.label[current, TAKEN]
    base = store.price[current] + rules.reduced[i, j] + _remember(net, rules, store, step)
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
            away = begin + onsite
            if away + net.least_home[j] > net.limit:
                break
            extra = start_cost(net, j, w, begin)
            if extra >= cheapest:
                continue
            cheapest = extra
            if after == len(net.rest) or away <= net.rest[after, 1]:
                _write(net, store, step, (after, away, onsite), base + extra)
                _enter(net, rules, table, store)


@spliced
def _remember(net: Net, rules: Rules, store: Store, step: tuple[int, int]) -> float:
    """Memory and half-filled cuts after this step, into `mine` and `filled`; the cuts' price."""
    current, j = step
    for w in range(len(store.mine)):
        store.mine[w] = store.memory[current, w] & rules.ng[j, w]
    store.mine[net.element[j] >> 6] |= np.uint64(1) << np.uint64(net.element[j] & 63)
    price = 0.0
    for w in range(len(store.filled)):
        half = store.halves[current, w] & rules.keep[j, w]
        full = half & rules.member[j, w]
        store.filled[w] = half ^ rules.member[j, w]
        at = w * 64
        while full:
            if full & np.uint64(1):
                price += rules.penalty[at]
            full >>= np.uint64(1)
            at += 1
    return price


@spliced
def _write(
    net: Net, store: Store, step: tuple[int, int], stop: tuple[int, int, int], price: float
) -> None:
    """The label in the next free row; it counts only when it is entered."""
    current, j = step
    taken, away, onsite = stop
    label, x = store.label, store.counted[LABELS]
    travel = net.travel[label[current, NODE], j]
    label[x, NODE], label[x, TAKEN], label[x, LEAVE] = j, taken, away
    label[x, WORK] = label[current, WORK] + travel + onsite
    label[x, LOAD] = label[current, LOAD] + net.load[j]
    label[x, BEFORE], label[x, STOPS] = current, label[current, STOPS] + 1
    label[x, DEAD] = 0
    store.price[x] = price


@spliced
def _enter(net: Net, rules: Rules, table: Table, store: Store) -> None:
    """Keep the label in the next free row, unless the table or another label rules it out."""
    x = store.counted[LABELS]
    j, leave = store.label[x, NODE], store.label[x, LEAVE]
    could = store.price[x] + _future(net, table, store, x)
    if could >= rules.threshold - SLACK:
        return
    if x >= rules.most_labels or store.counted[COMPARED] > rules.most_comparisons:
        store.tally[UNEXPLORED] = min(store.tally[UNEXPLORED], could)
        return
    for w in range(len(store.mine)):
        store.memory[x, w] = store.mine[w]
    for w in range(len(store.filled)):
        store.halves[x, w] = store.filled[w]
    slot = (leave - net.start) >> store.shift
    span = slot >> store.span
    if beaten(net, rules, store, x, span):
        return
    drop_beaten(net, rules, store, x, span)
    store.label[x, LISTED], store.lists[j, span] = store.lists[j, span], x
    store.label[x, QUEUED], store.queue[slot] = store.queue[slot], x
    store.cheapest[j, span] = min(store.cheapest[j, span], store.price[x])
    store.counted[LABELS] += 1
    _finish(net, rules, store, x)


@spliced
def _future(net: Net, table: Table, store: Store, x: int) -> float:
    """The least that the rest of the route adds to the label's price."""
    if table.shift < 0:
        return -INFINITE
    n, empty = len(net.due), net.curve * net.fair * net.fair
    j, taken, work = store.label[x, NODE], store.label[x, TAKEN], store.label[x, WORK]
    at = (store.label[x, LEAVE] - net.start) >> table.shift
    future = -INFINITE
    for p in range(len(table.tangent)):
        ahead = table.best[p, taken, j, at]
        follows = table.after[p, taken, j, at]
        if 0 <= follows < n:
            e = net.element[follows]
            if store.mine[e >> 6] & (np.uint64(1) << np.uint64(e & 63)):
                ahead = table.second[p, taken, j, at]
        off = table.tangent[p] - net.fair
        balance = net.curve * off * (off + 2.0 * (work - table.tangent[p])) - empty
        future = max(future, ahead + balance)
    return future


@spliced
def _finish(net: Net, rules: Rules, store: Store, x: int) -> None:
    """Note the route that ends with this label."""
    j, n = store.label[x, NODE], len(net.due)
    work = store.label[x, WORK] + net.travel[j, n]
    end = home_at(net, j, store.label[x, LEAVE], store.label[x, TAKEN])
    if end > net.limit or work > net.work_limit:
        return
    off = work - net.fair
    whole = store.price[x] + rules.reduced[j, n] + net.overtime_rate * max(0, end - net.end)
    whole += net.curve * (off * off - net.fair * net.fair)
    if whole < store.best_end[j]:
        store.best_end[j], store.best_label[j] = whole, x
    store.tally[LOWEST] = min(store.tally[LOWEST], whole)

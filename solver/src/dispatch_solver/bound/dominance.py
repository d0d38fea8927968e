"""Compiled: which of two labels at the same node can be dropped."""

import numpy as np

from dispatch_solver.bound.arrays import (
    COMPARED,
    DEAD,
    LEAVE,
    LISTED,
    LOAD,
    NODE,
    TAKEN,
    WORK,
    Net,
    Rules,
    Store,
)
from dispatch_solver.compiled import spliced

SLACK = 1e-9


@spliced
def beaten(net: Net, rules: Rules, store: Store, x: int, span: int) -> bool:
    """Whether a living label at the same node, not later, beats this one."""
    j = store.label[x, NODE]
    for q in range(span + 1):
        if net.curve == 0.0 and store.cheapest[j, q] > store.price[x] + SLACK:
            continue
        y = store.lists[j, q]
        while y >= 0:
            store.counted[COMPARED] += 1
            if _beats(net, rules, store, y, x):
                return True
            y = store.label[y, LISTED]
    return False


@spliced
def drop_beaten(net: Net, rules: Rules, store: Store, x: int, span: int) -> None:
    """Take out the labels at the same node, not earlier, that this one beats."""
    j = store.label[x, NODE]
    for q in range(span, store.lists.shape[1]):
        previous, y = -1, store.lists[j, q]
        while y >= 0:
            store.counted[COMPARED] += 1
            following = store.label[y, LISTED]
            if _beats(net, rules, store, x, y):
                store.label[y, DEAD] = 1
                if previous < 0:
                    store.lists[j, q] = following
                else:
                    store.label[previous, LISTED] = following
            else:
                previous = y
            y = following


@spliced
def _beats(net: Net, rules: Rules, store: Store, a: int, b: int) -> bool:
    """Whether label a is at least as good as label b, whatever follows.

    With a cost that is quadratic in work the difference of two labels is linear in the work still
    to come, so its greatest value lies at one end of what may come.
    """
    label = store.label
    if label[a, LEAVE] > label[b, LEAVE] or label[a, TAKEN] < label[b, TAKEN]:
        return False
    excess = store.price[a] - store.price[b]
    if net.curve > 0.0:
        more = label[a, WORK] - label[b, WORK]
        coming = net.limit - label[b, LEAVE] if more > 0 else net.least_home[label[a, NODE]]
        both = label[a, WORK] + label[b, WORK] + 2 * coming
        excess += net.curve * more * (both - 2.0 * net.fair)
    if excess > SLACK:
        return False
    if rules.quick:
        return _carries_no_more(net, store, a, b)
    for w in range(len(store.mine)):
        if store.memory[a, w] & ~store.memory[b, w]:
            return False
    return _carries_no_more(net, store, a, b) and excess + _halves(rules, store, a, b) <= SLACK


@spliced
def _carries_no_more(net: Net, store: Store, a: int, b: int) -> bool:
    """Whether load and work limit let a do whatever b can."""
    label = store.label
    if net.capacity >= 0 and label[a, LOAD] > label[b, LOAD]:
        return False
    most = label[a, WORK] + net.limit - label[b, LEAVE]
    return label[a, WORK] <= label[b, WORK] or most <= net.work_limit


@spliced
def _halves(rules: Rules, store: Store, a: int, b: int) -> float:
    """What the cuts that only a has half filled may cost it."""
    price = 0.0
    for w in range(store.halves.shape[1]):
        only, at = store.halves[a, w] & ~store.halves[b, w], w * 64
        while only:
            if only & np.uint64(1):
                price += rules.penalty[at]
            only >>= np.uint64(1)
            at += 1
    return price

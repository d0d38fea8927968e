"""A plan from the linear program: fix its likeliest route, price what is left, and go on.

Column generation diving (Sadykov, Vanderbeck, Pessoa, Tahiri & Uchoa 2019), by quick pricing.
"""

from dataclasses import replace

from dispatch_solver.bound.column import Column
from dispatch_solver.bound.master import Master, Unsolved
from dispatch_solver.bound.pricers import Pricers, TimeOver
from dispatch_solver.model import Model

# Pricings between two fixings; shares from which on more than one route is fixed at a time.
ROUNDS = 2
SURE = 0.7
NOT_AGAIN = 1e9


def dive(model: Model, master: Master, pricers: Pricers, sizes: list[int]) -> list[Column]:
    """Disjoint routes, most of a plan if not all of it; fewer when time runs out."""
    picked: list[Column] = []
    room = list(sizes)
    try:
        while any(room):
            groups = [group for group, count in enumerate(room) if count > 0]
            likely = _likely(model, master, pricers, picked, groups)
            if not likely:
                break
            for column in likely:
                room[column.group] -= 1
            picked += likely
            master.fix(picked)
    except (Unsolved, TimeOver):
        pass
    finally:
        master.release()
    return picked


def _likely(
    model: Model, master: Master, pricers: Pricers, picked: list[Column], groups: list[int]
) -> list[Column]:
    """The route of the greatest share that is not yet picked, and all that are nearly sure."""
    served = [t for column in picked for t in column.tasks]
    for _ in range(ROUNDS):
        _, duals = master.solve()
        prices = duals.tasks.copy()
        prices[served] = -NOT_AGAIN
        trial = replace(duals, tasks=prices)
        if not master.add(pricers.quick(master, trial, groups)):
            break
    else:
        master.solve()
    taken = {model.tasks[t].visit for t in served}
    open_groups = set(groups)
    out: list[Column] = []
    for column, share in sorted(master.chosen(), key=lambda one: -one[1]):
        visits = {model.tasks[t].visit for t in column.tasks}
        if out and share < SURE:
            break
        whole = len(visits) == len(column.tasks) and column.group in open_groups
        if whole and taken.isdisjoint(visits):
            out.append(column)
            taken |= visits
            open_groups.discard(column.group)
    return out

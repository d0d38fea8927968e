"""What-ifs for visits that are left out: at any time, with overtime, on an empty day, lower level.

Each is one pricing of all routes for all the visits at once.
"""

from dataclasses import dataclass, replace

import numpy as np

from dispatch_solver.board import Items, items_of
from dispatch_solver.eligibility import Flags, Span, has_skills
from dispatch_solver.insertion import Prices, price
from dispatch_solver.model import FOREVER, Model
from dispatch_solver.problem import MOST_SECONDS, Need, Technician
from dispatch_solver.schedule import Timing, time_route
from dispatch_solver.state import State

MORE_OVERTIME = 12 * 3600


@dataclass(slots=True)
class WhatIfs:
    """Prices S x U under the plan's rules and under relaxed ones."""

    now: Prices
    anytime: Prices
    overtime: Prices
    empty: Prices
    no_limit: Prices
    lower: Prices


@dataclass(slots=True)
class Relaxed:
    """The state, an empty day, one with longer overtime and one without work limits."""

    state: State
    empty: State
    late: State
    tireless: State

    @staticmethod
    def of(state: State) -> "Relaxed":
        model = state.model
        longer = [replace(data, limit=data.limit + MORE_OVERTIME) for data in model.shifts]
        late = replace(model, shifts=longer)
        tireless = replace(
            model, shifts=[replace(data, work_limit=FOREVER) for data in model.shifts]
        )
        return Relaxed(state, State(tireless), _copy(state, late), _copy(state, tireless))

    def ask(self, tasks: list[int]) -> WhatIfs:
        model = self.state.model
        rows = np.arange(len(model.shifts))
        items = items_of(model, tasks)
        free = items_of(model, tasks)
        widen(model, free)
        lower = items_of(model, tasks)
        lower.can = lower_level_can(model, tasks)
        return WhatIfs(
            now=price(model, self.state.board, rows, items),
            anytime=price(model, self.state.board, rows, free),
            overtime=price(self.late.model, self.late.board, rows, items),
            empty=price(self.empty.model, self.empty.board, rows, items),
            no_limit=price(self.tireless.model, self.tireless.board, rows, items),
            lower=price(model, self.state.board, rows, lower),
        )


def _copy(state: State, model: Model) -> State:
    copy = State(model)
    copy.load(state.snapshot())
    return copy


def widen(model: Model, items: Items) -> None:
    """Let the items start at any time from their first window on."""
    for i, t in enumerate(items.tasks.tolist()):
        spans = anytime(model, t)
        items.window_start[i, :] = FOREVER
        items.window_end[i, :] = -FOREVER
        items.window_start[i, 0], items.window_end[i, 0] = spans[0]


def anytime(model: Model, task: int) -> list[Span]:
    visit = model.problem.visits[model.tasks[task].visit]
    first = min((w.start for w in visit.windows), default=0)
    return [(max(first, visit.release), MOST_SECONDS)]


def lower_level_can(model: Model, tasks: list[int]) -> Flags:
    """Who could do each task if one of its levels were one lower."""
    can = np.zeros((len(model.shifts), len(tasks)), bool)
    for i, t in enumerate(tasks):
        visit = model.problem.visits[model.tasks[t].visit]
        if visit.pinned is not None:
            continue
        k = model.tasks[t].need
        for s, data in enumerate(model.shifts):
            person = model.problem.technicians[data.technician]
            if lacking_level(person, visit.needs[k]) is not None:
                can[s, i] = (
                    person.id not in visit.refused
                    and (k > 0 or not visit.named or person.id in visit.named)
                    and (visit.site is None or not person.sites or visit.site in person.sites)
                )
    return can


def lacking_level(person: Technician, need: Need) -> str | None:
    """The one trade in which the person is exactly one level short; None: none, or more."""
    short = [trade for trade, level in need.skills.items() if person.skills.get(trade, 0) < level]
    if len(short) != 1 or has_skills(person, need):
        return None
    trade = short[0]
    known = person.skills.get(trade, 0)
    return trade if known >= 1 and known + 1 == need.skills[trade] else None


def try_with(
    state: State, *, task: int, shift: int, position: int, spans: list[Span], limit: int
) -> Timing | None:
    """Put the task in for a moment, under other windows and another end; None: does not fit."""
    model = state.model
    route = state.routes[shift]
    tasks = [*route[:position], task, *route[position:]]
    windows = [spans if t == task else state.windows(t) for t in tasks]
    timing = time_route(model, shift, tasks, windows)
    data = model.shifts[shift]
    work = sum(timing.legs) + sum(timing.onsite) + data.used_work
    fits = timing.end <= limit and work <= data.work_limit
    return timing if fits else None

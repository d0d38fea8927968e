"""One visit more, or one visit otherwise, without compiling the problem anew."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from dispatch_solver.kinds import kinds_of
from dispatch_solver.model import FOREVER, Model, base_of, task_data
from dispatch_solver.problem import Visit
from dispatch_solver.state import State


def with_visit(state: State, visit: Visit, number: int | None = None) -> State:
    """The state for a problem in which one visit is as given, and left out.

    `number`: which visit it takes the place of, with its links, and with as many crew members or
    fewer; None: it is one more.
    """
    model = state.model
    number = len(model.tasks_of) if number is None else number
    known = model.tasks_of[number] if number < len(model.tasks_of) else []
    first = len(model.tasks)
    tasks = [
        known[k] if k < len(known) else first + k - len(known) for k in range(len(visit.needs))
    ]
    other = state.aside(_model_with(model, visit, number, tasks))
    other.route_of = [*state.route_of, *(-1 for _ in range(len(tasks) - len(known)))]
    other.missing.add(number)
    return other


def _model_with(model: Model, visit: Visit, number: int, tasks: list[int]) -> Model:
    problem = model.problem
    visits = (*problem.visits[:number], visit, *problem.visits[number + 1 :])
    problem = replace(problem, visits=visits)
    data = [task_data(number, k, visit, model.place_index) for k in range(len(visit.needs))]
    owners = [(person, shift) for person in problem.technicians for shift in person.shifts]
    kinds = kinds_of(model.people, problem, owners, data, {})
    linked = len(tasks) > 1 or any(
        number in links for links in (model.befores, model.afters, model.ties)
    )
    width = max(model.window_start.shape[1], *(len(task.windows) for task in data))
    lost = np.append(model.unserved, 0.0)[: max(number + 1, len(model.unserved))].copy()
    lost[number] = problem.weights.unserved[visit.priority]

    def set_in(array: Any, values: Sequence[Any]) -> Any:
        return _set(array, tasks, values)

    return replace(
        model,
        problem=problem,
        tasks=_set_list(model.tasks, tasks, data),
        tasks_of=_set_list(model.tasks_of, [number], [tasks]),
        kind=set_in(model.kind, (kinds.kind + len(model.allowed)).tolist()),
        allowed=np.concatenate([model.allowed, kinds.allowed]),
        pace=np.concatenate([model.pace, kinds.pace]),
        standing=np.concatenate([model.standing, kinds.standing]),
        base=set_in(model.base, [base_of(visit, k) for k in range(len(tasks))]),
        place=set_in(model.place, [task.place for task in data]),
        setup=set_in(model.setup, [task.setup for task in data]),
        window_start=set_in(
            _widened(model.window_start, width, FOREVER),
            [_padded([a for a, _ in task.windows], width, FOREVER) for task in data],
        ),
        window_end=set_in(
            _widened(model.window_end, width, -FOREVER),
            [_padded([b for _, b in task.windows], width, -FOREVER) for task in data],
        ),
        load=set_in(model.load, [task.load for task in data]),
        late_rate=set_in(
            model.late_rate, [problem.weights.lateness_second * (t.need == 0) for t in data]
        ),
        due=set_in(model.due, [FOREVER if t.due is None else t.due for t in data]),
        promise_start=set_in(
            model.promise_start, [t.promise[0] if t.promise else -FOREVER for t in data]
        ),
        promise_end=set_in(
            model.promise_end, [t.promise[1] if t.promise else FOREVER for t in data]
        ),
        moved_from=set_in(
            model.moved_from, [-1 if t.moved_from is None else t.moved_from for t in data]
        ),
        position=set_in(model.position, [-1 if t.position is None else t.position for t in data]),
        linked=set_in(model.linked, [linked] * len(tasks)),
        visit_index={**model.visit_index, visit.id: number},
        unserved=lost,
    )


def _set(array: Any, rows: list[int], values: Sequence[Any]) -> Any:
    more = max(0, rows[-1] + 1 - len(array))
    out = np.concatenate([array, np.zeros((more, *array.shape[1:]), array.dtype)])
    out[rows] = values
    return out


def _set_list(items: list[Any], rows: list[int], values: Sequence[Any]) -> list[Any]:
    out = items + [None] * max(0, rows[-1] + 1 - len(items))
    for row, value in zip(rows, values, strict=True):
        out[row] = value
    return out


def _widened(array: Any, width: int, value: int) -> Any:
    return np.pad(array, ((0, 0), (0, width - array.shape[1])), constant_values=value)


def _padded(values: list[int], width: int, value: int) -> list[int]:
    return values + [value] * (width - len(values))

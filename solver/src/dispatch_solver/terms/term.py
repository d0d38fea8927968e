"""What a term of the objective is, and what it is counted from."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from dispatch_solver.eligibility import TaskData
from dispatch_solver.model import FOREVER, Model, ShiftData
from dispatch_solver.problem import Technician, Visit
from dispatch_solver.schedule import Timing


@dataclass(frozen=True, slots=True)
class RouteView:
    """One route with its times, as the terms look at it; `starts` has one start per stop."""

    model: Model
    shift: int
    timing: Timing
    starts: list[int]

    @property
    def data(self) -> ShiftData:
        return self.model.shifts[self.shift]

    @property
    def person(self) -> Technician:
        return self.model.problem.technicians[self.data.technician]

    @property
    def used(self) -> bool:
        return bool(self.timing.tasks)

    @property
    def work(self) -> int:
        return work_of(self.timing)

    def stops(self) -> Iterator[tuple[TaskData, int]]:
        """Each stop's task and start, in order."""
        tasks = self.model.tasks
        return zip((tasks[t] for t in self.timing.tasks), self.starts, strict=True)


def work_of(timing: Timing) -> int:
    """Seconds of travel and work on site, without waits and breaks."""
    return sum(timing.legs) + sum(timing.onsite) if timing.tasks else 0


def nothing(_: RouteView) -> int:
    """For terms that no route has a part in."""
    return 0


def always(_: Model) -> bool:
    """For terms that every problem has."""
    return True


def with_due_times(model: Model) -> bool:
    """For terms that only visits with a due time have."""
    return bool((model.due < FOREVER).any())


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One term of the objective.

    `name` is its field in `plan.Terms`, `weight` its field in `problem.Weights`. A route's amount
    is `of_route` plus, for each stop, `of_person`: the part that depends on nothing but who does
    it, which the search keeps in a table. `arises` is False where a problem cannot have the term,
    so that the search need not count it. The plan's amount is the sum over its routes; of a term
    that is `of_plan` it is the greatest, and weighed for the plan only.
    """

    name: str
    tier: Literal[1, 2, 3]
    unit: str
    weight: str
    sentence: str
    of_route: Callable[[RouteView], float] = nothing
    of_person: Callable[[Technician, Visit, int], int] | None = None
    arises: Callable[[Model], bool] = always
    of_plan: bool = False

    def amount(self, route: RouteView) -> float:
        """The whole amount of a route."""
        if self.of_person is None:
            return self.of_route(route)
        person, visits = route.person, route.model.problem.visits
        stops = ((visits[task.visit], task.need) for task, _ in route.stops())
        return self.of_route(route) + sum(self.of_person(person, *stop) for stop in stops)

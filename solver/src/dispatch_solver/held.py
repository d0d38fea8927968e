"""A plan in force as a wish: the problem in which every visit it serves is held as it is.

A visit is held by its people (`current`) and not before its planned start, so that a gap somebody
leaves behind moves nobody; where that gets in the way, a route can be let go.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from dispatch_solver.eligibility import Span
from dispatch_solver.model import FOREVER, Model, clip, compile_problem
from dispatch_solver.plan import Plan
from dispatch_solver.problem import Current, Problem, Visit, Weights

# What one change costs, in seconds of travel: more than any detour it could save.
CHANGE = 100_000.0
# How far the tiers above are raised, so that a search that weighs tiers as one keeps their order.
RAISED = 1000.0
MOST_WEIGHT = 1e9

Spans = tuple[Span, ...]
Stops = dict[str, dict[int, tuple[str, int]]]


def stops_of(plan: Plan) -> Stops:
    """By visit and crew member: technician and start."""
    found: Stops = {}
    for route in plan.routes:
        for stop in route.stops:
            found.setdefault(stop.visit, {})[stop.need] = (route.technician, stop.start)
    return found


@dataclass(slots=True)
class Held:
    """The problem with every change at its price, compiled; starts are held task by task."""

    model: Model
    free: dict[int, Spans] = field(default_factory=dict)  # windows of a task that is let go
    planned: dict[int, Spans] = field(default_factory=dict)  # and while it is held

    @staticmethod
    def of(problem: Problem, plan: Plan) -> "Held":
        stops = stops_of(plan)
        people = {person.id for person in problem.technicians}
        visits = tuple(_held_by(visit, stops.get(visit.id, {}), people) for visit in problem.visits)
        weights = _raised(problem.weights)
        held = Held(compile_problem(replace(problem, visits=visits, weights=weights)))
        for t, task in enumerate(held.model.tasks):
            name = problem.visits[task.visit].id
            planned = stops.get(name, {}).get(task.need)
            if planned is not None:
                held._hold(t, planned[1])
        return held

    def _hold(self, task: int, start: int) -> None:
        spans = self.model.tasks[task].windows
        if any(a <= start <= b for a, b in spans):
            self.free[task], self.planned[task] = spans, tuple(clip(spans, start, FOREVER))
            self.hold([task])

    def hold(self, tasks: Iterable[int]) -> None:
        """Let none of these start before its time in the plan."""
        for t in tasks:
            if t in self.planned:
                self._set(t, self.planned[t])

    def let_go(self, tasks: Iterable[int]) -> None:
        """Let them start whenever the problem allows."""
        for t in tasks:
            if t in self.free:
                self._set(t, self.free[t])

    def forget(self, tasks: Iterable[int]) -> None:
        """Let them go for good."""
        for t in tasks:
            if t in self.free:
                self._set(t, self.free.pop(t))
                del self.planned[t]

    def _set(self, task: int, spans: Spans) -> None:
        model = self.model
        model.tasks[task] = replace(model.tasks[task], windows=spans)
        model.window_start[task], model.window_end[task] = FOREVER, -FOREVER
        for w, (a, b) in enumerate(spans):
            model.window_start[task, w], model.window_end[task, w] = a, b


def _held_by(visit: Visit, stops: dict[int, tuple[str, int]], people: set[str]) -> Visit:
    """The visit with the plan's people and start as its current ones, as far as they are there."""
    crew = [stops[k][0] for k in range(len(visit.needs)) if k in stops and stops[k][0] in people]
    if 0 not in stops or stops[0][0] not in people:
        return replace(visit, current=None)
    whole = len(crew) == len(visit.needs)
    others = tuple(crew[1:]) if whole else ()
    return replace(visit, current=Current(crew[0], stops[0][1], others))


def _raised(weights: Weights) -> Weights:
    """Tiers 1 and 2 far above a change, a change far above the rest of tier 3.

    A priority that no visit has makes every other weigh more in a search's own scale.
    """
    least = min((w for w in weights.unserved.values() if w > 0), default=1.0)
    unused = min(weights.unserved, default=0) - 1
    return replace(
        weights,
        unserved={**weights.unserved, unused: least / RAISED},
        promise_broken=min(weights.promise_broken * RAISED, MOST_WEIGHT),
        lateness_second=min(weights.lateness_second * RAISED, MOST_WEIGHT),
        change=CHANGE,
    )

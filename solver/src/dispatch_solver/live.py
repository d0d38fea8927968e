"""A plan held ready, so that what is asked about it is answered at once.

Validating, compiling and timing a day of thousands of visits takes a second; an answer takes
milliseconds. Whoever holds a plan in force holds a `LivePlan` of it, and makes a new one when the
plan or the problem has changed.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from dispatch_solver.extend import with_visit
from dispatch_solver.faults import Fault, InvalidProblem
from dispatch_solver.insert import Place, linked_place, ranked
from dispatch_solver.links import remove_visits
from dispatch_solver.model import compile_problem
from dispatch_solver.plan import Plan, Unplaced
from dispatch_solver.problem import Problem, Visit, Window
from dispatch_solver.reasons import explain
from dispatch_solver.relax import Relaxed
from dispatch_solver.routes import Routes
from dispatch_solver.slots import Slot, slots_of
from dispatch_solver.state import State
from dispatch_solver.timetable import candidate
from dispatch_solver.validate import ensure_valid
from dispatch_solver.validate_form import form_faults_of
from dispatch_solver.validate_visits import Known, faults_of_one
from dispatch_solver.warm import state_of


class LivePlan:
    """Answers about one plan; none of them changes it. Not for two threads at once.

    A visit is named by its id, or given whole when the problem does not have it yet: a caller on
    the phone, at a place that the problem knows. What a question names and the problem does not
    know raises KeyError; a visit with faults, or with an id that is taken, InvalidProblem.
    """

    def __init__(self, problem: Problem, plan: Plan) -> None:
        """Take the plan over as far as it holds. Raises InvalidProblem with every fault."""
        ensure_valid(problem)
        self.problem = problem
        self._state = state_of(compile_problem(problem), plan)
        self._routes = Routes(self._state)
        self._relaxed = Relaxed(self._routes)
        self._known = Known.of(problem)

    def insert(self, visit: Visit | str, *, most: int = 10) -> list[Place]:
        """The best places for a visit, at most one per shift, best first.

        If the plan serves the visit already, it is taken out first. Empty: there is no place (see
        `why_not`).
        """
        with self._asked(visit) as (wanted, number, free):
            if not free:
                return []
            if not self._is_linked(wanted, number):
                return ranked(self._routes, candidate(self._state.model, wanted), most=most)
            place = linked_place(*self._with(wanted, number))
            return [] if place is None else [place][:most]

    def slots(self, visit: Visit | str, windows: Iterable[Window], *, most: int = 10) -> list[Slot]:
        """The windows in which the visit could start, by what that would add, least first.

        An offered window stands for the visit's own windows, promise and pinned start; its release
        still holds. Windows without a place are absent.
        """
        with self._asked(visit) as (wanted, number, free):
            if not free:
                return []
            linked = self._is_linked(wanted, number)
            return slots_of(self._routes, wanted, number, windows, linked=linked)[:most]

    def why_not(self, visit: str) -> Unplaced:
        """Per technician the first rule that keeps the visit away, and by how much.

        A visit that the plan serves is taken out first; those who could take it are then not
        listed. The remedy is the cheapest single change that would place it (see `remedies`).
        """
        with self._asked(visit) as (_, number, _free):
            assert number is not None
            return explain(self._relaxed, number)

    def alternatives(self, *, most: int = 3, seconds: float = 1.0) -> dict[str, list[Place]]:
        """Per visit the best places with other technicians, everything else as it is in the plan.

        `tier2` and `tier3` of a place are differences against the plan's own choice: below zero it
        would have been better. Visits that are linked with others, pinned or begun have none. What
        `seconds` do not suffice for is missing.
        """
        begun = time.monotonic()
        state, model = self._state, self._state.model
        found: dict[str, list[Place]] = {}
        for number, tasks in enumerate(model.tasks_of):
            visit = model.problem.visits[number]
            fixed = visit.pinned is not None or visit.started is not None
            if fixed or model.linked[tasks[0]] or number in state.missing:
                continue
            if time.monotonic() - begun > seconds:
                break
            found[visit.id] = self._others(visit, number, most)
        return found

    def _others(self, visit: Visit, number: int, most: int) -> list[Place]:
        state, routes = self._state, self._routes
        holder, _ = routes.names[state.route_of[state.model.tasks_of[number][0]]]
        second, third = routes.tiers()
        with self._taken_out(number) as free:
            if not free:
                return []
            second_without, third_without = routes.tiers()
            saved2, saved3 = second - second_without, third - third_without
            places = ranked(routes, candidate(state.model, visit))
        return [
            Place(p.technician, p.shift, p.position, p.start, p.tier2 - saved2, p.tier3 - saved3)
            for p in places
            if p.technician != holder
        ][:most]

    @contextmanager
    def _asked(self, visit: Visit | str) -> Iterator[tuple[Visit, int | None, bool]]:
        """The visit, its number in the problem if it has one, and whether it is free to be placed.

        Inside, the plan does not serve it.
        """
        if isinstance(visit, Visit):
            self._accept(visit)
            yield visit, None, visit.started is None
            return
        number = self._state.model.visit_index[visit]
        with self._taken_out(number) as free:
            yield self.problem.visits[number], number, free

    def _accept(self, visit: Visit) -> None:
        faults = form_faults_of(Visit, visit, "visit")
        faults += [] if faults else faults_of_one(visit, "visit", self._known)
        if not faults and visit.id in self._state.model.visit_index:
            faults.append(
                Fault("DUPLICATE_ID", "visit", f"{visit.id!r} is there", "ask by its id alone")
            )
        if faults:
            raise InvalidProblem(faults)

    @contextmanager
    def _taken_out(self, number: int) -> Iterator[bool]:
        """The plan without one visit, and without what waits for it."""
        state, model = self._state, self._state.model
        if number in state.missing:
            yield True
            return
        tasks = model.tasks_of[number]
        if model.problem.visits[number].started is not None:
            yield False
        elif model.linked[tasks[0]]:
            yield from self._links_taken_out(number)
        else:
            shift = state.route_of[tasks[0]]
            with self._routes.without(shift, state.routes[shift].index(tasks[0])) as free:
                yield free

    def _links_taken_out(self, number: int) -> Iterator[bool]:
        """In the state itself: what waits for the visit goes, what is tied to it becomes free."""
        state = self._state
        everywhere = range(len(state.routes))
        state.begin()
        free = remove_visits(state, [number])
        self._routes.follow(everywhere)
        try:
            yield free
        finally:
            state.rollback()
            self._routes.follow(everywhere)

    def _is_linked(self, visit: Visit, number: int | None) -> bool:
        if number is None:
            return len(visit.needs) > 1
        return bool(self._state.model.linked[self._state.model.tasks_of[number][0]])

    def _with(self, visit: Visit, number: int | None) -> tuple[State, int]:
        if number is not None:
            return self._state, number
        state = with_visit(self._state, visit)
        return state, state.model.visit_index[visit.id]

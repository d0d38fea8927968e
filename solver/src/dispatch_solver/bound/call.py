"""The call: validate, search for routes and a plan, bound tier 1, bound the value."""

import math
import time
from collections.abc import Callable

from dispatch_solver.bound.generation import Generation
from dispatch_solver.bound.graph import graphs_of
from dispatch_solver.bound.harvest import Known, harvest, remembered, routes_of
from dispatch_solver.bound.polish import polished, state_of_routes
from dispatch_solver.bound.pricers import workers
from dispatch_solver.bound.rates import TIER1_ALONE, rates_of, rounded_up
from dispatch_solver.bound.result import Bound, BoundProgress, Certificate
from dispatch_solver.check import check
from dispatch_solver.compiled import available
from dispatch_solver.constraints import Facts
from dispatch_solver.constraints.figures import recount
from dispatch_solver.faults import Fault, InvalidPlan
from dispatch_solver.model import Model, compile_problem
from dispatch_solver.plan import Plan
from dispatch_solver.problem import Problem
from dispatch_solver.validate import ensure_valid

SEARCH_SHARE, TIER1_SHARE, POLISH_SHARE = 0.06, 0.06, 0.1
LONGEST_SEARCH = 20.0
# Shares of the time after which a plan is made of the linear program.
DIVE_AT, LAST_DIVE_AT = 0.2, 0.7
REPORT_EVERY = 0.5
CLOSED, NEGLIGIBLE = 1e-9, 1e-6


def bound(
    problem: Problem,
    *,
    seconds: float = 60.0,
    plan: Plan | None = None,
    improve: bool | None = None,
    unserved_seconds: float | None = None,
    on_progress: Callable[[BoundProgress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Bound:
    """A proven lower bound of the value of every plan, and of tier 1 by itself.

    By column generation: routes are columns, each shift prices its own by labeling over the exact
    schedule rules (Dantzig & Wolfe 1960; Desaulniers, Desrosiers & Solomon 2005). Links between
    visits are relaxed: the members of a crew are served each by itself or all left out, the order
    and the ties of visits are not asked for, nor is a pinned place in the route. So the bound also
    holds with them, it is only less tight. The lateness of the worst stop counts as none.

    `plan`: what to compare with; without one the best that is met. A short search finds the routes
    to begin with. `improve` (None: only without a plan): a third of the time goes into plans made
    of the linear program's solution; one better than `plan` is part of the answer.
    `unserved_seconds`: worth of a unit of tier 1 in tier 3; without it, the search's own.
    The bound is valid whenever it ends, by `seconds` or by `should_stop`; more time never makes
    it worse on the same machine but by the luck of the path. `on_progress` is called about twice
    a second.

    Raises InvalidProblem and InvalidPlan (a plan of another problem, or one that breaks a rule).
    """
    if not (math.isfinite(seconds) and seconds >= 0):
        raise ValueError("seconds must be a finite number, 0 or more")
    ensure_valid(problem)
    violations = [] if plan is None else check(problem, plan)
    if violations:
        raise InvalidPlan(
            [Fault(v.code, v.where, v.detail, "give a plan of this problem") for v in violations]
        )
    run = _Run(problem, seconds, unserved_seconds)
    run.on_progress, run.should_stop = on_progress, should_stop
    return run.bound(plan, improve=plan is None if improve is None else improve)


class _Run:
    """One call under way: its clock and what it has told."""

    def __init__(self, problem: Problem, seconds: float, unserved_seconds: float | None) -> None:
        self.begun = self.reported = time.monotonic()
        self.problem, self.seconds = problem, seconds
        self.rates, self.unserved_seconds = (
            rates_of(problem.weights, unserved_seconds),
            unserved_seconds,
        )
        self.model = compile_problem(problem)
        self.on_progress: Callable[[BoundProgress], None] | None = None
        self.should_stop: Callable[[], bool] | None = None
        self.stopped = False
        self.dives = 0

    def left(self) -> float:
        """Seconds that remain; 0 when told to stop."""
        if self.should_stop is not None and not self.stopped:
            self.stopped = self.should_stop()
        return 0.0 if self.stopped else self.seconds - self.elapsed()

    def elapsed(self) -> float:
        return time.monotonic() - self.begun

    def bound(self, given: Plan | None, *, improve: bool) -> Bound:
        """Search for routes and a plan, bound tier 1, bound the value."""
        plan, routes = harvest(
            self.model,
            self.rates,
            given,
            seconds=min(LONGEST_SEARCH, SEARCH_SHARE * self.seconds),
            threads=workers(),
            unserved_seconds=self.unserved_seconds,
            should_stop=self.should_stop,
        )
        self.best, self.worth = plan, self._worth(plan)
        compared = self.worth
        tier1, proof = self._tier1(plan.terms.tier1, routes)
        generation = Generation(self.model, self.rates, routes, left=self.left, told=self._tell)
        self._generation = generation
        try:
            self._generate(generation, improve=improve and self._can_improve())
        finally:
            generation.close()
        self._tell(final=True)
        worth = self.worth if given is None else compared
        return Bound(
            # Leaving out alone already costs this much.
            value=max(generation.value, self.rates.tier1 * tier1 if proof is None else 0.0),
            tier1=tier1,
            rates=self.rates,
            certificate=generation.certificate,
            tier1_certificate=proof,
            solved=generation.solved,
            seconds=round(self.elapsed(), 3),
            columns=len(generation.master.columns),
            cuts=len(generation.master.cuts),
            plan_value=worth,
            plan=self.best if given is None or self.worth < compared - NEGLIGIBLE else None,
            compared=given is not None,
        )

    def _generate(self, generation: Generation, *, improve: bool) -> None:
        """Bound; with `improve` make plans of the linear program on the way and at the end."""
        if improve:
            self._until(generation, DIVE_AT)
            if generation.phase != "columns" and not self._closed(generation):
                self._improve(generation, seconds=POLISH_SHARE * self.seconds)
            self._until(generation, LAST_DIVE_AT)
            if not self._closed(generation):
                self._improve(generation, seconds=self.left())
        generation.run(self.worth * (1 - CLOSED))

    def _until(self, generation: Generation, share: float) -> None:
        """Bound until this share of the time is gone, and longer if there is nothing yet."""
        due = share * self.seconds
        generation.run(
            self.worth * (1 - CLOSED),
            until=lambda: self.elapsed() > due and generation.phase != "columns",
        )

    def _closed(self, generation: Generation) -> bool:
        return self.left() <= 0 or generation.value >= self.worth * (1 - CLOSED)

    def _improve(self, generation: Generation, *, seconds: float) -> None:
        """Make a plan of the linear program, let the search improve it, and keep what it met."""
        self.dives += 1
        picked, good = generation.dive()
        plan, searches = polished(
            state_of_routes(self.model, generation.graphs, picked),
            columns=good,
            graphs=generation.graphs,
            seconds=max(0.0, min(LONGEST_SEARCH, seconds, self.left())),
            threads=workers(),
            seed=self.dives,
            unserved_seconds=self.unserved_seconds,
            should_stop=self.should_stop,
        )
        if not check(self.problem, plan) and self._worth(plan) < self.worth - NEGLIGIBLE:
            self.best, self.worth = plan, self._worth(plan)
            generation.know(routes_of(self.model, plan, self.rates))
        generation.know([route for one in searches for route in remembered(one, len(searches))])
        self._tell()

    def _can_improve(self) -> bool:
        return bool(self.model.tasks) and bool(self.model.shifts) and available()

    def _worth(self, plan: Plan) -> float:
        terms, _ = recount(Facts.of(self.problem, plan))
        return self.rates.value(terms)

    def _tier1(self, reached: float, routes: list[Known]) -> tuple[float, Certificate | None]:
        """A lower bound of tier 1: what nobody can do, and if need be what routes alone prove."""
        sure = impossible(self.model)
        if reached <= sure + 1e-9:
            return sure, None
        until = self.elapsed() + TIER1_SHARE * self.seconds
        self._generation = generation = Generation(
            self.model,
            TIER1_ALONE,
            [(shift, tasks, 0.0) for shift, tasks, _ in routes],
            left=lambda: min(self.left(), until - self.elapsed()),
            told=lambda: None,
        )
        try:
            generation.run(reached * (1 - CLOSED), floor=sure + NEGLIGIBLE)
        finally:
            generation.close()
        proven = rounded_up(generation.value, self.problem)
        return (proven, generation.certificate) if proven > sure else (sure, None)

    def _tell(self, *, final: bool = False) -> None:
        now = time.monotonic()
        if self.on_progress is None or (now - self.reported < REPORT_EVERY and not final):
            return
        self.reported = now
        found, worth = self._generation, self.worth
        gap = max(0.0, worth - found.value) / worth if worth > 0 else 0.0
        self.on_progress(
            BoundProgress(
                self.elapsed(),
                found.phase,
                found.value,
                gap,
                len(found.master.columns),
                len(found.master.cuts),
            )
        )


def impossible(model: Model) -> float:
    """Weight of the visits with a part that no shift can do."""
    able: set[int] = set()
    for graph in graphs_of(model, TIER1_ALONE):
        able.update(graph.tasks.tolist())
    lost = [v for v, tasks in enumerate(model.tasks_of) if not able.issuperset(tasks)]
    return math.fsum(model.unserved[lost].tolist())

"""One run of the optimizer, as it is carried out in a process of its own."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from dispatch.planning.phases import Phases
from dispatch_solver import Plan, Problem, Progress, alternatives, check, repair, solve

# Proving the plan and looking for alternatives take their part of the time limit.
_RESERVE_SHARE = 0.1
_RESERVE_MOST_S = 3.0
_ALTERNATIVES = 3
_ALTERNATIVES_LEAST_S = 0.2
_FIT_STEPS = 20


@dataclass(frozen=True, slots=True)
class Job:
    """What to solve, for how long, from which seed, on how many cores.

    `in_force`: the plan to begin from, None where nothing stands; with `fewest_changes` it is
    only fitted to what has changed.
    """

    problem: Problem
    seconds: float
    seed: int
    threads: int = 1
    in_force: Plan | None = None
    fewest_changes: bool = False


@dataclass(frozen=True, slots=True)
class Alternative:
    """Somebody else who could have been sent; what that would have added to lateness and
    promises (tier 2 of the objective) and to the cost (tier 3)."""

    technician: str
    start: int
    extra_lateness: float
    extra_cost: float


@dataclass(frozen=True, slots=True)
class Answer:
    """The plan, checked, and per visit the next best technicians (DSP-13)."""

    plan: Plan
    alternatives: dict[str, tuple[Alternative, ...]] = field(default_factory=dict)


class UncheckedPlanError(RuntimeError):
    """The search made a plan that the independent check does not pass."""


def fit(problem: Problem, in_force: Plan, *, seconds: float) -> Plan:
    """A small plan in force with what was added to its problem: in milliseconds, and proven."""
    plan = repair(problem, in_force, seconds=seconds, iterations=_FIT_STEPS)
    _prove(problem, plan)
    return plan


def carry_out(job: Job, *, on_progress: Callable[[Progress], None], phases: Phases) -> Answer:
    """Solves within the job's seconds and proves the plan before anybody sees it."""
    begun = time.monotonic()
    reserve = min(_RESERVE_MOST_S, job.seconds * _RESERVE_SHARE)
    first = "repair" if job.fewest_changes else "construction"
    with phases.search(on_progress, first=first) as tell:
        plan = _find(job, seconds=job.seconds - reserve, on_progress=tell)
    with phases.of("check"):
        _prove(job.problem, plan)
    left = max(job.seconds - (time.monotonic() - begun), _ALTERNATIVES_LEAST_S)
    with phases.of("alternatives"):
        others = alternatives(
            job.problem, plan, most=_ALTERNATIVES, seconds=max(left, _ALTERNATIVES_LEAST_S)
        )
    return Answer(
        plan,
        {
            visit: tuple(
                Alternative(each.technician, each.start, each.tier2, each.tier3) for each in places
            )
            for visit, places in others.items()
        },
    )


def _prove(problem: Problem, plan: Plan) -> None:
    violations = check(problem, plan)
    if violations:
        first = violations[0]
        raise UncheckedPlanError(
            f"{len(violations)} violations, first {first.code} at {first.where}: {first.detail}"
        )


def _find(job: Job, *, seconds: float, on_progress: Callable[[Progress], None]) -> Plan:
    if job.fewest_changes and job.in_force is not None:
        return repair(job.problem, job.in_force, seconds=seconds, seed=job.seed)
    return solve(
        job.problem,
        seconds=seconds,
        seed=job.seed,
        threads=job.threads,
        warm_start=job.in_force,
        stands=job.in_force is not None,
        on_progress=on_progress,
    )

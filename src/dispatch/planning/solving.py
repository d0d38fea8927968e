"""One run of the optimizer, as it is carried out in a process of its own."""

from collections.abc import Callable
from dataclasses import dataclass, field

from dispatch_solver import Plan, Problem, Progress, check, solve


@dataclass(frozen=True, slots=True)
class Job:
    """What to solve, for how long, from which seed."""

    problem: Problem
    seconds: float
    seed: int


@dataclass(frozen=True, slots=True)
class Alternative:
    """Somebody else who could have been sent, and what that would have cost more."""

    technician: str
    start: int
    extra_cost: float


@dataclass(frozen=True, slots=True)
class Answer:
    """The plan, checked, and per visit the next best technicians (DSP-13)."""

    plan: Plan
    alternatives: dict[str, tuple[Alternative, ...]] = field(default_factory=dict)


class UncheckedPlanError(RuntimeError):
    """The search made a plan that the independent check does not pass."""


def carry_out(job: Job, *, on_progress: Callable[[Progress], None]) -> Answer:
    """Solves within the job's seconds and proves the plan before anybody sees it."""
    plan = solve(job.problem, seconds=job.seconds, seed=job.seed, on_progress=on_progress)
    violations = check(job.problem, plan)
    if violations:
        first = violations[0]
        raise UncheckedPlanError(
            f"{len(violations)} violations, first {first.code} at {first.where}: {first.detail}"
        )
    return Answer(plan)

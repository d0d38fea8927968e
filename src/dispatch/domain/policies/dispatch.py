"""The steps an order goes through until somebody has it (DSP-1)."""

from dataclasses import dataclass
from typing import Any

from dispatch.domain.policies.values import DAY_S, read_whole, value
from dispatch.domain.work_orders import AssignmentStep


@dataclass(frozen=True, slots=True)
class DispatchStep:
    """One step of the dispatch policy and how long it may take, in seconds (None: no limit)."""

    step: AssignmentStep
    limit_s: int | None = None


def dispatch_steps() -> Any:
    """The field that holds the ladder."""
    return value(_parse, make=_default)


def _default() -> tuple[DispatchStep, ...]:
    return (
        DispatchStep(AssignmentStep.DIRECTED),
        DispatchStep(AssignmentStep.AUTO),
        DispatchStep(AssignmentStep.GRAB, 300),
        DispatchStep(AssignmentStep.SUPERVISOR),
    )


def _parse(given: Any) -> tuple[DispatchStep, ...]:
    steps = tuple(
        DispatchStep(
            AssignmentStep(each["step"]),
            None if each.get("limit_s") is None else read_whole(each["limit_s"], 1, 7 * DAY_S),
        )
        for each in given
    )
    if not steps:
        raise ValueError("at least one step is needed")
    if len({each.step for each in steps}) != len(steps):
        raise ValueError("a step stands twice")
    if steps[-1].step not in (AssignmentStep.SUPERVISOR, AssignmentStep.VENDOR):
        raise ValueError("the last step must be SUPERVISOR or VENDOR: somebody has to decide")
    if any(each.step is AssignmentStep.GRAB and each.limit_s is None for each in steps):
        raise ValueError("GRAB needs limit_s: an offer must end")
    return steps

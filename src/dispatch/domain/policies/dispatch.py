"""The steps an order goes through until somebody has it (DSP-1)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dispatch.domain.misfits import Misfit
from dispatch.domain.policies.values import (
    DAY_S,
    Unfit,
    read_list,
    read_whole,
    read_word,
    value,
)
from dispatch.domain.work_orders import AssignmentStep

DECIDING = frozenset({AssignmentStep.SUPERVISOR, AssignmentStep.VENDOR})
"""A ladder ends with one of these: somebody has to decide."""


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
            read_word(AssignmentStep, each["step"]),
            None if each.get("limit_s") is None else read_whole(each["limit_s"], 1, 7 * DAY_S),
        )
        for each in read_list(given)
    )
    faults = [((), misfit) for misfit in _amiss(steps)]
    if faults:
        raise Unfit(*faults)
    return steps


def _amiss(steps: Sequence[DispatchStep]) -> Iterator[Misfit]:
    """What keeps an order from coming to an end (DSP-1)."""
    if len({each.step for each in steps}) != len(steps):
        yield Misfit("TWICE")
    if not steps or steps[-1].step not in DECIDING:
        yield Misfit("STEPS_WITHOUT_END")
    for each in steps:
        # The other steps have limits of their own, where the ladder says nothing.
        is_last = each is steps[-1]
        endless = each.step is AssignmentStep.GRAB or (
            each.step is AssignmentStep.SUPERVISOR and not is_last
        )
        if endless and each.limit_s is None:
            yield Misfit("STEP_WITHOUT_LIMIT", step=each.step)

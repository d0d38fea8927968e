"""Checks of a report before it is dispatched (INT-10): who agrees in which order."""

from collections.abc import Mapping
from enum import StrEnum

from dispatch.domain.errors import Code, refuse
from dispatch.domain.triage import Priority


class CheckStage(StrEnum):
    DEPARTMENT = "DEPARTMENT"
    """The head of the reporter's own department."""
    LOGISTICS = "LOGISTICS"
    """The office that has the work done."""


class CheckState(StrEnum):
    WAITING = "WAITING"
    """An earlier stage has not agreed yet."""
    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    WAIVED = "WAIVED"
    """Not needed after all: an emergency, or the ticket has ended."""


OPEN_STATES = frozenset({CheckState.WAITING, CheckState.PENDING})


def stages_needed(
    *, department: bool, logistics: bool, emergencies: bool, priority: Priority | None
) -> tuple[CheckStage, ...]:
    """The stages that a site's policy asks of a report, in order; an emergency waits for nobody
    unless the site wants it to."""
    if priority is Priority.EMERGENCY and not emergencies:
        return ()
    wanted = {CheckStage.DEPARTMENT: department, CheckStage.LOGISTICS: logistics}
    return tuple(stage for stage in CheckStage if wanted[stage])


def after_decision(
    states: Mapping[CheckStage, CheckState], *, stage: CheckStage, agreed: bool
) -> dict[CheckStage, CheckState]:
    """All stages after one was decided: the next one's turn, or the end of all when refused."""
    if states.get(stage) is not CheckState.PENDING:
        raise refuse(Code.CHECK_NOT_PENDING, field="stage", stage=stage.value)
    decided = {**states, stage: CheckState.APPROVED if agreed else CheckState.REJECTED}
    waiting = [each for each in CheckStage if decided.get(each) is CheckState.WAITING]
    if not agreed:
        return {**decided, **dict.fromkeys(waiting, CheckState.WAIVED)}
    if waiting:
        decided[waiting[0]] = CheckState.PENDING
    return decided

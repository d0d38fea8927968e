"""States of plan runs and plans (排班方案)."""

from enum import StrEnum

from dispatch.domain.steps import Machine, way


class PlanRunState(StrEnum):
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"


class PlanRunKind(StrEnum):
    """What was asked for."""

    PROPOSE = "PROPOSE"
    """A plan made anew, to look at."""
    REPAIR = "REPAIR"
    """The plan in force with the fewest changes, to look at."""
    ASSIGN = "ASSIGN"
    """A plan made anew and put in force."""


class PlanState(StrEnum):
    PROPOSED = "PROPOSED"
    PUBLISHED = "PUBLISHED"
    DROPPED = "DROPPED"
    SUPERSEDED = "SUPERSEDED"


class PlanStep(StrEnum):
    PUBLISH = "PUBLISH"
    DROP = "DROP"
    SUPERSEDE = "SUPERSEDE"


STEPS: Machine[PlanState, PlanStep] = Machine(
    noun="plan",
    ways={
        PlanStep.PUBLISH: way(PlanState.PROPOSED, to=PlanState.PUBLISHED),
        PlanStep.DROP: way(PlanState.PROPOSED, to=PlanState.DROPPED),
        PlanStep.SUPERSEDE: way(PlanState.PUBLISHED, to=PlanState.SUPERSEDED),
    },
)

"""The life of a work order (派工单), from the queue to closed."""

from collections.abc import Mapping
from enum import StrEnum

from dispatch.domain.rights import Action, Actor
from dispatch.domain.steps import Machine, way


class WorkOrderState(StrEnum):
    AWAITING_APPROVAL = "AWAITING_APPROVAL"
    QUEUED = "QUEUED"
    OFFERED = "OFFERED"
    ASSIGNED = "ASSIGNED"
    ACCEPTED = "ACCEPTED"
    EN_ROUTE = "EN_ROUTE"
    ARRIVED = "ARRIVED"
    STARTED = "STARTED"
    PAUSED = "PAUSED"
    COMPLETED = "COMPLETED"
    CLOSED = "CLOSED"
    CANCELLED = "CANCELLED"


class WorkOrderStep(StrEnum):
    ASK_APPROVAL = "ASK_APPROVAL"
    APPROVE = "APPROVE"
    OFFER = "OFFER"
    WITHDRAW = "WITHDRAW"
    GRAB = "GRAB"
    ASSIGN = "ASSIGN"
    UNASSIGN = "UNASSIGN"
    ACCEPT = "ACCEPT"
    DECLINE = "DECLINE"
    GIVE_BACK = "GIVE_BACK"
    SET_OUT = "SET_OUT"
    DIVERT = "DIVERT"
    ARRIVE = "ARRIVE"
    START = "START"
    PAUSE = "PAUSE"
    RESUME = "RESUME"
    COMPLETE = "COMPLETE"
    CLOSE = "CLOSE"
    CANCEL = "CANCEL"


class PauseReason(StrEnum):
    PARTS = "PARTS"
    WORKSHOP = "WORKSHOP"
    LONG_JOB = "LONG_JOB"
    CUSTOMER_AWAY = "CUSTOMER_AWAY"
    OTHER_TRADE_FIRST = "OTHER_TRADE_FIRST"
    EMERGENCY = "EMERGENCY"


_S = WorkOrderState
STEPS: Machine[WorkOrderState, WorkOrderStep] = Machine(
    noun="work_order",
    ways={
        WorkOrderStep.ASK_APPROVAL: way(_S.QUEUED, _S.OFFERED, to=_S.AWAITING_APPROVAL),
        WorkOrderStep.APPROVE: way(_S.AWAITING_APPROVAL, to=_S.QUEUED),
        WorkOrderStep.OFFER: way(_S.QUEUED, to=_S.OFFERED),
        WorkOrderStep.WITHDRAW: way(_S.OFFERED, to=_S.QUEUED),
        # Taking an open order is a promise of one's own: it needs no second acceptance.
        WorkOrderStep.GRAB: way(_S.OFFERED, to=_S.ACCEPTED),
        WorkOrderStep.ASSIGN: way(_S.QUEUED, _S.OFFERED, to=_S.ASSIGNED),
        WorkOrderStep.UNASSIGN: way(_S.ASSIGNED, _S.ACCEPTED, to=_S.QUEUED),
        WorkOrderStep.ACCEPT: way(_S.ASSIGNED, to=_S.ACCEPTED),
        WorkOrderStep.DECLINE: way(_S.ASSIGNED, to=_S.QUEUED),
        WorkOrderStep.GIVE_BACK: way(_S.ACCEPTED, _S.EN_ROUTE, _S.ARRIVED, to=_S.QUEUED),
        WorkOrderStep.SET_OUT: way(_S.ACCEPTED, to=_S.EN_ROUTE),
        # An emergency calls whoever is on the way or at the door elsewhere (DSP-6).
        WorkOrderStep.DIVERT: way(_S.EN_ROUTE, _S.ARRIVED, to=_S.ACCEPTED),
        WorkOrderStep.ARRIVE: way(_S.EN_ROUTE, to=_S.ARRIVED),
        WorkOrderStep.START: way(_S.ARRIVED, to=_S.STARTED),
        WorkOrderStep.PAUSE: way(_S.STARTED, to=_S.PAUSED),
        WorkOrderStep.RESUME: way(_S.PAUSED, to=_S.STARTED),
        WorkOrderStep.COMPLETE: way(_S.STARTED, to=_S.COMPLETED),
        WorkOrderStep.CLOSE: way(_S.COMPLETED, to=_S.CLOSED),
        WorkOrderStep.CANCEL: way(
            _S.AWAITING_APPROVAL,
            _S.QUEUED,
            _S.OFFERED,
            _S.ASSIGNED,
            _S.ACCEPTED,
            _S.EN_ROUTE,
            _S.ARRIVED,
            to=_S.CANCELLED,
        ),
    },
)

STEP_RIGHTS: Mapping[WorkOrderStep, Action] = {
    WorkOrderStep.ASK_APPROVAL: Action.CREATE_WORK_ORDER,
    WorkOrderStep.APPROVE: Action.APPROVE,
    WorkOrderStep.OFFER: Action.OFFER,
    WorkOrderStep.WITHDRAW: Action.OFFER,
    WorkOrderStep.GRAB: Action.WORK,
    WorkOrderStep.ASSIGN: Action.ASSIGN,
    WorkOrderStep.UNASSIGN: Action.ASSIGN,
    WorkOrderStep.ACCEPT: Action.WORK,
    WorkOrderStep.DECLINE: Action.WORK,
    WorkOrderStep.GIVE_BACK: Action.WORK,
    WorkOrderStep.SET_OUT: Action.WORK,
    WorkOrderStep.ARRIVE: Action.WORK,
    WorkOrderStep.START: Action.WORK,
    WorkOrderStep.PAUSE: Action.WORK,
    WorkOrderStep.RESUME: Action.WORK,
    WorkOrderStep.COMPLETE: Action.WORK,
    WorkOrderStep.CANCEL: Action.CREATE_WORK_ORDER,
}
"""The right that each step takes; one without is no person's to take: it follows from others."""


def steps_open_to(
    actor: Actor, *, state: WorkOrderState, site_id: int, holds: bool, is_offered: bool
) -> tuple[WorkOrderStep, ...]:
    """The steps that the state allows and the actor has a right to.

    `holds`: the actor is the technician who leads the order now; `is_offered`: it is on offer to
    them. Those are what makes it theirs for the steps of work.
    """
    open_to = []
    for name in STEPS.allowed(state):
        step = WorkOrderStep(name)
        right = STEP_RIGHTS.get(step)
        own = is_offered if step is WorkOrderStep.GRAB else holds
        if right is not None and actor.may(right, site_id=site_id, own=own):
            open_to.append(step)
    return tuple(open_to)


HELD_STATES = frozenset({_S.ASSIGNED, _S.ACCEPTED, _S.EN_ROUTE, _S.ARRIVED, _S.STARTED, _S.PAUSED})
"""States in which somebody holds the order: exactly one open assignment exists."""

UNDER_WAY_STATES = frozenset({_S.EN_ROUTE, _S.ARRIVED, _S.STARTED, _S.PAUSED})
"""Somebody is on the way or at work: the planner may not move the order."""

STARTED_STATES = frozenset({_S.STARTED, _S.PAUSED})
FREE_TO_MOVE = frozenset({_S.ASSIGNED, _S.ACCEPTED})
"""Held, but nobody has set out."""
PLANNABLE_STATES = frozenset({_S.QUEUED, _S.OFFERED, _S.ASSIGNED, _S.ACCEPTED})
ENDED_STATES = frozenset({_S.COMPLETED, _S.CLOSED, _S.CANCELLED})
DONE_STATES = frozenset({_S.COMPLETED, _S.CLOSED})


class AssignmentStep(StrEnum):
    """Which step of the dispatch policy made an assignment (DSP-1)."""

    DIRECTED = "DIRECTED"
    AUTO = "AUTO"
    GRAB = "GRAB"
    SUPERVISOR = "SUPERVISOR"
    VENDOR = "VENDOR"


BY_OPTIMIZER = frozenset({AssignmentStep.DIRECTED, AssignmentStep.AUTO})
"""Steps that the optimizer carries out."""


class AssignmentEnd(StrEnum):
    """How an assignment ended."""

    DONE = "DONE"
    DECLINED = "DECLINED"
    GIVEN_BACK = "GIVEN_BACK"
    REASSIGNED = "REASSIGNED"
    CANCELLED = "CANCELLED"

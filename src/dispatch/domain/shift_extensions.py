"""Longer shifts and work on days off (延班、加班): asked, agreed, approved (RST-5)."""

from enum import StrEnum

from dispatch.domain.steps import Machine, way


class ExtensionState(StrEnum):
    ASKED = "ASKED"
    """The technician has not answered yet."""
    AGREED = "AGREED"
    """The technician is willing; somebody has to approve."""
    APPROVED = "APPROVED"
    """It is part of their shift."""
    DECLINED = "DECLINED"
    """The technician does not want to."""
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"


class ExtensionStep(StrEnum):
    AGREE = "AGREE"
    APPROVE = "APPROVE"
    DECLINE = "DECLINE"
    REJECT = "REJECT"
    WITHDRAW = "WITHDRAW"


_S, _T = ExtensionState, ExtensionStep

STEPS: Machine[ExtensionState, ExtensionStep] = Machine(
    "shift_extension",
    {
        _T.AGREE: way(_S.ASKED, to=_S.AGREED),
        _T.APPROVE: way(_S.AGREED, to=_S.APPROVED),
        _T.DECLINE: way(_S.ASKED, to=_S.DECLINED),
        _T.REJECT: way(_S.ASKED, _S.AGREED, to=_S.REJECTED),
        _T.WITHDRAW: way(_S.ASKED, _S.AGREED, _S.APPROVED, to=_S.WITHDRAWN),
    },
)

UNANSWERED_STATES = frozenset({ExtensionState.ASKED, ExtensionState.AGREED})
"""What waits for somebody's word."""

STANDING_STATES = frozenset({ExtensionState.ASKED, ExtensionState.AGREED, ExtensionState.APPROVED})
"""What counts against the limits: what is asked for may still come true."""

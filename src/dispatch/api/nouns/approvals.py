"""Approval before dispatch, and mediators' calls (派工审批、协调回电)."""

from datetime import datetime

import strawberry

from dispatch.api.nouns.base import Node, OfRow, column
from dispatch.domain.approvals import ApprovalDecision, ApprovalType
from dispatch.store import approvals as store
from dispatch.store.mediations import Mediation as MediationRow


@strawberry.type(
    description="A question whether an order may be dispatched, and its answer (派工审批)."
)
class Approval(OfRow):
    row = store.Approval

    type: ApprovalType = column("Why it needs approval (审批类型).")
    asked_reason: str | None = column("What who asked said (申请说明).")
    asked_by_name: str = column("Who asked (申请人).")
    asked_at: datetime = column("When (申请时间).")
    decision: ApprovalDecision | None = column("What was decided (审批结果); null: nothing yet.")
    decision_reason: str | None = column("Why (审批意见).")
    decided_by_name: str | None = column("Who decided (审批人).")
    decided_at: datetime | None = column("When (审批时间).")


@strawberry.type(
    description="A mediator's call to a customer who complains that nobody comes (协调回电)."
)
class Mediation(OfRow, Node):
    row = MediationRow

    complaint: str = column("What the customer says (投诉内容).")
    opened_by_name: str = column("Who took it down (登记人).")
    opened_at: datetime = column("When (登记时间).")
    due_at: datetime = column("Until when the customer is to be called (回电时限).")
    called_by_name: str | None = column("Who called (协调人); null: nobody yet.")
    called_at: datetime | None = column("When (回电时间).")
    outcome: str | None = column("What came of it (协调结果).")

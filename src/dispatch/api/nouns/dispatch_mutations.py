"""Who goes, by whose leave: approval, word of mouth, helpers, another time (审批、协助、延期)."""

from datetime import datetime

import strawberry

from dispatch.api.keyset import Order
from dispatch.api.nouns.approvals import Mediation
from dispatch.api.nouns.work_order_mutations import (
    OF_APPOINTMENT,
    WORK_ORDER,
    WindowInput,
    insists_field,
)
from dispatch.api.nouns.writes import (
    Result,
    ask,
    key_field,
    needed,
    optional,
    version_field,
    write,
)
from dispatch.domain.approvals import ApprovalType
from dispatch.domain.errors import Code
from dispatch.domain.tickets import Channel
from dispatch.services import approvals, assigning, crews, postponing, promised_orders
from dispatch.store.mediations import Mediation as MediationRow

_MEDIATION = Result(
    "mediation",
    Mediation,
    "The mediator's task as it is now (协调任务); null when refused.",
    MediationRow.id,
    (Order(MediationRow.opened_at),),
)


def _order() -> strawberry.ID:
    return needed("Which (派工单).", node="WorkOrder")


@strawberry.input(description="An order that nobody holds needs approval first (提交审批).")
class WorkOrderAskApprovalInput:
    work_order_id: strawberry.ID = _order()
    version: int | None = version_field()
    type: ApprovalType = needed("Why it needs approval (审批类型).")
    reason: str = needed("What who decides should know (申请说明).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Lets an order be dispatched (审批同意).")
class WorkOrderApproveInput:
    work_order_id: strawberry.ID = _order()
    version: int | None = version_field()
    reason: str | None = optional("A remark (审批意见).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Does not let an order be dispatched: it ends (审批不同意).")
class WorkOrderRejectInput:
    work_order_id: strawberry.ID = _order()
    version: int | None = version_field()
    reason: str = needed("Why (审批意见).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Somebody took an order by phone or radio: noted afterwards (补录).")
class WorkOrderRecordVerbalInput:
    work_order_id: strawberry.ID = _order()
    version: int | None = version_field()
    technician_id: strawberry.ID = needed("Who took it (接单人).", node="Technician")
    helper_ids: list[strawberry.ID] | None = optional("Who goes along (协助).", node="Technician")
    taken_at: datetime = needed("When, to the minute (接单时间).")
    channel: Channel = needed("By `PHONE` or `RADIO` (电话、对讲机).")
    agreed_arrival: datetime | None = optional("When they said they would be there (约定到达).")
    note: str | None = optional("What else was said (说明).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Names a further helper on an order held (增加协助).")
class WorkOrderAddHelperInput:
    work_order_id: strawberry.ID = _order()
    version: int | None = version_field()
    technician_id: strawberry.ID = needed("Who goes along (协助).", node="Technician")
    idempotency_key: str | None = key_field()


@strawberry.input(description="A helper has come (协助到岗).")
class WorkOrderHelperJoinInput:
    work_order_id: strawberry.ID = _order()
    technician_id: strawberry.ID | None = optional(
        "Who (协助); default: oneself. The lead may note it for others.", node="Technician"
    )
    at: datetime | None = optional("When (到岗时间); default: now.")
    idempotency_key: str | None = key_field()


@strawberry.input(description="A helper leaves before the work is done (协助离岗).")
class WorkOrderHelperLeaveInput:
    work_order_id: strawberry.ID = _order()
    technician_id: strawberry.ID | None = optional(
        "Who (协助); default: oneself. The lead may note it for others.", node="Technician"
    )
    at: datetime | None = optional("When (离岗时间); default: now.")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Another time may be agreed with the customer (同意延期).")
class WorkOrderAllowPostponingInput:
    work_order_id: strawberry.ID = _order()
    version: int | None = version_field()
    reason: str = needed("Why (原因).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Another time was agreed with the customer (另约时间).")
class WorkOrderPostponeInput:
    work_order_id: strawberry.ID = _order()
    version: int | None = version_field()
    appointment: WindowInput = needed(
        "The new time (新的时间): one for which the plan in force has room."
    )
    reason: str = needed("What the customer was told (原因).")
    insists: bool | None = insists_field()
    idempotency_key: str | None = key_field()


@strawberry.input(description="The customer complains: a mediator is to call them (转协调).")
class WorkOrderMediateInput:
    work_order_id: strawberry.ID = _order()
    complaint: str = needed("What the customer says (投诉内容).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="A mediator has called the customer (登记协调结果).")
class MediationRecordInput:
    mediation_id: strawberry.ID = needed("Which (协调任务).", node="Mediation")
    outcome: str = needed("What came of it (协调结果).")
    idempotency_key: str | None = key_field()


@strawberry.type
class DispatchMutations:
    work_order_ask_approval = write(
        approvals.ask,
        WorkOrderAskApprovalInput,
        WORK_ORDER,
        Code.WRONG_STEP,
        description="Lets an order wait for approval before anybody is sent (提交审批).",
    )
    work_order_approve = write(
        approvals.approve,
        WorkOrderApproveInput,
        WORK_ORDER,
        Code.WRONG_STEP,
        description="Approves an order: dispatch begins (审批同意).",
    )
    work_order_reject = write(
        approvals.reject,
        WorkOrderRejectInput,
        WORK_ORDER,
        Code.WRONG_STEP,
        description="Turns an order down: it ends, the desk is told (审批不同意).",
    )
    work_order_record_verbal = write(
        assigning.record_verbal,
        WorkOrderRecordVerbalInput,
        WORK_ORDER,
        Code.WRONG_STEP,
        Code.NOT_QUALIFIED,
        Code.CREW_INCOMPLETE,
        Code.ALREADY_TAKEN,
        description="Notes afterwards who took an order by phone or radio, when, and when they "
        "said they would be there (补录口头派工).",
    )
    work_order_add_helper = write(
        crews.add_helper,
        WorkOrderAddHelperInput,
        WORK_ORDER,
        Code.WRONG_STEP,
        Code.ALREADY_EXISTS,
        description="Names a further helper; by the lead, or who may assign (增加协助).",
    )
    work_order_helper_join = write(
        crews.join,
        WorkOrderHelperJoinInput,
        WORK_ORDER,
        Code.WRONG_STEP,
        description="Notes when a helper began (协助到岗).",
    )
    work_order_helper_leave = write(
        crews.leave,
        WorkOrderHelperLeaveInput,
        WORK_ORDER,
        Code.WRONG_STEP,
        description="Notes when a helper left (协助离岗).",
    )
    work_order_allow_postponing = write(
        postponing.consent,
        WorkOrderAllowPostponingInput,
        WORK_ORDER,
        Code.WRONG_STEP,
        description="The project manager lets the desk agree another time (同意延期).",
    )
    work_order_postpone = ask(
        promised_orders.postpone,
        WorkOrderPostponeInput,
        WORK_ORDER,
        Code.WRONG_STEP,
        Code.MANAGER_CONSENT_NEEDED,
        Code.SLOT_TAKEN,
        Code.SATURATED,
        Code.DAY_IS_PAST,
        description="Puts an order off to the time agreed with the customer, by the manager's "
        "consent (另约时间).",
        renamed=OF_APPOINTMENT,
    )
    work_order_mediate = write(
        postponing.open_mediation,
        WorkOrderMediateInput,
        WORK_ORDER,
        description="Has a mediator call a customer who complains (转协调).",
    )
    mediation_record = write(
        postponing.record_mediation,
        MediationRecordInput,
        _MEDIATION,
        Code.CALLBACK_ENDED,
        description="Notes a mediator's call and what came of it (登记协调结果).",
    )

"""What the desk and dispatchers do with work orders (派工单): make, assign, offer, cancel."""

from datetime import datetime
from typing import Any

import strawberry

from dispatch.api.keyset import Order
from dispatch.api.nouns.work_orders import WorkOrder
from dispatch.api.nouns.writes import (
    Result,
    ask,
    key_field,
    needed,
    optional,
    version_field,
    write,
)
from dispatch.api.scalars import Seconds
from dispatch.domain.approvals import ApprovalType
from dispatch.domain.errors import Code
from dispatch.domain.tickets import Area
from dispatch.services import offers, promised_orders, work_orders
from dispatch.store.work_orders import WorkOrder as WorkOrderRow

WORK_ORDER = Result(
    "work_order",
    WorkOrder,
    "The order as it is now (派工单); null when refused.",
    WorkOrderRow.id,
    (Order(WorkOrderRow.created_at, descending=True),),
)


@strawberry.input(description="A window promised to the customer (预约时段).")
class WindowInput:
    starts_at: datetime = needed("Begin (开始).")
    ends_at: datetime = needed("End (结束).")

    def argument(self) -> tuple[datetime, datetime]:
        return self.starts_at, self.ends_at


def insists_field() -> Any:
    """Whether a time is promised without asking for room."""
    return optional(
        "Promise the time whether there is room or not (坚持预约); the record says so. Default: no."
    )


@strawberry.input(
    description="A work order for a triaged ticket (开派工单); what is left out is the ticket's."
)
class WorkOrderCreateInput:
    ticket_id: strawberry.ID = needed("For which ticket (报单).", node="Ticket")
    trade: str | None = optional("Code of the trade (工种).")
    level: int | None = optional("Least skill level, 1–3 (等级).")
    duration_s: Seconds | None = optional("Expected time on site (预计工时).", name="duration")
    crew_size: int | None = optional("People needed at once, 1–20 (人数).")
    area: Area | None = optional("In a home or public (入户、公区).")
    instructions: str | None = optional("What the technician should know (作业说明).")
    after_id: strawberry.ID | None = optional(
        "The order that must be done before (前置派工单).", node="WorkOrder"
    )
    named_technician_id: strawberry.ID | None = optional(
        "Whom the customer asks for (指定人员).", node="Technician"
    )
    appointment: WindowInput | None = optional(
        "When the customer is promised a visit (预约): one for which the plan in force has room."
    )
    insists: bool | None = insists_field()
    approval_type: ApprovalType | None = optional(
        "What makes it an order that may need approval first (审批类型)."
    )
    idempotency_key: str | None = key_field()


@strawberry.input(description="Calls an order off (取消派工单).")
class WorkOrderCancelInput:
    work_order_id: strawberry.ID = needed("Which (派工单).", node="WorkOrder")
    version: int | None = version_field()
    reason: str = needed("Why (原因).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Gives an order to a technician by hand (人工派工).")
class WorkOrderAssignInput:
    work_order_id: strawberry.ID = needed("Which (派工单).", node="WorkOrder")
    version: int | None = version_field()
    technician_id: strawberry.ID = needed("Who leads (主修).", node="Technician")
    helper_ids: list[strawberry.ID] | None = optional("Who goes along (协助).", node="Technician")
    planned_start: datetime | None = optional("When (计划开工); default: at once.")
    reason: str | None = optional("Why they, for the record (原因).")
    override_reason: str | None = optional(
        "Why it shall be so though it breaks rules: duty, work limit, a promise, another order at "
        "that time, an order to be done before (坚持指派的原因). Without it each is refused."
    )
    idempotency_key: str | None = key_field()


@strawberry.input(description="Takes an order back into the queue (撤回派工).")
class WorkOrderUnassignInput:
    work_order_id: strawberry.ID = needed("Which (派工单).", node="WorkOrder")
    version: int | None = version_field()
    reason: str = needed("Why (原因).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Opens an order to all who qualify and are on duty (放单).")
class WorkOrderOfferInput:
    work_order_id: strawberry.ID = needed("Which (派工单).", node="WorkOrder")
    version: int | None = version_field()
    idempotency_key: str | None = key_field()


@strawberry.input(description="Takes an order off offer (撤回放单).")
class WorkOrderWithdrawOfferInput:
    work_order_id: strawberry.ID = needed("Which (派工单).", node="WorkOrder")
    version: int | None = version_field()
    idempotency_key: str | None = key_field()


OF_APPOINTMENT: dict[str, str] = {
    "starts_at": "appointment",
    "ends_at": "appointment",
    "day": "appointment",
}
"""What is refused about a window, where the input has one."""


@strawberry.type
class WorkOrderMutations:
    work_order_create = ask(
        promised_orders.create,
        WorkOrderCreateInput,
        WORK_ORDER,
        Code.WRONG_STEP,
        Code.CHECK_PENDING,
        Code.SLOT_TAKEN,
        Code.SATURATED,
        Code.DAY_IS_PAST,
        description="Makes a further order for a ticket: another trade, a second visit (开派工单).",
        creates=True,
        renamed={"duration_s": "duration", **OF_APPOINTMENT},
    )
    work_order_cancel = write(
        work_orders.cancel,
        WorkOrderCancelInput,
        WORK_ORDER,
        Code.WRONG_STEP,
        description="Calls an order off before work starts; its ticket stays (取消派工单).",
    )
    work_order_assign = write(
        work_orders.assign,
        WorkOrderAssignInput,
        WORK_ORDER,
        Code.WRONG_STEP,
        Code.NOT_QUALIFIED,
        Code.NOT_ON_DUTY,
        Code.CREW_INCOMPLETE,
        Code.WORK_LIMIT_REACHED,
        Code.PROMISE_WOULD_BREAK,
        Code.TIMES_OVERLAP,
        Code.WAITS_FOR_ORDER,
        description="Gives an order to a technician by hand, relieving who holds it; every rule "
        "it would break is told, and bent only with a reason (人工派工).",
    )
    work_order_unassign = write(
        work_orders.unassign,
        WorkOrderUnassignInput,
        WORK_ORDER,
        Code.WRONG_STEP,
        description="Takes an order back into the queue before its technician sets out (撤回派工).",
    )
    work_order_offer = write(
        offers.open_offer,
        WorkOrderOfferInput,
        WORK_ORDER,
        Code.WRONG_STEP,
        description="Opens an order to all who qualify and are on duty, for the policy's time "
        "(放单抢单).",
    )
    work_order_withdraw_offer = write(
        offers.withdraw,
        WorkOrderWithdrawOfferInput,
        WORK_ORDER,
        Code.WRONG_STEP,
        description="Takes an order off offer, back into the queue (撤回放单).",
    )

"""The technician calls the customer before setting out (上门前电话)."""

from datetime import datetime
from typing import Optional

import strawberry

from dispatch.api.nouns import batches
from dispatch.api.nouns.base import OfRow, column, related
from dispatch.api.nouns.technicians import Technician
from dispatch.api.nouns.work_orders import WorkOrder
from dispatch.api.nouns.writes import Result, key_field, needed, optional, write
from dispatch.domain.appointments import VisitCallResult
from dispatch.domain.errors import Code
from dispatch.services import customer_calls
from dispatch.store.customer_calls import CustomerCall as CustomerCallRow


@strawberry.type(description="A technician's call before setting out (上门前电话).")
class CustomerCall(OfRow):
    row = CustomerCallRow

    at: datetime = column("When it was made (致电时间).")
    result: VisitCallResult = column("What came of it (结果).")
    note: str | None = column("What was said (说明).")
    technician = related(
        batches.technicians, Optional[Technician], "Who called (致电人).", key="technician_id"
    )
    work_order = related(
        batches.work_orders, Optional[WorkOrder], "For which order (派工单).", key="work_order_id"
    )


@strawberry.input(description="The customer was called before setting out (登记上门前电话).")
class WorkOrderNoteCallInput:
    work_order_id: strawberry.ID = needed("For which order (派工单).", node="WorkOrder")
    result: VisitCallResult = needed("What came of it (结果).")
    note: str | None = optional("What was said (说明).")
    called_at: datetime | None = optional("When (致电时间); default: now.")
    idempotency_key: str | None = key_field()


_CALL = Result("customer_call", CustomerCall, "The call (上门前电话); null when refused.")


@strawberry.type
class CustomerCallMutations:
    work_order_note_call = write(
        customer_calls.note,
        WorkOrderNoteCallInput,
        _CALL,
        Code.WRONG_STEP,
        Code.NOT_YOUR_ORDER,
        description="Notes that the technician called the customer, and what came of it; by "
        "policy nobody sets out without (登记上门前电话).",
    )

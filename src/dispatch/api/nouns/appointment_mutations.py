"""How times are agreed with customers (预约): held, confirmed, moved, set free, confirmed again."""

from datetime import datetime
from typing import Any

import strawberry

from dispatch.api.keyset import Order
from dispatch.api.nouns.appointments import Appointment
from dispatch.api.nouns.slots import VisitWishedInput
from dispatch.api.nouns.writes import (
    Result,
    ask,
    key_field,
    needed,
    optional,
    version_field,
    write,
)
from dispatch.domain.errors import Code
from dispatch.services import agreeing, holds, reminders
from dispatch.store.work_orders import Appointment as AppointmentRow

_APPOINTMENT = Result(
    "appointment",
    Appointment,
    "The appointment as it is now (预约); null when refused.",
    AppointmentRow.id,
    (Order(AppointmentRow.created_at),),
)


def _which() -> Any:
    return needed("Which (预约).", node="Appointment")


def _named() -> Any:
    return optional("Whom the customer names (指定人员): nobody else will do.", node="Technician")


@strawberry.input(
    description="Keeps a slot while the customer decides (保留时段): for an order, for a ticket "
    "without one, or for a visit that nobody has reported yet."
)
class AppointmentHoldInput:
    starts_at: datetime = needed("Begin of the window, as offered (开始).")
    ends_at: datetime = needed("End of the window (结束).")
    work_order_id: strawberry.ID | None = optional("For this order (派工单).", node="WorkOrder")
    ticket_id: strawberry.ID | None = optional(
        "For this ticket (报单); with `visit` where it was not triaged yet.", node="Ticket"
    )
    visit: VisitWishedInput | None = optional("For what is just being reported (意向上门).")
    technician_id: strawberry.ID | None = _named()
    idempotency_key: str | None = key_field()


@strawberry.input(description="The customer takes the slot that is held for them (确认预约).")
class AppointmentConfirmInput:
    appointment_id: strawberry.ID = _which()
    version: int | None = version_field()
    ticket_id: strawberry.ID | None = optional(
        "The ticket that was taken in meanwhile (报单); needed for a slot held without one.",
        node="Ticket",
    )
    agreed_by: str | None = optional("Who agreed (确认人); default: who asks.")
    customer_consent: str | None = optional(
        "How the customer agreed (客户同意); technicians have to say."
    )
    reason: str | None = optional("Why (原因); needed where another time was promised before.")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Sets a slot free, or takes a promise back (释放预约).")
class AppointmentReleaseInput:
    appointment_id: strawberry.ID = _which()
    version: int | None = version_field()
    reason: str | None = optional("Why (原因); needed for what was promised.")
    idempotency_key: str | None = key_field()


@strawberry.input(description="Another time was agreed for an order (改约).")
class AppointmentMoveInput:
    work_order_id: strawberry.ID = needed("Of which order (派工单).", node="WorkOrder")
    version: int | None = optional("The version of the appointment that was seen (版本).")
    starts_at: datetime = needed("Begin of the new window (开始).")
    ends_at: datetime = needed("End of the new window (结束).")
    reason: str = needed("Why (原因).")
    technician_id: strawberry.ID | None = _named()
    agreed_by: str | None = optional("Who agreed (确认人); default: who asks.")
    customer_consent: str | None = optional(
        "How the customer agreed (客户同意); technicians have to say."
    )
    idempotency_key: str | None = key_field()


@strawberry.input(description="The technician will be there at the new time (确认改约).")
class AppointmentAcknowledgeInput:
    appointment_id: strawberry.ID = _which()
    version: int | None = version_field()
    idempotency_key: str | None = key_field()


@strawberry.type
class AppointmentMutations:
    appointment_hold = ask(
        holds.hold,
        AppointmentHoldInput,
        _APPOINTMENT,
        Code.SLOT_TAKEN,
        Code.SATURATED,
        Code.WRONG_STEP,
        Code.NOT_YOUR_ORDER,
        Code.NOT_OWN_UNIT,
        Code.DAY_IS_PAST,
        description="Keeps a slot for the policy's minutes while the customer decides; nobody else "
        "is promised that room meanwhile, and what was held for the same before is set free "
        "(保留时段).",
    )
    appointment_confirm = write(
        agreeing.confirm,
        AppointmentConfirmInput,
        _APPOINTMENT,
        Code.APPOINTMENT_ENDED,
        Code.CUSTOMER_CONSENT_NEEDED,
        Code.WRONG_STEP,
        Code.NOT_YOUR_ORDER,
        description="Promises the customer the slot that is held for them (确认预约).",
    )
    appointment_release = write(
        agreeing.release,
        AppointmentReleaseInput,
        _APPOINTMENT,
        Code.APPOINTMENT_ENDED,
        Code.WRONG_STEP,
        Code.NOT_YOUR_ORDER,
        description="Sets a held slot free; the desk can take a promise back, with the reason "
        "(释放预约).",
    )
    appointment_move = ask(
        agreeing.move,
        AppointmentMoveInput,
        _APPOINTMENT,
        Code.SLOT_TAKEN,
        Code.SATURATED,
        Code.WRONG_STEP,
        Code.NOT_YOUR_ORDER,
        Code.CUSTOMER_CONSENT_NEEDED,
        Code.DAY_IS_PAST,
        description="Moves an order's appointment, for the customer, the desk, or the technician "
        "with the customer's consent; the old one is kept with the reason and who agreed (改约).",
    )
    appointment_acknowledge = write(
        reminders.acknowledge,
        AppointmentAcknowledgeInput,
        _APPOINTMENT,
        Code.APPOINTMENT_ENDED,
        Code.NOT_YOUR_ORDER,
        description="The technician confirms an appointment that was moved within the day "
        "(确认改约).",
    )

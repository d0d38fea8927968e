"""Appointments (预约): promises to customers."""

from datetime import datetime
from typing import Optional

import strawberry

from dispatch.api.nouns import batches
from dispatch.api.nouns.base import Node, OfRow, column, lazily, related
from dispatch.api.nouns.technicians import Technician
from dispatch.domain.appointments import AppointmentBy, AppointmentState
from dispatch.store.work_orders import Appointment as AppointmentRow


@strawberry.type(description="The promise to the customer: somebody comes in this window (预约).")
class Appointment(OfRow, Node):
    row = AppointmentRow

    starts_at: datetime = column("Begin of the window (开始).")
    ends_at: datetime = column("End of the window (结束).")
    state: AppointmentState = column("Where it stands (预约状态).")
    held_until: datetime | None = column("Until when it is held, while HELD (保留至).")
    made_by: AppointmentBy | None = column("As whom it was agreed on (预约来源).")
    agreed_by: str | None = column("Who agreed on it (确认人).")
    consent: str | None = column("How the customer agreed, in the technician's words (客户同意).")
    reason: str | None = column("Why it was moved or set free (原因).")
    created_at: datetime = column("Since when it is held or promised (建立时间).")
    confirmed_at: datetime | None = column("When it was promised (确认时间).")
    ended_at: datetime | None = column(
        "When it was moved, kept, missed or set free (结束时间); null while it stands."
    )
    reminded_at: datetime | None = column(
        "When the technician was reminded to confirm it (提醒时间); only of what was moved within "
        "the day."
    )
    answered_at: datetime | None = column("When the technician confirmed it (技师确认时间).")
    chased_at: datetime | None = column("When the leader was told of no answer (催办时间).")
    version: int = column("Counts up with each change (版本).")
    moved_from = related(
        batches.appointments_by_id,
        Optional[lazily("Appointment", "appointments")],
        "The promise that it stands for instead, or would (原预约).",
        key="moved_from_id",
    )
    named_technician = related(
        batches.technicians_known,
        Optional[Technician],
        "Whom the customer named (指定人员); null: nobody, or not for this reader.",
        key="technician_id",
    )
    ticket = related(
        batches.tickets,
        Optional[lazily("Ticket", "tickets")],
        "The ticket (报单); null while none was taken in.",
        key="ticket_id",
    )
    work_order = related(
        batches.work_orders,
        Optional[lazily("WorkOrder", "work_orders")],
        "The order (派工单); null while there is none, or another promise of it stands.",
        key="work_order_id",
    )

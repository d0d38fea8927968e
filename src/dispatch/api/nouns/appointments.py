"""Appointments (预约): promises to customers."""

from datetime import datetime

import strawberry

from dispatch.api.nouns.base import Node, OfRow, column
from dispatch.domain.appointments import AppointmentState
from dispatch.store.work_orders import Appointment as AppointmentRow


@strawberry.type(description="The promise to the customer: somebody comes in this window (预约).")
class Appointment(OfRow, Node):
    row = AppointmentRow

    starts_at: datetime = column("Begin of the window (开始).")
    ends_at: datetime = column("End of the window (结束).")
    state: AppointmentState = column("Where it stands (预约状态).")
    held_until: datetime | None = column("Until when it is held, while HELD (保留至).")
    agreed_by: str | None = column("Who agreed on it (确认人).")
    reason: str | None = column("Why it was moved or set free (原因).")
    version: int = column("Counts up with each change (版本).")

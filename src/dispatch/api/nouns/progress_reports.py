"""Words from the site (进展反馈): the steward's to the desk, the technician's on a long job."""

import strawberry

from dispatch.api.nouns.tickets import Ticket
from dispatch.api.nouns.work_order_mutations import WORK_ORDER
from dispatch.api.nouns.writes import Result, key_field, needed, version_field, write
from dispatch.domain.errors import Code
from dispatch.services import progress_reports
from dispatch.store.tickets import Ticket as TicketRow


@strawberry.input(description="The steward's word on an open ticket (管家反馈).")
class TicketStewardReportInput:
    ticket_id: strawberry.ID = needed("Which (报单).", node="Ticket")
    version: int | None = version_field()
    note: str = needed("How it stands (情况).")
    idempotency_key: str | None = key_field()


@strawberry.input(description="How an order goes (进展反馈).")
class WorkOrderReportProgressInput:
    work_order_id: strawberry.ID = needed("Which (派工单).", node="WorkOrder")
    version: int | None = version_field()
    note: str = needed("How it goes (情况).")
    idempotency_key: str | None = key_field()


_TICKET = Result("ticket", Ticket, "The ticket (报单); null when refused.", TicketRow.id)


@strawberry.type
class ProgressReportMutations:
    ticket_steward_report = write(
        progress_reports.steward,
        TicketStewardReportInput,
        _TICKET,
        Code.WRONG_STEP,
        description="The steward tells the desk how an open ticket stands; the next word is due "
        "after the policy's time, by default 4 hours (管家反馈).",
    )
    work_order_report_progress = write(
        progress_reports.technician,
        WorkOrderReportProgressInput,
        WORK_ORDER,
        Code.WRONG_STEP,
        description="Whoever holds an order says how it goes; it counts as progress (进展反馈).",
    )

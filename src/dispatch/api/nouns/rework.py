"""The daily word on a repair of a repair (返修日报)."""

from datetime import datetime

import strawberry
from strawberry.scalars import JSON

from dispatch.api.nouns.base import OfRow, column
from dispatch.api.nouns.writes import Result, key_field, needed, write
from dispatch.services import rework
from dispatch.store.rework_reports import ReworkReport as ReworkReportRow


@strawberry.type(description="How far a rework has come (返修进度).")
class ReworkReport(OfRow):
    row = ReworkReportRow

    at: datetime = column("When (时间).")
    by_name: str = column("Who wrote it; `dispatch` draws one up every day (报告人).")
    note: str | None = column("In somebody's own words (说明).")
    facts: JSON = column(
        "The ticket's `state`, its `orders` with theirs, and the `steps` since the report before "
        "(进展)."
    )


@strawberry.input(description="A word on how far a rework has come (返修进度).")
class TicketReportReworkInput:
    ticket_id: strawberry.ID = needed("Which (报单).", node="Ticket")
    note: str = needed("How far it has come (说明).")
    idempotency_key: str | None = key_field()


_REPORT = Result(
    "rework_report", ReworkReport, "The report (返修进度); null when refused.", ReworkReportRow.id
)


@strawberry.type
class ReworkMutations:
    ticket_report_rework = write(
        rework.report,
        TicketReportReworkInput,
        _REPORT,
        description="Adds somebody's own words to the daily reports on a rework; supervisor and "
        "manager are told (返修进度).",
    )

"""What a reporter follows: likely duplicates, visits, checks of a ticket."""

from datetime import datetime

import strawberry

from dispatch.api.context import Info
from dispatch.api.nouns.base import OfRow, column, lazily, load
from dispatch.api.nouns.photos import shown_one
from dispatch.domain.checks import CheckStage, CheckState
from dispatch.domain.tickets import TicketState
from dispatch.domain.work_orders import WorkOrderState
from dispatch.services.duplicates import solutions_of
from dispatch.services.progress import Visit
from dispatch.store.checks import TicketCheck as CheckRow
from dispatch.store.tickets import Ticket as TicketRow

_SOLVED = frozenset({TicketState.RESOLVED, TicketState.CLOSED})


@strawberry.type(description="A ticket that is likely the same wish (疑似重复).")
class LikelyDuplicate:
    row: strawberry.Private[TicketRow]

    @strawberry.field(
        graphql_type=lazily("Ticket", "tickets"), description="The other ticket (报单)."
    )
    def ticket(self) -> TicketRow:
        return self.row

    @strawberry.field(description="Whether it is solved: then this may be a repeat (是否已解决).")
    def is_solved(self) -> bool:
        return self.row.state in _SOLVED

    @strawberry.field(
        description="How it was solved, to be tried again (原处理办法); null: not yet, or not told."
    )
    async def former_solution(self, info: Info) -> str | None:
        return await load(info, solutions_of, self.row.id) if self.row.state in _SOLVED else None


@strawberry.type(description="A visit as the reporter may see it (上门进度).")
class TicketVisit:
    state: WorkOrderState = column("Where the visit is on its way (状态).")
    technician_name: str | None = column("Who comes (维修人员); null: nobody yet.")

    @strawberry.field(description="Address of their photo (照片).")
    def technician_photo(root: Visit, info: Info) -> str | None:
        return shown_one(info, root.technician_photo) if root.technician_photo else None

    expected_arrival: datetime | None = column(
        "When to expect them at the door (预计到达); null: not known yet, or they are there."
    )


@strawberry.type(description="One stage of a report's check before dispatch (审核).")
class TicketCheck(OfRow):
    row = CheckRow

    stage: CheckStage = column("Whose it is (审核环节).")
    state: CheckState = column("Where it stands (审核状态).")
    decided_by_name: str | None = column("Who decided (审核人).")
    decided_at: datetime | None = column("When (审核时间).")
    note: str | None = column("What they noted (审核意见).")
    created_at: datetime = column("When it was asked for (提交时间).")

"""What plans change for the people: who comes, and when (方案变动)."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Optional

import strawberry

from dispatch.api.context import Info
from dispatch.api.nouns import batches
from dispatch.api.nouns.base import column, load
from dispatch.api.nouns.technicians import Technician
from dispatch.api.nouns.work_orders import WorkOrder
from dispatch.services.plan_changes import Change
from dispatch.store.technicians import Technician as TechnicianRow
from dispatch.store.work_orders import WorkOrder as WorkOrderRow


@strawberry.type(description="An order that other people come to, or at another time (方案变动).")
class PlanChange:
    change: strawberry.Private[Change]
    was_starts_at: datetime | None = column("When before (原开工时间); null: nobody came.")
    starts_at: datetime | None = column("When now (现开工时间); null: nobody comes.")

    @strawberry.field(graphql_type=Optional[WorkOrder], description="The order (派工单).")
    async def work_order(self, info: Info) -> WorkOrderRow | None:
        return await load(info, batches.work_orders, self.change.work_order_id)

    @strawberry.field(
        graphql_type=list[Technician],
        description="Who before, the lead first (原人员); empty: nobody.",
    )
    async def were(self, info: Info) -> list[TechnicianRow]:
        return await _people(info, self.change.was_crew)

    @strawberry.field(
        graphql_type=list[Technician],
        description="Who now, the lead first (现人员); empty: nobody.",
    )
    async def technicians(self, info: Info) -> list[TechnicianRow]:
        return await _people(info, self.change.crew)


def plan_changes(changes: Sequence[Change]) -> list[PlanChange]:
    """Changes as the API shows them."""
    return [
        PlanChange(change=each, was_starts_at=each.was_starts_at, starts_at=each.starts_at)
        for each in changes
    ]


async def _people(info: Info, ids: Sequence[int]) -> list[TechnicianRow]:
    rows = await asyncio.gather(*(load(info, batches.technicians, each) for each in ids))
    return [row for row in rows if row is not None]

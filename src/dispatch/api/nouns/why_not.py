"""Why an order has no place in the plan in force, and who could take it (排班问答)."""

from datetime import date, datetime
from typing import Annotated, Optional

import strawberry
from strawberry.scalars import JSON

from dispatch.api import ids
from dispatch.api.context import Info
from dispatch.api.nouns import batches
from dispatch.api.nouns.base import column, load
from dispatch.api.nouns.left_out import Blocked
from dispatch.api.nouns.reasons import names_of
from dispatch.api.nouns.technicians import Technician
from dispatch.api.nouns.work_orders import WorkOrder
from dispatch.services import why_not as service
from dispatch.store.technicians import Technician as TechnicianRow
from dispatch.store.work_orders import WorkOrder as WorkOrderRow
from dispatch.texts import ROW_IDS, reason_text, remedy_text


@strawberry.type(description="Somebody who could take an order (可派人员).")
class PossiblePlace:
    technician_id: strawberry.Private[int]
    starts_at: datetime = column("When they could start (可开工时间).")
    extra_lateness: float = column(
        "What it would add to tier 2 of the plan: lateness and broken promises (增加迟到)."
    )
    extra_cost: float = column("What it would add to tier 3 of the plan (增加成本).")

    @strawberry.field(graphql_type=Optional[Technician], description="Who (人员).")
    async def technician(self, info: Info) -> TechnicianRow | None:
        return await load(info, batches.technicians, self.technician_id)


@strawberry.type(description="What the plan in force of a day says about an order (排班问答).")
class WhyNot:
    answer: strawberry.Private[service.WhyNot]

    @strawberry.field(graphql_type=WorkOrder, description="The order (派工单).")
    def work_order(self) -> WorkOrderRow:
        return self.answer.order

    @strawberry.field(description="The day asked about (日期).")
    def day(self) -> date:
        return self.answer.day

    @strawberry.field(
        description="Who could take it, one place per shift, least added first (可派人员). What "
        "the plan serves already is taken out of it first. Of a crew the best found alone, by its "
        "lead."
    )
    def places(self) -> list[PossiblePlace]:
        return [
            PossiblePlace(
                technician_id=each.technician_id,
                starts_at=each.starts_at,
                extra_lateness=each.extra_lateness,
                extra_cost=each.extra_cost,
            )
            for each in self.answer.found.places
        ]

    @strawberry.field(
        description="Why nobody can, as a stable code, e.g. `NO_TRADE`, `ALL_FULL` (原因代码); "
        "null: somebody can."
    )
    def code(self) -> str | None:
        return self.answer.found.code

    @strawberry.field(description="Figures of the reason (原因数据).")
    def data(self) -> JSON:
        told = self.answer.found.data
        return JSON({name: value for name, value in told.items() if name not in ROW_IDS})

    @strawberry.field(description="The reason in the reader's language (原因); null: somebody can.")
    async def reason(self, info: Info) -> str | None:
        found = self.answer.found
        if found.code is None:
            return None
        return reason_text(
            found.code, found.data, await names_of(found.data, self.answer.site, info)
        )

    @strawberry.field(
        description="The first rule that keeps each one who has the trade from it (受阻人员)."
    )
    def blocked(self) -> list[Blocked]:
        return [
            Blocked(technician_id=each.technician_id, rule=each.rule, by=each.by)
            for each in self.answer.found.blocked
        ]

    @strawberry.field(
        description="Code of the one change that would place it, tried and found to work "
        "(补救代码); null: none was found, or none is needed."
    )
    def remedy_code(self) -> str | None:
        remedy = self.answer.found.remedy
        return remedy["code"] if remedy is not None else None

    @strawberry.field(description="The same in the reader's language (怎样可排).")
    async def remedy(self, info: Info) -> str | None:
        remedy = self.answer.found.remedy
        if remedy is None:
            return None
        return remedy_text(remedy, await names_of(remedy, self.answer.site, info))


@strawberry.type
class WhyNotQueries:
    @strawberry.field(
        description="Why an order has no place in the plan in force, what would place it, and who "
        "could take it (排班问答); for a planned one: why not somebody else."
    )
    async def why_not(
        root: None,
        info: Info,
        work_order_id: Annotated[
            strawberry.ID, strawberry.argument(description="Which order (派工单).")
        ],
        technician_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="About this technician alone (人员)."),
        ] = None,
        day: Annotated[
            date | None,
            strawberry.argument(
                description="The day (日期); default: the one it is promised or planned for, else "
                "today."
            ),
        ] = None,
    ) -> WhyNot:
        context = info.context
        answer = await service.why_not(
            context.services,
            context.planner,
            context.actor,
            work_order_id=ids.decode(work_order_id, "WorkOrder", field="work_order_id"),
            technician_id=ids.decode_optional(technician_id, "Technician", field="technician_id"),
            day=day,
        )
        return WhyNot(answer=answer)

"""Orders that a plan could not place, why, and what would place them (未排工单)."""

from collections.abc import Mapping
from typing import Any, Optional

import strawberry
from strawberry.scalars import JSON

from dispatch.api.context import Info
from dispatch.api.nouns import batches
from dispatch.api.nouns.base import Node, OfRow, column, load, related
from dispatch.api.nouns.reasons import names_of
from dispatch.api.nouns.technicians import Technician
from dispatch.api.nouns.work_orders import WorkOrder
from dispatch.store.plans import PlanLeftOut as LeftOutRow
from dispatch.store.technicians import Technician as TechnicianRow
from dispatch.texts import ROW_IDS, Names, reason_text, remedy_text, rule_text


@strawberry.type(description="What keeps one technician from an order (受阻原因).")
class Blocked:
    technician_id: strawberry.Private[int]
    rule: str = column("Code of the first rule in the way (规则).")
    by: int | None = column(
        "By how much: seconds, levels or units of load (差额); null: cannot be measured."
    )

    @strawberry.field(graphql_type=Optional[Technician], description="Who (人员).")
    async def technician(self, info: Info) -> TechnicianRow | None:
        return await load(info, batches.technicians, self.technician_id)

    @strawberry.field(description="The rule in the reader's language (原因).")
    def reason(self, info: Info) -> str:
        return rule_text(self.rule, self.by, info.context.language)


@strawberry.type(description="An order that a plan could not place (未排工单).")
class PlanLeftOut(OfRow, Node):
    row = LeftOutRow

    code: str = column("Reason as a stable code, e.g. `NO_TRADE`, `ALL_FULL` (原因代码).")
    work_order = related(
        batches.work_orders, Optional[WorkOrder], "The order (派工单).", key="work_order_id"
    )

    @strawberry.field(description="Figures of the reason (原因数据).")
    def data(root: LeftOutRow) -> JSON:
        return JSON({name: value for name, value in root.data.items() if name not in ROW_IDS})

    @strawberry.field(description="What keeps each qualified technician from it (受阻人员).")
    def blocked(root: LeftOutRow) -> list[Blocked]:
        return [Blocked(**each) for each in root.data.get("technicians", [])]

    @strawberry.field(description="The reason in the reader's language (原因).")
    async def reason(root: LeftOutRow, info: Info) -> str:
        return reason_text(root.code, root.data, await _names(root, root.data, info))

    @strawberry.field(
        description="Code of the one change that would place it, tried and found to work: "
        "`LATER_WINDOW`, `OVERTIME`, `LOWER_LEVEL`, `SMALLER_CREW`, `EXTRA_PERSON`, `MOVE_VISIT`, "
        "`LEAVE_VISIT` (补救代码); null: none was found."
    )
    def remedy_code(root: LeftOutRow) -> str | None:
        return root.remedy["code"] if root.remedy is not None else None

    @strawberry.field(
        description="The same in the reader's language (怎样可排); null: none was found."
    )
    async def remedy(root: LeftOutRow, info: Info) -> str | None:
        if root.remedy is None:
            return None
        return remedy_text(root.remedy, await _names(root, root.remedy, info))


async def _names(root: LeftOutRow, data: Mapping[str, Any], info: Info) -> Names:
    plan = await load(info, batches.plans, root.plan_id)
    site = await load(info, batches.sites, plan.site_id) if plan is not None else None
    return await names_of(data, site, info)

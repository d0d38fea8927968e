"""Orders that a plan could not place, why, and what would place them (未排工单)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Optional
from zoneinfo import ZoneInfo

import strawberry
from strawberry.scalars import JSON

from dispatch.api.context import Info
from dispatch.api.nouns import batches
from dispatch.api.nouns.base import Node, OfRow, column, load, related
from dispatch.api.nouns.technicians import Technician
from dispatch.api.nouns.work_orders import WorkOrder
from dispatch.store.plans import PlanLeftOut as LeftOutRow
from dispatch.store.technicians import Technician as TechnicianRow
from dispatch.texts import reason, word

# Row ids within a reason are shown as the things they name, not as numbers.
_PEOPLE = frozenset(
    {
        *("technicians", "technicians_named", "technician_id", "to_technician_id"),
        *("waits_for_id", "other_order_id"),
    }
)


@strawberry.type(description="What keeps one technician from an order (受阻原因).")
class Blocked:
    technician_id: strawberry.Private[int]
    rule: str = column("Code of the first rule in the way (规则).")
    by: int | None = column("By how much: seconds or levels (差额); null: cannot be measured.")

    @strawberry.field(graphql_type=Optional[Technician], description="Who (人员).")
    async def technician(self, info: Info) -> TechnicianRow | None:
        return await load(info, batches.technicians, self.technician_id)


@strawberry.type(description="An order that a plan could not place (未排工单).")
class PlanLeftOut(OfRow, Node):
    row = LeftOutRow

    code: str = column("Reason as a stable code, e.g. `NO_TRADE`, `ALL_FULL` (原因代码).")
    work_order = related(
        batches.work_orders, Optional[WorkOrder], "The order (派工单).", key="work_order_id"
    )

    @strawberry.field(description="Figures of the reason (原因数据).")
    def data(root: LeftOutRow) -> JSON:
        return JSON({name: value for name, value in root.data.items() if name not in _PEOPLE})

    @strawberry.field(description="What keeps each qualified technician from it (受阻人员).")
    def blocked(root: LeftOutRow) -> list[Blocked]:
        return [Blocked(**each) for each in root.data.get("technicians", [])]

    @strawberry.field(description="The reason in the reader's language (原因).")
    async def reason(root: LeftOutRow, info: Info) -> str:
        params = await _params(root, root.data, info)
        return reason(root.code, info.context.language, **params)

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
        params = await _params(root, root.remedy, info)
        return word("remedies", root.remedy["code"], info.context.language, **params)


async def _params(root: LeftOutRow, data: Mapping[str, Any], info: Info) -> dict[str, Any]:
    """Figures as a person reads them: names for ids, local times, minutes for seconds."""
    params = {name: value for name, value in data.items() if name not in (*_PEOPLE, "code")}
    if data.get("technician_id") is not None:
        technician = await load(info, batches.technicians, data["technician_id"])
        params["technician"] = technician.name if technician is not None else ""
    if data.get("to_technician_id") is not None:
        technician = await load(info, batches.technicians, data["to_technician_id"])
        params["to"] = technician.name if technician is not None else ""
    if data.get("other_order_id") is not None:
        order = await load(info, batches.work_orders, data["other_order_id"])
        params["order"] = order.number if order is not None else ""
    for name in ("seconds", "overtime_s"):
        if isinstance(data.get(name), int):
            params["minutes"] = -(-data[name] // 60)
    if isinstance(data.get("start"), str):
        params["start"] = await _local(root, data["start"], info)
    if data.get("trade"):
        trade = await load(info, batches.trades, data["trade"])
        if trade is not None:
            chinese = info.context.language.startswith("zh")
            params["trade"] = trade.name_zh if chinese else trade.name_en
    return params


async def _local(root: LeftOutRow, moment: str, info: Info) -> str:
    plan = await load(info, batches.plans, root.plan_id)
    site = await load(info, batches.sites, plan.site_id) if plan is not None else None
    zone = ZoneInfo(site.time_zone) if site is not None else None
    return f"{datetime.fromisoformat(moment).astimezone(zone):%H:%M}"

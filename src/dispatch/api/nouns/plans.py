"""Plans (排班方案): runs of the optimizer, routes, stops, what was left out and why."""

from datetime import date, datetime
from typing import Any, Optional

import strawberry
from strawberry.scalars import JSON

from dispatch.api.context import Info
from dispatch.api.nouns import batches
from dispatch.api.nouns.base import Node, OfRow, column, related
from dispatch.api.nouns.sites import Site
from dispatch.api.nouns.technicians import Technician
from dispatch.api.nouns.work_orders import WorkOrder
from dispatch.api.scalars import Seconds
from dispatch.domain.plans import PlanRunState
from dispatch.store import plans as store
from dispatch.texts import word


@strawberry.type(
    description="The objective's terms (目标分项). Plans are compared by tier 1, then 2, then 3."
)
class PlanTerms:
    unserved: int = column("Orders left out (未排工单数).")
    promises_broken: int = column("Visits outside the promised window (失约数).")
    lateness: Seconds = column("Start of work after the due time, summed over orders (迟到合计).")
    travel_s: Seconds = column("Travel, summed over technicians (路程时间合计).", name="travel")
    travel_m: int = column("Travel in metres (路程合计，米).", name="travelMetres")
    imbalance: float = column(
        "Squared hours between each one's work and the fair share, summed (负荷不均)."
    )
    overtime_s: Seconds = column("Work after the shifts' ends (加班合计).", name="overtime")
    skill_waste: int = column("Levels above the least needed, summed over orders (大材小用).")
    continuity: int = column("Orders done by someone who does not know the place (生面孔).")
    changes: int = column("Orders taken from who held them, or moved in time (变动数).")
    technicians_used: int = column("Technicians with at least one order (出工人数).")
    tier1: float = column("Sum over orders left out of their priority's weight (第一层).")
    tier2: float = column("Weighted broken promises plus lateness in seconds (第二层).")
    tier3: float = column("Weighted sum of the other terms (第三层).")


_TERMS: dict[str, float] = {
    "unserved": 0,
    "promises_broken": 0,
    "lateness": 0,
    "travel_s": 0,
    "travel_m": 0,
    "imbalance": 0.0,
    "overtime_s": 0,
    "skill_waste": 0,
    "continuity": 0,
    "changes": 0,
    "technicians_used": 0,
    "tier1": 0.0,
    "tier2": 0.0,
    "tier3": 0.0,
}


def terms(kept: dict[str, Any]) -> PlanTerms:
    """The terms as the plan keeps them; what it does not name is zero."""
    return PlanTerms(**{name: kept.get(name, zero) for name, zero in _TERMS.items()})


@strawberry.type(description="One run of the optimizer (排班计算).")
class PlanRun(OfRow, Node):
    row = store.PlanRun

    day: date = column("The day planned (日期).")
    state: PlanRunState = column("Where it stands (状态).")
    requested_by_name: str = column("Who asked for it (发起人).")
    starts_at: datetime = column("Begin of the time planned (起).")
    ends_at: datetime = column("End of the time planned (止).")
    started_at: datetime = column("When the run began (开始计算).")
    finished_at: datetime | None = column("When it ended (结束计算).")
    seconds: float = column("Time it was given, in seconds (时限，秒).")
    seed: int = column("Seed of its randomness (随机种子).")
    engine: str = column("Which search made the plan (算法).")
    weights: JSON = column("Weights of the objective's terms it ran with (权重).")
    figures: JSON = column("Figures of the search: iterations, time, milestones (计算指标).")
    failure: str | None = column("Why it ended without a plan (失败原因).")
    version: int = column("Counts up with each change (版本).")
    site = related(batches.sites, Site | None, "The site (项目).", key="site_id")


@strawberry.type(description="A rest within a route (休息).")
class PlanBreak:
    starts_at: datetime = column("Begin (开始).")
    ends_at: datetime = column("End (结束).")


@strawberry.type(description="A visit of a route: somebody at an order (站点).")
class PlanStop(OfRow, Node):
    row = store.PlanStop

    position: int = column("Place in the route, from 0 (次序).")
    crew_index: int = column("Which of the crew: 0 leads (班组序号).")
    arrives_at: datetime = column("Arrival (到达).")
    starts_at: datetime = column("Start of work (开工).")
    ends_at: datetime = column("End of work (完工).")
    travel_s: Seconds = column("Travel to this stop (路程时间).", name="travel")
    travel_m: int = column("Travel to this stop in metres (路程，米).", name="travelMetres")
    terms: JSON = column("This stop's part of the objective (分项).")
    alternatives: JSON = column(
        "Others who were considered, best first, with what they cost (备选)."
    )
    technician = related(
        batches.technicians, Optional[Technician], "Who (人员).", key="technician_id"
    )
    work_order = related(
        batches.work_orders, Optional[WorkOrder], "The order (派工单).", key="work_order_id"
    )


@strawberry.type(description="An order that a plan could not place (未排工单).")
class PlanLeftOut(OfRow, Node):
    row = store.PlanLeftOut

    code: str = column("Reason as a stable code, e.g. `NO_TRADE`, `ALL_FULL` (原因代码).")
    data: JSON = column("Figures of the reason (原因数据).")
    remedy: JSON | None = column(
        "The one change that would place it, tried and found to work (补救); null: none was found."
    )
    work_order = related(
        batches.work_orders, Optional[WorkOrder], "The order (派工单).", key="work_order_id"
    )

    @strawberry.field(description="The reason in the reader's language (原因).")
    def reason(root: store.PlanLeftOut, info: Info) -> str:
        return word("left_out", root.code, info.context.language, **root.data)

    @strawberry.field(
        description="What would place it, in the reader's language (怎样可排); null: nothing known."
    )
    def remedy_text(root: store.PlanLeftOut, info: Info) -> str | None:
        if root.remedy is None:
            return None
        data = root.remedy.get("data") or {}
        return word("remedies", root.remedy["code"], info.context.language, **data)

"""Routes of a plan (路线): one technician's shift, stop by stop."""

from datetime import datetime
from typing import Any, Optional

import strawberry

from dispatch.api.connections import After, Before, Connection, First, Last, Page
from dispatch.api.context import Info
from dispatch.api.keyset import Order
from dispatch.api.nouns import batches
from dispatch.api.nouns.base import Node, OfRow, column, load, related
from dispatch.api.nouns.pages import ChildList, child_page
from dispatch.api.nouns.plan_terms import PlanTerms, terms
from dispatch.api.nouns.technicians import Technician
from dispatch.api.nouns.work_orders import WorkOrder
from dispatch.api.scalars import Seconds
from dispatch.store import plans as store
from dispatch.store.technicians import Technician as TechnicianRow

_STOPS = ChildList(store.PlanStop, store.PlanStop.route_id, order=(Order(store.PlanStop.position),))


@strawberry.type(description="A rest within a route (休息).")
class PlanBreak:
    starts_at: datetime = column("Begin (开始).")
    ends_at: datetime = column("End (结束).")


@strawberry.type(description="Another technician who was considered for a stop (备选人员).")
class Alternative:
    technician_id: strawberry.Private[int]
    starts_at: datetime = column("When they could start (可开工时间).")
    extra_cost: float = column(
        "What it would add to tier 3 of the plan, compared with who was chosen (增加成本)."
    )

    @strawberry.field(graphql_type=Optional[Technician], description="Who (人员).")
    async def technician(self, info: Info) -> TechnicianRow | None:
        return await load(info, batches.technicians, self.technician_id)


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
    technician = related(
        batches.technicians, Optional[Technician], "Who (人员).", key="technician_id"
    )
    work_order = related(
        batches.work_orders, Optional[WorkOrder], "The order (派工单).", key="work_order_id"
    )

    @strawberry.field(description="Start of work after the due time (迟到); PT0S: in time.")
    def late(root: store.PlanStop) -> Seconds:
        return Seconds(root.terms.get("late_s", 0))

    @strawberry.field(description="Whether it starts outside the promised window (失约).")
    def promise_broken(root: store.PlanStop) -> bool:
        return bool(root.terms.get("promise_broken", False))

    @strawberry.field(description="Others who were considered, cheapest first (备选).")
    def alternatives(root: store.PlanStop) -> list[Alternative]:
        return [
            Alternative(
                technician_id=each["technician_id"],
                starts_at=datetime.fromisoformat(each["starts_at"]),
                extra_cost=each["extra_cost"],
            )
            for each in root.alternatives
        ]


@strawberry.type(description="One technician's shift in a plan (路线).")
class PlanRoute(OfRow, Node):
    row = store.PlanRoute

    shift_start: datetime = column("Begin of the shift (班次开始).")
    shift_end: datetime = column("End of the shift (班次结束).")
    starts_at: datetime = column("Departure from home (出发).")
    ends_at: datetime = column("Return, or end of the last work (收工).")
    travel_s: Seconds = column("Travel, the way back included (路程时间).", name="travel")
    travel_m: int = column("The same in metres (路程，米).", name="travelMetres")
    work_s: Seconds = column(
        "Travel and work on site, without waits and rests (负荷).", name="work"
    )
    overtime_s: Seconds = column("Past the shift's end (加班).", name="overtime")
    technician = related(
        batches.technicians, Optional[Technician], "Who (人员).", key="technician_id"
    )

    @strawberry.field(description="Rests in their order (休息).")
    def breaks(root: store.PlanRoute) -> list[PlanBreak]:
        return plan_breaks(root)

    @strawberry.field(description="This route's part of the plan's terms (分项).")
    def terms(root: store.PlanRoute) -> PlanTerms:
        return terms(root.terms)

    @strawberry.field(graphql_type=Connection[PlanStop], description="Stops in their order (站点).")
    async def stops(
        root: store.PlanRoute,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Any]:
        page = Page.of(first=first, after=after, last=last, before=before)
        return await child_page(info, _STOPS, root.id, page=page)


def plan_breaks(route: store.PlanRoute) -> list[PlanBreak]:
    """The rests of a route as its row keeps them."""
    return [
        PlanBreak(
            starts_at=datetime.fromisoformat(each["starts_at"]),
            ends_at=datetime.fromisoformat(each["ends_at"]),
        )
        for each in route.breaks
    ]

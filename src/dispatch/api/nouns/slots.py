"""Times that customers can be offered (可约时段)."""

import asyncio
from datetime import date, datetime
from typing import Annotated, Any

import strawberry

from dispatch.api import ids
from dispatch.api.context import Info
from dispatch.api.nouns import batches
from dispatch.api.nouns.base import column, load
from dispatch.api.nouns.technicians import Technician
from dispatch.api.nouns.writes import arguments_of, needed, optional
from dispatch.api.scalars import Seconds
from dispatch.domain.errors import Code, refuse
from dispatch.services import named_technicians, slots
from dispatch.store.technicians import Technician as TechnicianRow


@strawberry.type(
    description="A window in which somebody could come (可约时段): the plan in force would keep it."
)
class AppointmentSlot:
    technician_ids: strawberry.Private[tuple[int, ...]]
    starts_at: datetime = column("Begin of the window (开始).")
    ends_at: datetime = column("End of the window (结束).")
    extra_lateness: float | None = column(
        "What it would add to tier 2 of the plan: lateness of orders (增加迟到); null: not for "
        "this reader."
    )
    extra_cost: float | None = column(
        "What it would add to tier 3 of the plan (增加成本); null: not for this reader."
    )

    @strawberry.field(
        graphql_type=list[Technician],
        description="Who could come, cheapest first (可派人员); empty for those who may not see "
        "plans, such as residents.",
    )
    async def technicians(self, info: Info) -> list[TechnicianRow]:
        rows = await asyncio.gather(
            *(load(info, batches.technicians_known, each) for each in self.technician_ids)
        )
        return [row for row in rows if row is not None]


@strawberry.input(description="Work that nobody has ordered yet (意向上门).")
class VisitWishedInput:
    site_id: strawberry.ID = needed("The site (项目).", node="Site")
    place_id: strawberry.ID = needed("Where (位置); residents: their own.", node="Place")
    trade: str = needed("Code of the trade it needs (工种).")
    duration_s: Seconds = needed("How long it would take (预计时长).", name="duration")
    level: int | None = optional("Least level, 1–3 (等级); default 1.")
    crew_size: int | None = optional("People needed (人数); default 1.")

    def argument(self) -> slots.VisitWished:
        return slots.VisitWished(**arguments_of(self))


@strawberry.type(
    description="From when a technician whom the customer names could come (指定人员可约时间)."
)
class NamedTechnician:
    technician_id: strawberry.Private[int]
    is_busy: bool = column("Whether others could come sooner (该人员忙).")
    free_from: datetime | None = column(
        "Begin of the first window in which they could come (最早开始); null: in none of the "
        "policy's days."
    )
    free_until: datetime | None = column("End of that window (最早结束).")

    @strawberry.field(
        graphql_type=Technician | None,
        description="Who (指定人员); null for those who may not see technicians.",
    )
    async def technician(self, info: Info) -> TechnicianRow | None:
        return await load(info, batches.technicians_known, self.technician_id)


@strawberry.type
class SlotQueries:
    @strawberry.field(
        description="From when a technician whom the customer names could come (指定人员): for an "
        "order that the reader may see, or for a visit wished for; one of both must be given. "
        "Customers name who came to them before."
    )
    async def named_technician(
        root: None,
        info: Info,
        technician_id: Annotated[strawberry.ID, strawberry.argument(description="Who (指定人员).")],
        work_order_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="For this order (派工单).")
        ] = None,
        visit: Annotated[
            VisitWishedInput | None,
            strawberry.argument(description="For a visit not yet ordered (意向上门)."),
        ] = None,
    ) -> NamedTechnician:
        context = info.context
        asked = (context.services, context.planner, context.actor)
        if (work_order_id is None) == (visit is None):
            raise refuse(Code.BAD_INPUT, field="work_order_id", detail="an order, or a visit")
        named = ids.decode(str(technician_id), "Technician", field="technician_id")
        if visit is not None:
            found = await named_technicians.named_for_visit(
                *asked, visit=visit.argument(), technician_id=named
            )
        else:
            row_id = ids.decode(str(work_order_id), "WorkOrder", field="work_order_id")
            found = await named_technicians.named_for_order(
                *asked, work_order_id=row_id, technician_id=named
            )
        return NamedTechnician(
            technician_id=found.technician_id,
            is_busy=found.is_busy,
            free_from=found.free_from,
            free_until=found.free_until,
        )

    @strawberry.field(
        description="Times a customer can be offered, best first (可约时段): windows of the site's "
        "policy that the plans in force could keep, whatever else was promised. For an order that "
        "the reader may see, or for a visit wished for; one of both must be given. Empty: none."
    )
    async def appointment_slots(
        root: None,
        info: Info,
        work_order_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="For this order (派工单).")
        ] = None,
        visit: Annotated[
            VisitWishedInput | None,
            strawberry.argument(description="For a visit not yet ordered (意向上门)."),
        ] = None,
        from_day: Annotated[
            date | None,
            strawberry.argument(description="From this day on (起始日); default: today."),
        ] = None,
        days: Annotated[
            int | None,
            strawberry.argument(description="On so many days, 1–14 (天数); default: the policy's."),
        ] = None,
        technician_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(
                description="Only where this one could come (指定人员); customers: who came to "
                "them before."
            ),
        ] = None,
    ) -> list[AppointmentSlot]:
        context = info.context
        asked = (context.services, context.planner, context.actor)
        if (work_order_id is None) == (visit is None):
            raise refuse(Code.BAD_INPUT, field="work_order_id", detail="an order, or a visit")
        when: dict[str, Any] = {"from_day": from_day, "days": days}
        if technician_id is not None:
            named = ids.decode(str(technician_id), "Technician", field="technician_id")
            when["technician_id"] = named
        if visit is not None:
            found = await slots.slots_of_visit(*asked, visit=visit.argument(), **when)
        else:
            row_id = ids.decode(str(work_order_id), "WorkOrder", field="work_order_id")
            found = await slots.slots_of_order(*asked, work_order_id=row_id, **when)
        return [
            AppointmentSlot(
                technician_ids=slot.technician_ids,
                starts_at=slot.starts_at,
                ends_at=slot.ends_at,
                extra_lateness=slot.extra_lateness,
                extra_cost=slot.extra_cost,
            )
            for slot in found
        ]

"""Who holds a work order, with whom, when, and why (派工)."""

from datetime import datetime
from typing import Optional

import strawberry
from strawberry.scalars import JSON

from dispatch.api.context import Info
from dispatch.api.nouns import batches
from dispatch.api.nouns.base import Node, OfRow, column, lazily, load, related, related_list
from dispatch.api.nouns.technicians import Technician
from dispatch.api.scalars import Seconds
from dispatch.domain.rights import Action
from dispatch.domain.work_orders import AssignmentEnd, AssignmentStep
from dispatch.store import work_orders as store


@strawberry.type(description="One person of a crew, with their own hours (班组成员).")
class CrewMember(OfRow):
    row = store.CrewMember

    is_lead: bool = column("Whether they lead (主修).")
    joined_at: datetime | None = column("When they began to work (到岗时间).")
    left_at: datetime | None = column("When they stopped (离岗时间).")
    worked_s: Seconds | None = column("Time counted for them (工时).", name="worked")
    technician = related(
        batches.technicians, Optional[Technician], "Who (人员).", key="technician_id"
    )


@strawberry.type(description="Technician and planned times for an order, and why (派工).")
class Assignment(OfRow, Node):
    row = store.Assignment

    step: AssignmentStep = column("Which step of the dispatch policy made it (派工方式).")
    planned_start: datetime | None = column("Planned start of work (计划开工); null: at once.")
    planned_end: datetime | None = column("Planned end of work (计划完工).")
    travel_s: Seconds | None = column("Planned travel to it (路程时间).", name="travel")
    set_out_uncalled: bool | None = column(
        "Whether the technician set out without a noted call to the customer (未先致电); null: not "
        "set out yet, or no call was due."
    )
    confirmed_by_name: str = column("Who confirmed it (确认人).")
    created_at: datetime = column("When it was made (派工时间).")
    ended_at: datetime | None = column("When it ended (结束时间); null while it stands.")
    end: AssignmentEnd | None = column("How it ended.")
    version: int = column("Counts up with each change (版本).")
    technician = related(
        batches.technicians, Optional[Technician], "Who leads (主修).", key="technician_id"
    )
    work_order = related(
        batches.work_orders,
        Optional[lazily("WorkOrder", "work_orders")],
        "The order (派工单).",
        key="work_order_id",
    )
    crew = related_list(batches.crew, CrewMember, "All who go, the lead first (人员).")

    @strawberry.field(
        description="Why it was made: step, plan run, score terms, alternatives considered, "
        "reason (派工依据); for who may see plans, else the step alone."
    )
    async def why(root: store.Assignment, info: Info) -> JSON:
        inner = await _is_insider(root, info)
        return JSON(root.why if inner else {"step": root.step.value})

    @strawberry.field(
        description="Why it ended (原因); for who may see plans and whose it was, else null."
    )
    async def end_reason(root: store.Assignment, info: Info) -> str | None:
        own = info.context.actor.technician_id == root.technician_id
        return root.end_reason if own or await _is_insider(root, info) else None


async def _is_insider(assignment: store.Assignment, info: Info) -> bool:
    """Whether the reader may know what was weighed, of colleagues and of customers."""
    sites = info.context.actor.sites_where(Action.SEE_PLANS)
    if not sites:
        return sites is None
    order = await load(info, batches.work_orders, assignment.work_order_id)
    return order is not None and order.site_id in sites

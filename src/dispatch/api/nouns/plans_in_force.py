"""The plan in force of a day (当日执行方案): its version, why it changed, what disturbs it."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Optional

import strawberry

from dispatch.api import ids
from dispatch.api.context import Info
from dispatch.api.nouns import (
    batches,
)
from dispatch.api.nouns import (
    day_words as _day_words,  # noqa: F401 -- describes the lists first
)
from dispatch.api.nouns.base import OfRow, column, load, related
from dispatch.api.nouns.plan_changes import PlanChange, plan_changes
from dispatch.api.nouns.plans import Plan
from dispatch.api.nouns.sites import Site
from dispatch.api.nouns.technicians import Technician
from dispatch.api.nouns.why_not import WhyNot
from dispatch.api.nouns.work_orders import WorkOrder
from dispatch.domain.plans_in_force import DisturbanceCause, DisturbanceOutcome, PlanCause
from dispatch.domain.rights import Action
from dispatch.services import day_history, visible
from dispatch.services.plan_changes import changes_told
from dispatch.store import plans_in_force as store
from dispatch.store.events import Event
from dispatch.store.work_orders import WorkOrder as WorkOrderRow

_CHANGES_MOST = 200


@strawberry.type(description="One change of a day's plan in force, and its cause (方案变动记录).")
class PlanInForceChange(OfRow):
    row = Event

    at: datetime = column("When (时间).")
    actor_name: str = column("Whose doing it was; `dispatch` is the service itself (操作人).")
    work_order = related(
        batches.work_orders,
        Optional[WorkOrder],
        "The order it was about, if it was about one (派工单).",
        key="work_order_id",
    )

    @strawberry.field(description="The version it made (版本).")
    def version(root: Event) -> int:
        return root.data["version"]

    @strawberry.field(description="Why (原因).")
    def cause(root: Event) -> PlanCause:
        return PlanCause(root.data["cause"])

    @strawberry.field(description="Who lost or got which order, and whose time moved (变动明细).")
    def changes(root: Event) -> list[PlanChange]:
        return plan_changes(changes_told(root.data.get("moves", [])))

    @strawberry.field(
        graphql_type=list[WorkOrder],
        description="Orders whose work was left for it (被中断的派工单).",
    )
    async def interrupted(root: Event, info: Info) -> list[WorkOrderRow]:
        return await _orders(info, root.data.get("interrupted", []))

    @strawberry.field(
        graphql_type=list[WorkOrder],
        description="Orders that have no room with their technician any more, until the day is "
        "repaired (失去时段的派工单).",
    )
    async def lost(root: Event, info: Info) -> list[WorkOrderRow]:
        return await _orders(info, root.data.get("lost", []))

    @strawberry.field(
        graphql_type=list[WorkOrder],
        description="Orders whose promised time it broke, until the day is repaired (违约派工单).",
    )
    async def late(root: Event, info: Info) -> list[WorkOrderRow]:
        return await _orders(info, root.data.get("late", []))


@strawberry.type(description="Something that the rest of a day is repaired for (当日异常).")
class Disturbance(OfRow):
    row = store.Disturbance

    at: datetime = column("When it was noted (时间).")
    settled_at: datetime | None = column("When it was dealt with (处理时间); null: it is open.")
    tries: int = column("Repairs tried so far (修复次数).")
    work_order = related(
        batches.work_orders, Optional[WorkOrder], "The order (派工单).", key="work_order_id"
    )
    technician = related(
        batches.technicians, Optional[Technician], "Who (人员).", key="technician_id"
    )
    plan = related(batches.plans, Optional[Plan], "The plan made for it (修复方案).", key="plan_id")

    @strawberry.field(description="What it is (原因).")
    def cause(root: store.Disturbance) -> DisturbanceCause:
        return root.what

    @strawberry.field(description="What came of it (处理结果); null: it is open.")
    def outcome(root: store.Disturbance) -> DisturbanceOutcome | None:
        return root.result


@strawberry.type(description="Who holds what and when on a site's day, as one thing (执行方案).")
class PlanInForce(OfRow):
    row = store.PlanInForce

    day: date = column("The day (日期).")
    version: int = column("Counts up with each change of it, whatever made it (版本).")
    changed_at: datetime = column("When it changed last (变动时间).")
    site = related(batches.sites, Site | None, "The site (项目).", key="site_id")

    @strawberry.field(description="Why it changed last (变动原因).")
    def cause(root: store.PlanInForce) -> PlanCause:
        return root.why

    @strawberry.field(
        graphql_type=list[PlanInForceChange],
        description="Its changes, newest first (变动记录).",
    )
    async def changes(
        root: store.PlanInForce,
        info: Info,
        first: Annotated[
            int, strawberry.argument(description="How many, at most 200 (条数).")
        ] = 20,
    ) -> Sequence[Event]:
        async with info.context.reading() as tx:
            return await day_history.changes_of(tx, root, most=min(max(first, 0), _CHANGES_MOST))

    @strawberry.field(
        graphql_type=list[Disturbance],
        description="What disturbs the day and is not dealt with yet (未处理异常).",
    )
    async def disturbances(root: store.PlanInForce, info: Info) -> Sequence[store.Disturbance]:
        async with info.context.reading() as tx:
            return await day_history.disturbances_of(tx, root, open_only=True)

    @strawberry.field(
        graphql_type=list[Disturbance],
        description="What disturbed the day, newest first, at most 200 (异常记录).",
    )
    async def all_disturbances(root: store.PlanInForce, info: Info) -> Sequence[store.Disturbance]:
        async with info.context.reading() as tx:
            return await day_history.disturbances_of(tx, root, open_only=False)


@strawberry.type(description="An order put into the running day (插单结果).")
class Insertion:
    order: strawberry.Private[WorkOrderRow]
    event: strawberry.Private[Event | None]
    why: WhyNot | None = column("Why it has no place and what would give it one (未能插入的原因).")

    @strawberry.field(graphql_type=WorkOrder, description="The order as it is now (派工单).")
    def work_order(self) -> WorkOrderRow:
        return self.order

    @strawberry.field(
        graphql_type=Optional[PlanInForceChange],
        description="What it changed: who has it, whose time moved, who loses what (变动); null: "
        "nothing, it has no place.",
    )
    def change(self) -> Event | None:
        return self.event


@strawberry.type
class PlanInForceQueries:
    @strawberry.field(
        graphql_type=Optional[PlanInForce],
        description="The plan in force of a site's day (当日执行方案); null: nothing was planned.",
    )
    async def plan_in_force(
        root: None,
        info: Info,
        site_id: Annotated[strawberry.ID, strawberry.argument(description="The site (项目).")],
        day: Annotated[date, strawberry.argument(description="The day (日期).")],
    ) -> Any:
        row_id = ids.decode(site_id, "Site", field="site_id")
        async with info.context.reading() as tx:
            site = await visible.find_site(tx, row_id, Action.SEE_PLANS)
            return await day_history.plan_in_force(tx, site_id=site.id, day=day)


async def _orders(info: Info, order_ids: Sequence[int]) -> list[WorkOrderRow]:
    rows = await asyncio.gather(*(load(info, batches.work_orders, each) for each in order_ids))
    return [row for row in rows if row is not None]

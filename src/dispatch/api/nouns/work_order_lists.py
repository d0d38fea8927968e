"""One work order and lists of them, filtered and ordered (派工单列表)."""

from enum import Enum
from typing import Annotated, Any, Optional

import strawberry
from sqlalchemy import ColumnElement, select

from dispatch.api.connections import After, Before, Connection, First, Last, Page
from dispatch.api.context import Info
from dispatch.api.keyset import Order
from dispatch.api.nouns.filters import (
    Filter,
    FlagFilter,
    IdFilter,
    IntFilter,
    Special,
    TextFilter,
    TimeFilter,
    compare,
    some,
    where,
)
from dispatch.api.nouns.lists import Direction, OptionalSiteId, found, listed, ordered
from dispatch.api.nouns.work_orders import WorkOrder
from dispatch.domain.rights import Actor
from dispatch.domain.tickets import Area
from dispatch.domain.triage import Priority
from dispatch.domain.work_orders import AssignmentStep, WorkOrderState
from dispatch.services import visible
from dispatch.services.addresses import searchable_work_orders
from dispatch.store import work_orders as store


@strawberry.input(description="Which work orders; all fields given must hold (筛选).")
class WorkOrderFilter:
    state: Filter[WorkOrderState] | None = some("Where it is on its way (状态).")
    priority: Filter[Priority] | None = some("How urgent (优先级).")
    area: Filter[Area] | None = some("In a home or public (入户、公区).")
    dispatch_step: Filter[AssignmentStep] | None = some("Step of the policy (派工步骤).")
    number: TextFilter | None = some("Human number (派工单号).")
    trade: TextFilter | None = some("Code of the trade (工种).")
    level: IntFilter | None = some("Least skill level (等级).")
    is_rework: FlagFilter | None = some("Whether it repairs a repair (返修).")
    ticket_id: IdFilter | None = some("Ticket (报单).", node="Ticket")
    place_id: IdFilter | None = some("Place (位置).", node="Place")
    building_id: IdFilter | None = some("Building (楼栋).", node="Place")
    held_by: IdFilter | None = some("Somebody of its present crew (当前人员).", node="Technician")
    planned_start: TimeFilter | None = some("Planned start of who holds it (计划开工).")
    created_at: TimeFilter | None = some("When it was made (开单时间).")
    due_at: TimeFilter | None = some("When work should have started (时限).")
    started_at: TimeFilter | None = some("When work began (开工时间).")
    ended_at: TimeFilter | None = some("When it was completed or cancelled (结束时间).")
    and_: Optional[list["WorkOrderFilter"]] = some("All of these hold, too (并且).", name="and")
    or_: Optional[list["WorkOrderFilter"]] = some("At least one holds (或者).", name="or")


def _held_by(given: IdFilter) -> ColumnElement[bool]:
    crew = (
        select(store.Assignment.work_order_id)
        .join(store.CrewMember, store.CrewMember.assignment_id == store.Assignment.id)
        .where(
            store.Assignment.ended_at.is_(None),
            compare(store.CrewMember.technician_id, given, node="Technician"),
        )
    )
    return store.WorkOrder.id.in_(crew)


def _planned_start(given: TimeFilter) -> ColumnElement[bool]:
    held = select(store.Assignment.work_order_id).where(
        store.Assignment.ended_at.is_(None), compare(store.Assignment.planned_start, given)
    )
    return store.WorkOrder.id.in_(held)


def _special(actor: Actor) -> Special:
    return {
        "held_by": _held_by,
        "planned_start": _planned_start,
        "place_id": lambda given: (
            compare(store.WorkOrder.place_id, given, node="Place") & searchable_work_orders(actor)
        ),
    }


@strawberry.enum(description="What work orders are ordered by (排序字段).")
class WorkOrderOrderField(Enum):
    CREATED_AT = strawberry.enum_value("created_at", description="When made (开单时间).")
    DUE_AT = strawberry.enum_value("due_at", description="When due; none comes last (时限).")
    STARTED_AT = strawberry.enum_value("started_at", description="When begun (开工时间).")
    ENDED_AT = strawberry.enum_value("ended_at", description="When ended (结束时间).")
    NUMBER = strawberry.enum_value("number", description="Human number (派工单号).")


@strawberry.input(description="The order of work orders (排序).")
class WorkOrderOrder:
    field: WorkOrderOrderField = strawberry.field(description="By what (字段).")
    direction: Direction = strawberry.field(description="Which way (方向).", default=Direction.ASC)


@strawberry.type
class WorkOrderQueries:
    @strawberry.field(
        graphql_type=WorkOrder,
        description="One work order; NOT_FOUND when it may not be seen (派工单).",
    )
    async def work_order(
        root: None,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id (编号).")],
    ) -> store.WorkOrder:
        return await found(info, store.WorkOrder, id, "WorkOrder", seen=visible.work_orders)

    @strawberry.field(
        graphql_type=Connection[WorkOrder],
        description="Work orders that the reader may see, newest first: a technician's own and "
        "those on offer to them, a site's all for its staff (派工单列表).",
    )
    async def work_orders(
        root: None,
        info: Info,
        site_id: OptionalSiteId = None,
        filter: Annotated[
            WorkOrderFilter | None, strawberry.argument(description="Which ones (筛选).")
        ] = None,
        order_by: Annotated[
            WorkOrderOrder | None, strawberry.argument(description="In which order (排序).")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Any]:
        order = Order(store.WorkOrder.created_at, descending=True)
        if order_by is not None:
            column = getattr(store.WorkOrder, str(order_by.field.value))
            order = ordered(column, order_by.direction)
        return await listed(
            info,
            store.WorkOrder,
            seen=visible.work_orders,
            conditions=[where(filter, store.WorkOrder, special=_special(info.context.actor))],
            order=[order],
            page=Page.of(first=first, after=after, last=last, before=before),
            site_id=site_id,
        )
